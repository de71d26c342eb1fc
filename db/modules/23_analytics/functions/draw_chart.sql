create or replace function analytics.draw_chart(
  source_key text,
  kind text,
  parameters jsonb,
  from_day date,
  to_day date,
  grain text,
  previous daterange
) returns analytics.chart
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  source analytics.data_sources;
  -- Of a span there are the days themselves, or all of them as one.
  over_time boolean;
  used_grain text;
  -- What there is where there is no figure: of what adds up nothing, of a ratio it is not known.
  nothing numeric;
  sums boolean;
  previous_from constant date := lower(previous);
  previous_to constant date := upper(previous) - 1;
  -- The whole span is asked for as one: days need not add up to it.
  whole analytics.data_point[];
  previous_whole analytics.data_point[];
  -- The parameters with the series that the first questions were answered with, for the others to have the same.
  asked jsonb := parameters;
  result analytics.chart;
begin
  select s.* into source from analytics.data_sources s where s.key = draw_chart.source_key;
  if source.key is null then
    perform platform.refuse('CB002', 'There is no such data source.', field => 'source_key');
  end if;
  nothing := case when source.adds_up <> 'none' then 0 end;
  sums := source.adds_up <> 'none' or source.shape = 'number';
  if to_day < from_day or to_day - from_day > 3660 then
    perform platform.refuse('CB002', 'The days are to be in their order, and not more than ten years.', field => 'to_day');
  end if;
  over_time := source.shape = 'time' and kind in ('number', 'line', 'area', 'bar', 'stacked_bar', 'table', 'heat_map');
  used_grain := case when over_time then coalesce(nullif(draw_chart.grain, 'auto'), analytics.grain_for(from_day, to_day))
                     else 'total' end;

  whole := array(
    select p from analytics.source_points(source.key, from_day, to_day, 'total', asked) p);
  asked := analytics.with_series(source, asked, whole);
  if previous is not null then
    previous_whole := array(
      select p from analytics.source_points(source.key, previous_from, previous_to, 'total', asked) p);
    asked := analytics.with_series(source, asked, previous_whole);
  end if;

  with figures as materialized (
    select false as is_previous, p.*
      from analytics.source_points(source.key, from_day, to_day, used_grain, asked) p
     where over_time
     union all
    select true, p.*
      from analytics.source_points(source.key, previous_from, previous_to, used_grain, asked) p
     where over_time and previous is not null
     union all
    select false, p.* from unnest(whole) p where not over_time
     union all
    select true, p.* from unnest(previous_whole) p where not over_time
  ),
  -- Over time the first bucket of one span stands beside the first of the other.
  buckets as (
    select b.day::date as day, row_number() over (order by b.day) as place, false as is_previous
      from generate_series(
             analytics.bucket_of(from_day, used_grain, from_day)::timestamp, to_day::timestamp,
             analytics.grain_step(used_grain)) as b (day)
     union all
    select b.day::date, row_number() over (order by b.day), true
      from generate_series(
             analytics.bucket_of(previous_from, used_grain, previous_from)::timestamp, previous_to::timestamp,
             analytics.grain_step(used_grain)) as b (day)
  ),
  points as (
    select f.is_previous,
           case when over_time then b.place::text
                -- of a span as a whole its series are told apart
                when source.shape = 'time' then coalesce(f.series, source.title)
                else coalesce(f.label, source.title) end as label,
           case when source.shape = 'time' then coalesce(f.series_position, 0) else coalesce(f.label_position, 0) end
             as label_position,
           case when over_time or source.shape <> 'time' then f.series end as series,
           coalesce(f.series_position, 0) as series_position,
           coalesce(f.unit, source.unit) as unit,
           f.value
      from figures f
      left join buckets b on b.is_previous = f.is_previous and b.day = f.bucket
     where not over_time or b.place is not null
  ),
  wholes as materialized (
    select w.is_previous, w.series, w.series_position, coalesce(w.unit, source.unit) as unit, w.value
      from (
        select false as is_previous, p.series, p.series_position, p.unit, p.value from unnest(whole) p
         union all
        select true, p.series, p.series_position, p.unit, p.value from unnest(previous_whole) p
      ) w
     where over_time
  ),
  labels as (
    select b.place::text as label, b.day::text as name, b.place from buckets b where not b.is_previous
     union all
    select p.label, p.label, row_number() over (order by min(p.label_position), p.label)
      from points p
     where not over_time
     group by p.label
  ),
  series as (
    select coalesce(n.series, source.title) as name, n.series, min(n.series_position) as place,
           case when count(distinct n.unit) = 1 then min(n.unit) end as unit
      from (
        select p.series, p.series_position, p.unit from points p
         union all
        select w.series, coalesce(w.series_position, 0), w.unit from wholes w
      ) n
     group by n.series
  ),
  cells as (
    select p.series, p.label,
           sum(p.value) filter (where not p.is_previous) as value,
           sum(p.value) filter (where p.is_previous) as previous_value
      from points p
     group by p.series, p.label
  ),
  drawn as (
    select s.series,
           array_agg(coalesce(c.value, nothing) order by l.place) as points,
           array_agg(coalesce(c.previous_value, nothing) order by l.place) as previous_points,
           sum(c.value) as value_sum, sum(c.previous_value) as previous_sum
      from series s
     cross join labels l
      left join cells c on c.series is not distinct from s.series and c.label = l.label
     group by s.series
  ),
  whole_series as (
    select w.series,
           sum(w.value) filter (where not w.is_previous) as value,
           sum(w.value) filter (where w.is_previous) as previous_value
      from wholes w
     group by w.series
  ),
  totals as (
    select s.name, s.place, s.unit, d.points,
           case when previous is not null then d.previous_points end as previous_points,
           case when over_time then coalesce(w.value, nothing)
                when sums then coalesce(d.value_sum, nothing)
                when cardinality(d.points) = 1 then d.points[1] end as total,
           case when previous is null then null
                when over_time then coalesce(w.previous_value, nothing)
                when sums then coalesce(d.previous_sum, nothing)
                when cardinality(d.points) = 1 then d.previous_points[1] end as previous_total
      from series s
      left join drawn d on d.series is not distinct from s.series
      left join whole_series w on w.series is not distinct from s.series
  ),
  -- Whether one total can stand for all: of one series its own, of several their sum, unless their units differ.
  together as (
    select count(*) = 1 or source.adds_up = 'all' and count(distinct coalesce(t.unit, '')) <= 1 as is_known from totals t
  )
  select coalesce((select array_agg(l.name order by l.place) from labels l), '{}'),
         coalesce(array_agg((t.name, t.unit, t.points, t.previous_points, t.total, t.previous_total)::analytics.chart_series
                            order by t.place, t.name), '{}'),
         case when count(distinct t.unit) <= 1 then min(t.unit) end,
         case when (select g.is_known from together g) then coalesce(sum(t.total), nothing) end,
         case when previous is not null and (select g.is_known from together g)
              then coalesce(sum(t.previous_total), nothing) end
    into result.labels, result.series, result.unit, result.total, result.previous_total
    from totals t;

  result.title := source.title;
  result.kind := kind;
  result.source_key := source.key;
  result.from_day := from_day;
  result.to_day := to_day;
  result.grain := case when over_time then used_grain end;
  result.previous_from_day := previous_from;
  result.previous_to_day := previous_to;
  result.unit := coalesce(result.unit, source.unit);
  result.change := result.total - result.previous_total;
  result.change_percent := round(100 * (result.total - result.previous_total) / nullif(abs(result.previous_total), 0), 2);
  result.options := '{}';
  return result;
