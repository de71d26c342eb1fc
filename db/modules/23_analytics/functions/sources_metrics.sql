-- What analytics itself gives to dashboards: any metric, as a whole or by one of its dimensions.

create or replace function analytics.metric_totals(
  definition analytics.metric_definitions,
  from_day date,
  to_day date,
  dimension text
) returns setof analytics.metric_point
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.organization_id();
  last_day constant date := least(to_day, platform.today(organization));
begin
  if last_day < from_day then
    return;
  end if;
  if definition.rollup = 'distinct' then
    -- A bucket that all days fit into: who came on two of them is one user.
    return query
      select from_day, s.dimension, s.value
        from analytics.distinct_series(
               organization, from_day, last_day, 'millennium', coalesce(metric_totals.dimension, ''),
               (select o.time_zone from tenancy.organizations o where o.id = organization)) s;
    return;
  end if;
  return query
    select from_day, nullif(m.dimension_value, ''),
           case definition.rollup
             when 'ratio' then round(definition.scale * sum(m.numerator) / nullif(sum(m.denominator), 0), 4)
             when 'last' then (array_agg(m.value order by m.day desc))[1]
             else sum(m.value)
           end
      from analytics.metrics_daily m
     where m.organization_id = organization
       and m.metric = definition.key
       and m.dimension = coalesce(metric_totals.dimension, '')
       and m.day between from_day and last_day
     group by m.dimension_value;
  if not found and definition.rollup = 'sum' and metric_totals.dimension is null then
    return query select from_day, null::text, 0::numeric;
  end if;
end
$$;

comment on function analytics.metric_totals(analytics.metric_definitions, date, date, text) is
  E'@behavior -*\nA metric of all days together: added, counted anew (null where the events are no longer all kept), divided '
  'again or the last, as the metric asks. Nothing to count is none of it.';

create or replace function analytics.source_metric(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  definition analytics.metric_definitions;
  breakdown constant text := parameters ->> 'dimension';
begin
  select d.* into definition from analytics.metric_definitions d where d.key = parameters ->> 'metric';
  if definition.key is null then
    perform platform.refuse('CB002', 'There is no such metric.', field => 'parameters.metric');
  end if;
  if breakdown is not null and breakdown <> all (definition.dimensions) then
    perform platform.refuse('CB002', 'The metric is not kept by this dimension.', field => 'parameters.dimension');
  end if;
  return query
    with points as materialized (
      select p.bucket, p.dimension, p.value
        from analytics.metric_totals(definition, from_day, to_day, breakdown) p
       where grain = 'total'
       union all
      select p.bucket, p.dimension, p.value
        from analytics.metric_series(definition.key, from_day, to_day, nullif(grain, 'total'), breakdown) p
       where grain <> 'total'
    ),
    largest as (
      select n.dimension, n.series, analytics.series_place(n.series, n.place, parameters) as place
        from (
          select p.dimension, s.series,
                 row_number() over (
                   partition by parameters -> 'first' ? s.series
                   order by sum(p.value) desc nulls last, s.series) as place
            from points p
           cross join lateral (select coalesce(p.dimension, definition.title) as series) s
           group by p.dimension, s.series
        ) n
    )
    select p.bucket, null::text, null::integer, l.series, l.place, p.value, definition.unit
      from points p
      join largest l on l.dimension is not distinct from p.dimension
     where l.place <= (parameters ->> 'limit')::integer;
end
$$;

comment on function analytics.source_metric(date, date, text, jsonb) is
  E'@behavior -*\nA metric of metric_definitions, as a whole or by a dimension, the largest first. Errors: INVALID_INPUT.';
