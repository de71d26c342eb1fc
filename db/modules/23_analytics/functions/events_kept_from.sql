create or replace function analytics.events_kept_from(organization_id uuid) returns timestamptz
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select now() - least(
           (select t.retention from platform.protected_tables t where t.table_id = 'analytics.app_events'::regclass),
           (tenancy.setting(organization_id, 'analytics') ->> 'keepEventsDays')::integer * interval '1 day')
$$;

comment on function analytics.events_kept_from(uuid) is
  'The time before which an organization keeps no events: what all keep at most, or less by its own settings.';
grant execute on function analytics.events_kept_from(uuid) to callboard_service;