end
$$;

comment on function analytics.draw_chart(text, text, jsonb, date, date, text, daterange) is
  E'@behavior -*\nThe figures of a data source as a chart of some kind, with those of the span that it is compared with. '
  'Errors: INVALID_INPUT, FORBIDDEN.';
grant execute on function analytics.draw_chart(text, text, jsonb, date, date, text, daterange)
  to callboard_member, callboard_service;

create or replace function analytics.with_series(
  source analytics.data_sources,
  parameters jsonb,
  points analytics.data_point[]
) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
return case
  when source.shape = 'time' and source.parameters #> '{properties,limit}' is not null then
    parameters || jsonb_build_object(
      'first',
      coalesce(parameters -> 'first', '[]') || (
        select coalesce(jsonb_agg(n.series order by n.place, n.series), '[]')
          from (
            select p.series, min(p.series_position) as place
              from unnest(points) p
             -- what comes after those that are drawn is what is left of all others
             where p.series_position <= (platform.with_defaults(source.parameters, parameters) ->> 'limit')::integer
               and not coalesce(parameters -> 'first' ? p.series, false)
             group by p.series
          ) n))
  else parameters
end;

comment on function analytics.with_series(analytics.data_sources, jsonb, analytics.data_point[]) is
  E'@behavior -*\nThe parameters of a source that draws so many series, the largest, with those that it has drawn in first: asked '
  'again, for other days or by another grain, it draws the same, and others only where there is room left. Clients cannot '
  'send it: it is in no schema of parameters.';
grant execute on function analytics.with_series(analytics.data_sources, jsonb, analytics.data_point[])
  to callboard_member, callboard_service;

create or replace function analytics.series_place(series text, place bigint, parameters jsonb) returns integer
language sql immutable
set search_path = pg_catalog, pg_temp
return coalesce(
  (select min(f.place) from jsonb_array_elements_text(parameters -> 'first') with ordinality as f (series, place)
    where f.series = series_place.series),
  place + coalesce(jsonb_array_length(parameters -> 'first'), 0))::integer;

comment on function analytics.series_place(text, bigint, jsonb) is
  E'@behavior -*\nWhere a series comes among those that a source draws: in the order of first when that has it, else, with its '
  'place among all others, after that.';
grant execute on function analytics.series_place(text, bigint, jsonb) to callboard_member, callboard_service;
