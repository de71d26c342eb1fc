create or replace function identity.check_password(password text) returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  if password is null or length(password) < 10 or length(password) > 200 then
    perform platform.refuse('CB002', 'A password has 10 to 200 characters.', field => 'password');
  end if;
end
$$;

comment on function identity.check_password(text) is 'Refuses passwords that are too short to keep anybody out (CB002).';
