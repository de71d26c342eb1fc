create or replace function analytics.recompute_metrics_daily(start_day date, end_day date) returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('analytics.write');
begin
  if start_day is null or not isfinite(start_day) then
    perform platform.refuse('CB002', 'There has to be a first day.', field => 'start_day');
  elsif end_day is null or not isfinite(end_day) then
    perform platform.refuse('CB002', 'There has to be a last day.', field => 'end_day');
  elsif end_day < start_day then
    perform platform.refuse('CB002', 'The last day comes before the first.', field => 'end_day');
  elsif end_day - start_day >= 366 then
    perform platform.refuse('CB002', 'At most 366 days at once.', field => 'end_day');
  end if;
  return analytics.recompute_days(organization, start_day, end_day);
end
$$;

comment on function analytics.recompute_metrics_daily(date, date) is
  'Computes the figures of days of the organization anew, both included, at most 366, from the events, visits, members and '
  'answers themselves; returns how many figures changed. Again is the same, and two at once wait for each other. Days whose '
  'events are no longer kept stay as they are. A job does it by itself for days that something came late for. Needs '
  'analytics.write. Errors: INVALID_INPUT. Definer: nobody writes figures directly.';
grant execute on function analytics.recompute_metrics_daily(date, date) to callboard_member, callboard_service;

create or replace function analytics.recompute_days(organization_id uuid, first_day date, last_day date) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  zone text;
  changed integer;
  removed integer;
begin
  -- One at a time in an organization. What follows sees all that has been committed by then: whoever waited here finds
  -- what the other has written.
  perform pg_advisory_xact_lock(hashtextextended('analytics.recompute_days ' || recompute_days.organization_id, 0));
  -- First the marks, then the time zone, then the figures: what changes in between leaves marks of its own.
  delete from analytics.dirty_days d
   where d.organization_id = recompute_days.organization_id and d.day between first_day and last_day;
  zone := (select o.time_zone from tenancy.organizations o where o.id = recompute_days.organization_id);
  with span as materialized (
    -- Looked up where the events are: a day whose events are deleted meanwhile still has them here, or is left alone.
    select greatest(first_day, analytics.first_day_kept(recompute_days.organization_id, zone)) as from_day
  ),
  figures as materialized (
    select f.day, f.metric, f.dimension, f.member, f.numerator, f.denominator,
           case
             when m.rollup = 'ratio' then round(m.scale * f.numerator / nullif(f.denominator, 0), 4)
             else f.numerator
           end as value,
           m.rollup = 'ratio' as is_ratio
      from (
             select e.*
               from span s
              cross join lateral analytics.event_figures(recompute_days.organization_id, s.from_day, last_day, zone) e
             union all
             select o.*
               from span s
              cross join lateral analytics.other_figures(recompute_days.organization_id, s.from_day, last_day, zone) o
           ) f
      join analytics.metric_definitions m on m.key = f.metric
  ),
  written as (
    insert into analytics.metrics_daily as t
      (organization_id, metric, dimension, dimension_value, day, value, numerator, denominator)
    select recompute_days.organization_id, f.metric, f.dimension, f.member, f.day, f.value,
           case when f.is_ratio then f.numerator end, case when f.is_ratio then f.denominator end
      from figures f
    on conflict on constraint metrics_daily_key do update
      set (value, numerator, denominator, computed_at)
        = (excluded.value, excluded.numerator, excluded.denominator, excluded.computed_at)
    where (t.value, t.numerator, t.denominator) is distinct from (excluded.value, excluded.numerator, excluded.denominator)
    returning 1
  ),
  -- What is there and was not found again. Brought together by grouping: a join of what has no statistics may go through
  -- each figure for each.
  gone as (
    delete from analytics.metrics_daily t
     using (
             select (array_agg(k.id) filter (where k.id is not null))[1] as id
               from (
                      select m.id, m.day, m.metric, m.dimension, m.dimension_value
                        from analytics.metrics_daily m
                       where m.organization_id = recompute_days.organization_id
                         and m.day >= (select s.from_day from span s)
                         and m.day <= last_day
                         and m.metric in (select d.key from analytics.metric_definitions d where d.source <> 'snapshots')
                      union all
                      select null, f.day, f.metric, f.dimension, f.member from figures f
                    ) k
              group by k.day, k.metric, k.dimension, k.dimension_value
             having bool_and(k.id is not null)
           ) g
     where t.organization_id = recompute_days.organization_id and t.id = g.id
    returning 1
  )
  select (select count(*) from written), (select count(*) from gone) into changed, removed;
  return changed + removed;
end
$$;

comment on function analytics.recompute_days(uuid, date, date) is
  'recompute_metrics_daily of an organization, for jobs and functions that have checked who asks.';
grant execute on function analytics.recompute_days(uuid, date, date) to callboard_service;
