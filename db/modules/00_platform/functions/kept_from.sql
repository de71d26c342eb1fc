create or replace function platform.kept_from(logged regclass) returns timestamptz
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select now() - t.retention from platform.protected_tables t where t.table_id = logged
$$;

comment on function platform.kept_from(regclass) is
  'The time before which nothing is kept in a table, by the retention that platform.protect was told; null where there is none.';
grant execute on function platform.kept_from(regclass) to callboard_service;
