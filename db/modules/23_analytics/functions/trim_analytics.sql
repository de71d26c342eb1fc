create or replace function analytics.trim_analytics(organization_id uuid, at_most integer default 50000) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := trim_analytics.organization_id;
  keep_from constant timestamptz := analytics.events_kept_from(organization);
  events integer;
  visits integer;
  exports integer;
  deliveries integer;
begin
  delete from analytics.app_events e
   where e.organization_id = organization
     and (e.id, e.occurred_at) in (
           select o.id, o.occurred_at
             from analytics.app_events o
            where o.organization_id = organization and o.occurred_at < keep_from
            order by o.occurred_at
            limit at_most
         );
  get diagnostics events = row_count;
  delete from analytics.sessions s
   where s.organization_id = organization
     and s.id in (
           -- what has ended has begun, which an index knows
           select o.id
             from analytics.sessions o
            where o.organization_id = organization and o.started_at < keep_from and o.ended_at < keep_from
            order by o.started_at
            limit at_most
         );
  get diagnostics visits = row_count;
  if events > 0 or visits > 0 then
    insert into analytics.trimmed_until as t (organization_id, kept_from)
    values (organization, keep_from)
    on conflict on constraint trimmed_until_pkey do update
      set kept_from = excluded.kept_from
    where t.kept_from < excluded.kept_from;
  end if;
  delete from analytics.data_exports e
   where e.organization_id = organization
     and e.id in (
           select o.id
             from analytics.data_exports o
            where o.organization_id = organization and o.occurred_at < platform.kept_from('analytics.data_exports')
            order by o.occurred_at
            limit at_most
         );
  get diagnostics exports = row_count;
  delete from analytics.report_deliveries d
   where d.organization_id = organization
     and d.id in (
           select o.id
             from analytics.report_deliveries o
            where o.organization_id = organization
              and o.due_at < platform.kept_from('analytics.report_deliveries')
              -- what is still to go out has a job
              and o.status not in ('queued', 'sending')
            order by o.due_at
            limit at_most
         );
  get diagnostics deliveries = row_count;
  return greatest(events, visits, exports, deliveries);
end
$$;

comment on function analytics.trim_analytics(uuid, integer) is
  'Deletes events and visits that are older than an organization keeps them, and what is written of exports and of reports '
  'that went out longer ago than their tables keep it, at most so many of each, and returns how many of what there was most '
  'of. That events are gone is noted with it (trimmed_until). What is older than anybody keeps goes with its partition. For '
  'jobs.';
grant execute on function analytics.trim_analytics(uuid, integer) to callboard_service;

create or replace function analytics.settle_partitions() returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  waiting record;
  settled integer := 0;
begin
  perform pg_advisory_xact_lock(5678002);
  for waiting in
    select 'analytics.app_events'::regclass as parent, date_trunc('month', e.occurred_at at time zone 'UTC')::date as month
      from analytics.app_events_default e
    union
    select 'analytics.metrics_log'::regclass, date_trunc('month', l.occurred_at at time zone 'UTC')::date
      from analytics.metrics_log_default l
  loop
    perform platform.make_month_partition(
      waiting.parent, 'analytics', split_part(waiting.parent::text, '.', 2) || to_char(waiting.month, '_YYYY_MM'),
      waiting.month);
    settled := settled + 1;
  end loop;
  return settled;
end
$$;

comment on function analytics.settle_partitions() is
  'Gives months that came late, such as imported ones, partitions of their own, and returns how many: what waits in the '
  'default partition is not dropped when its time is over. For jobs. Definer: only the owner makes tables.';
grant execute on function analytics.settle_partitions() to callboard_service;

create or replace function analytics.untrimmed_organizations() returns setof uuid
language sql stable
set search_path = pg_catalog, pg_temp
rows 100
as $$
  select o.id
    from tenancy.organizations o
   -- once for each, not for each of its visits
   cross join lateral (select analytics.events_kept_from(o.id) as keep_from offset 0) k
   where exists (
           select from analytics.app_events e where e.organization_id = o.id and e.occurred_at < k.keep_from)
      or exists (
           select
             from analytics.sessions s
            where s.organization_id = o.id and s.started_at < k.keep_from and s.ended_at < k.keep_from)
      or exists (
           select
             from analytics.data_exports e
            where e.organization_id = o.id and e.occurred_at < platform.kept_from('analytics.data_exports'))
      or exists (
           select
             from analytics.report_deliveries d
            where d.organization_id = o.id
              and d.due_at < platform.kept_from('analytics.report_deliveries')
              and d.status not in ('queued', 'sending'))
$$;

comment on function analytics.untrimmed_organizations() is 'The organizations for which trim_analytics has something to do. For jobs.';
grant execute on function analytics.untrimmed_organizations() to callboard_service;
