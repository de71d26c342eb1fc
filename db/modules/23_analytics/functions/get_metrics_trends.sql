create or replace function analytics.get_metrics_trends(days_back integer default 30)
returns setof analytics.metric_trend
language plpgsql stable
set search_path = pg_catalog, pg_temp
rows 15
as $$
declare
  organization constant uuid := authz.require('analytics.read');
  last_day constant date := platform.today(organization) - 1;
begin
  perform analytics.require_days(days_back, 'days_back');
  return query
  with known as materialized (
    select m.metric, m.day, m.value
      from analytics.metrics_daily m
     where m.organization_id = organization
       and m.dimension = ''
       -- eight weeks before the first day, for what is to be expected of it
       and m.day between last_day - days_back + 1 - 56 and last_day
  ),
  begun as (
    select k.metric, min(k.day) as first_day from known k group by k.metric
  ),
  -- A day without anything to count has none of it; a ratio or a state is not known then.
  days as materialized (
    select d.key as metric, g.day::date as day,
           coalesce(k.value, case when d.rollup in ('sum', 'distinct') then 0 end) as value
      from analytics.metric_definitions d
      join begun b on b.metric = d.key
     cross join lateral generate_series(b.first_day, last_day, interval '1 day') as g (day)
      left join known k on k.metric = d.key and k.day = g.day::date
  ),
  -- No day is missing between the first and the last, so rows before are days before.
  averaged as (
    select d.metric, d.day, d.value, round(avg(d.value) over seven_days, 4) as moving_average,
           array_remove(
             array[lag(d.value, 7) over known_days, lag(d.value, 14) over known_days, lag(d.value, 21) over known_days,
                   lag(d.value, 28) over known_days, lag(d.value, 35) over known_days, lag(d.value, 42) over known_days,
                   lag(d.value, 49) over known_days, lag(d.value, 56) over known_days],
             null) as weeks_before
      from days d
    window known_days as (partition by d.metric order by d.day),
           seven_days as (known_days rows 6 preceding)
  ),
  points as (
    select a.metric, a.day, a.value, a.moving_average, e.expected,
           coalesce(abs(a.value - e.expected) > 3.5 * e.deviation, false) as is_anomaly
      from averaged a
      left join lateral analytics.expected_value(a.weeks_before) e on true
     where a.day > last_day - days_back
  ),
  summed as (
    select p.metric,
           round(regr_slope(p.value::double precision, p.day - last_day)::numeric, 4) as slope,
           array_agg((p.day, p.value, p.moving_average, p.expected, p.is_anomaly)::analytics.trend_point order by p.day)
             as points
      from points p
     group by p.metric
  )
  select d.key, d.title, d.unit, l.day, l.value, l.moving_average, e.moving_average, l.moving_average - e.moving_average,
         round(100 * (l.moving_average - e.moving_average) / nullif(abs(e.moving_average), 0), 2), s.slope, l.is_anomaly,
         d.higher_is_better, s.points
    from summed s
    join analytics.metric_definitions d on d.key = s.metric
    left join points l on l.metric = s.metric and l.day = last_day
    left join averaged e on e.metric = s.metric and e.day = last_day - 7
   order by d.position;
end
$$;

comment on function analytics.get_metrics_trends(integer) is
  'Where each metric is going, by its last so many whole days (1 to 760): the last value, moving averages of seven days and '
  'how the last two weeks differ, the slope of the line of least squares, and whether the last day stands out. A day stands '
  'out when it is further than 3.5 robust standard deviations from the median of the same weekday in the eight weeks '
  'before; with fewer than four such days nothing does. Metrics without any figure are left out. Needs analytics.read. '
  'Errors: INVALID_INPUT.';
grant execute on function analytics.get_metrics_trends(integer) to callboard_member, callboard_service;

create or replace function analytics.expected_value(history numeric[], out expected numeric, out deviation numeric)
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  with middle as (
    select percentile_cont(0.5) within group (order by h.value::double precision) as value
      from unnest(history) as h (value)
  )
  select round(m.value::numeric, 4),
         -- 1.4826 median absolute deviations, or 1.2533 mean ones where more than half of the days are alike, are what a
         -- standard deviation is of values that are normally distributed. Where all are alike the least difference counts.
         coalesce(
           nullif(1.4826 * percentile_cont(0.5) within group (order by abs(h.value::double precision - m.value)), 0),
           1.2533 * avg(abs(h.value::double precision - m.value)))::numeric
    from middle m
   cross join unnest(history) as h (value)
   where cardinality(history) >= 4
   group by m.value
$$;

comment on function analytics.expected_value(numeric[]) is
  E'@behavior -*\nThe median of some values and how far others usually are from it, both null for fewer than four.';
grant execute on function analytics.expected_value(numeric[]) to callboard_member, callboard_service;
