create or replace function analytics.metric_series(
  metric text,
  from_day date,
  to_day date,
  grain text default 'day',
  dimension text default null
) returns setof analytics.metric_point
language plpgsql stable
set search_path = pg_catalog, pg_temp
rows 100
as $$
declare
  organization constant uuid := authz.require('analytics.read');
begin
  return query
  select s.bucket, s.dimension, s.value
    from analytics.metric_series_of(organization, metric, from_day, to_day, grain, dimension) s;
end
$$;

comment on function analytics.metric_series(text, date, date, text, text) is
  'A metric over days of the organization, both included, at most ten years: a point for each day, week (from Monday), '
  'month, quarter or year, of which only the days asked for count, up to today. metric is a key of metricDefinitions, or '
  'the name of what was recorded in metrics_log, which is averaged. With a dimension there is such a series for each of its '
  'values; of a recorded metric it is source or the name of a label. Needs analytics.read. Errors: INVALID_INPUT, which '
  'names the argument.';
grant execute on function analytics.metric_series(text, date, date, text, text) to callboard_member, callboard_service;

create or replace function analytics.metric_series_of(
  organization_id uuid,
  metric text,
  from_day date,
  to_day date,
  grain text default 'day',
  dimension text default null
) returns setof analytics.metric_point
language plpgsql stable
set search_path = pg_catalog, pg_temp
rows 100
as $$
declare
  definition record;
  zone constant text := (
    select o.time_zone from tenancy.organizations o where o.id = metric_series_of.organization_id);
  last_day constant date := least(to_day, platform.today(organization_id));
  breakdown constant text := coalesce(nullif(metric_series_of.dimension, ''), '');
begin
  if from_day is null or to_day is null or not isfinite(from_day) or not isfinite(to_day) then
    perform platform.refuse(
      'CB002', 'A series has a first and a last day.',
      field => case when from_day is null or not isfinite(from_day) then 'from_day' else 'to_day' end);
  elsif to_day < from_day then
    perform platform.refuse('CB002', 'The last day comes before the first.', field => 'to_day');
  elsif to_day - from_day > 3660 then
    perform platform.refuse('CB002', 'A series is at most ten years long.', field => 'to_day');
  end if;
  if grain is null or grain <> all ('{day,week,month,quarter,year}') then
    perform platform.refuse('CB002', 'A series goes by day, week, month, quarter or year.', field => 'grain');
  end if;
  select d.key, d.rollup, d.scale, d.dimensions
    into definition
    from analytics.metric_definitions d
   where d.key = metric_series_of.metric;
  if definition.key is null then
    if not analytics.is_recorded(metric_series_of.organization_id, metric_series_of.metric) then
      perform platform.refuse('CB002', 'There is no such metric.', field => 'metric');
    end if;
    return query
    select s.bucket, s.dimension, s.value
      from analytics.recorded_series(organization_id, metric, from_day, last_day, grain, breakdown, zone) s;
  elsif breakdown <> '' and breakdown <> all (definition.dimensions) then
    perform platform.refuse(
      'CB002', 'The metric is not kept by this dimension.', field => 'dimension',
      hint => coalesce('It is kept by ' || nullif(array_to_string(definition.dimensions, ', '), '') || '.',
                       'It is kept as a whole only.'));
  elsif definition.rollup = 'distinct' and grain <> 'day' then
    return query
    select s.bucket, s.dimension, s.value
      from analytics.distinct_series(organization_id, from_day, last_day, grain, breakdown, zone) s;
  else
    return query
    with points as (
      select date_trunc(grain, m.day::timestamp)::date as bucket, m.dimension_value as member,
             case definition.rollup
               when 'ratio' then round(definition.scale * sum(m.numerator) / nullif(sum(m.denominator), 0), 4)
               when 'last' then (array_agg(m.value order by m.day desc))[1]
               else sum(m.value)
             end as value
        from analytics.metrics_daily m
       where m.organization_id = metric_series_of.organization_id
         and m.metric = metric_series_of.metric
         and m.dimension = breakdown
         and m.day between from_day and last_day
       group by 1, 2
    )
    select b.bucket, nullif(k.member, ''),
           -- nothing to count is none of it; nothing to divide by is no ratio
           coalesce(p.value, case when definition.rollup in ('sum', 'distinct') then 0 end)
      from analytics.buckets(from_day, last_day, grain) as b (bucket)
     cross join (select distinct q.member from points q union select '' where breakdown = '') k
      left join points p on p.bucket = b.bucket and p.member = k.member
     order by k.member, b.bucket;
  end if;
end
$$;

comment on function analytics.metric_series_of(uuid, text, date, date, text, text) is
  'metric_series of an organization, for jobs and functions that have checked who asks. Under row security a caller gets '
  'what the caller may read. Errors: INVALID_INPUT.';
grant execute on function analytics.metric_series_of(uuid, text, date, date, text, text)
  to callboard_member, callboard_service;

create or replace function analytics.buckets(from_day date, to_day date, grain text) returns setof date
language sql stable
set search_path = pg_catalog, pg_temp
rows 100
as $$
  select g::date
    from generate_series(
           date_trunc(grain, from_day::timestamp),
           to_day::timestamp,
           case grain when 'quarter' then interval '3 months' else ('1 ' || grain)::interval end) g
$$;

comment on function analytics.buckets(date, date, text) is
  E'@behavior -*\nThe first days of the days, weeks, months, quarters or years that two days lie in.';
grant execute on function analytics.buckets(date, date, text) to callboard_member, callboard_service;
