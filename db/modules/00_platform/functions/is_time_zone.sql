create or replace function platform.is_time_zone(name text) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  perform now() at time zone name;
  -- offsets such as +02 and POSIX rules have no daylight saving of a place: only names count
  return name ~ '^[A-Za-z]+([/_+-][A-Za-z0-9_+-]+)*$';
exception when invalid_parameter_value then
  return false;
end
$$;

comment on function platform.is_time_zone(text) is 'Whether Postgres knows a time zone of this name.';
grant execute on function platform.is_time_zone(text) to callboard_anonymous, callboard_member, callboard_service;
