create or replace function analytics.events_kept_from(organization_id uuid) returns timestamptz
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select greatest(
           platform.kept_from('analytics.app_events'),
           now() - (tenancy.setting(organization_id, 'analytics') ->> 'keepEventsDays')::integer * interval '1 day',
           (select t.kept_from from analytics.trimmed_until t where t.organization_id = events_kept_from.organization_id))
$$;

comment on function analytics.events_kept_from(uuid) is
  'The time before which an organization keeps no events: what all keep at most, or less by its own settings. What was '
  'deleted does not come back when it keeps them for longer again.';
grant execute on function analytics.events_kept_from(uuid) to callboard_service;

create or replace function analytics.first_day_kept(organization_id uuid, time_zone text) returns date
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Jobs have no caller.
  if authz.actor_id() is not null and first_day_kept.organization_id is distinct from authz.organization_id() then
    perform platform.refuse('CB003', 'Only the active organization can be asked about.', field => 'organization_id');
  end if;
  return (analytics.events_kept_from(first_day_kept.organization_id) at time zone time_zone)::date + 1;
end
$$;

comment on function analytics.first_day_kept(uuid, text) is
  E'@behavior -*\nThe first day, in a time zone, of which an organization keeps all events. Errors: FORBIDDEN for an '
  'organization that is not the active one. Definer: settings and what was deleted are not for everybody who sees figures. '
  'It tells a day alone.';
grant execute on function analytics.first_day_kept(uuid, text) to callboard_member, callboard_service;
