create or replace function identity.handle_new_user() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into identity.profiles (user_id) values (new.id);
  return null;
end
$$;

comment on function identity.handle_new_user() is
  'After a user is inserted: their profile. Definer: whoever signs up has no rights yet.';
