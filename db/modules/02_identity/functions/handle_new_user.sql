create or replace function identity.handle_new_user() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into identity.profiles (user_id) values (new.id);
  insert into identity.user_settings (user_id) values (new.id);
  insert into identity.platform_roles (user_id, role) values (new.id, 'user');
  return null;
end
$$;

comment on function identity.handle_new_user() is
  'After a user is inserted: their profile, their settings and the role that everyone has. Definer: whoever signs up has no rights yet.';
