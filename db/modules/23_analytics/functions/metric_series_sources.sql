create or replace function analytics.is_recorded(organization_id uuid, metric text) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select
      from analytics.metrics_log l
     where l.organization_id = is_recorded.organization_id and l.metric = is_recorded.metric)
$$;

comment on function analytics.is_recorded(uuid, text) is 'Whether a value of this name has been recorded in metrics_log.';
grant execute on function analytics.is_recorded(uuid, text) to callboard_member, callboard_service;

create or replace function analytics.recorded_series(
  organization_id uuid,
  metric text,
  from_day date,
  to_day date,
  grain text,
  dimension text,
  time_zone text
) returns setof analytics.metric_point
language sql stable
set search_path = pg_catalog, pg_temp
rows 100
as $$
  with points as (
    select date_trunc(grain, l.occurred_at at time zone time_zone)::date as bucket,
           case recorded_series.dimension
             when '' then ''
             when 'source' then l.source
             else coalesce(l.labels ->> recorded_series.dimension, '')
           end as member,
           round(avg(l.value), 4) as value
      from analytics.metrics_log l
     where l.organization_id = recorded_series.organization_id
       and l.metric = recorded_series.metric
       and l.occurred_at >= platform.begins_at(from_day, time_zone)
       and l.occurred_at < platform.begins_at(to_day + 1, time_zone)
     group by 1, 2
  )
  select b.bucket, nullif(k.member, ''), p.value
    from analytics.buckets(from_day, to_day, grain) as b (bucket)
   cross join (select distinct q.member from points q union select '' where recorded_series.dimension = '') k
    left join points p on p.bucket = b.bucket and p.member = k.member
   order by k.member, b.bucket
$$;

comment on function analytics.recorded_series(uuid, text, date, date, text, text, text) is
  'The averages of what was recorded in metrics_log: the part of metric_series about metrics that are not kept by day.';
grant execute on function analytics.recorded_series(uuid, text, date, date, text, text, text)
  to callboard_member, callboard_service;

create or replace function analytics.distinct_series(
  organization_id uuid,
  from_day date,
  to_day date,
  grain text,
  dimension text,
  time_zone text
) returns setof analytics.metric_point
language sql stable
set search_path = pg_catalog, pg_temp
-- Nothing says beforehand how many events lie in a span, and compiling for all there are takes longer than counting.
set jit = off
rows 100
as $$
  with kept as materialized (
    select analytics.first_day_kept(organization_id, time_zone) as first_day
  ),
  spans as (
    select b.bucket, platform.begins_at(d.first_day, time_zone) as starts_at,
           platform.begins_at(d.next_day, time_zone) as ends_at, d.first_day >= k.first_day as is_known
      from analytics.buckets(from_day, to_day, grain) as b (bucket)
     cross join lateral (
             select greatest(b.bucket, from_day) as first_day,
                    least(
                      (b.bucket + case grain when 'quarter' then interval '3 months' else ('1 ' || grain)::interval end)::date,
                      to_day + 1) as next_day
           ) d
     cross join kept k
  ),
  points as (
    select s.bucket, c.member, c.users
      from spans s
     cross join lateral (
             select d.member, count(*) as users
               from (
                      select distinct
                             case distinct_series.dimension when 'event' then e.name when 'source' then e.source else '' end
                               as member,
                             e.user_id
                        from analytics.app_events e
                       where e.organization_id = distinct_series.organization_id
                         and e.user_id is not null
                         and e.occurred_at >= s.starts_at
                         and e.occurred_at < s.ends_at
                    ) d
              group by d.member
           ) c
     where s.is_known
  )
  -- of whom the events are no longer all there, it is not known how many they were
  select s.bucket, nullif(k.member, ''), case when s.is_known then coalesce(p.users, 0)::numeric end
    from spans s
   cross join (select distinct q.member from points q union select '' where distinct_series.dimension = '') k
    left join points p on p.bucket = s.bucket and p.member = k.member
   order by k.member, s.bucket
$$;

comment on function analytics.distinct_series(uuid, date, date, text, text, text) is
  'Users in each week, month, quarter or year, each counted once: the part of metric_series that days do not add up to, '
  'from the events themselves; null where it begins before the first day whose events are all kept.';
grant execute on function analytics.distinct_series(uuid, date, date, text, text, text)
  to callboard_member, callboard_service;
