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

  with figures as materialized (
    select false as is_previous, p.bucket, p.label, p.label_position, p.series, p.series_position, p.value, p.unit
      from analytics.source_points(source.key, from_day, to_day, used_grain, parameters) p
     union all
    select true, p.bucket, p.label, p.label_position, p.series, p.series_position, p.value, p.unit
      from analytics.source_points(source.key, previous_from, previous_to, used_grain, parameters) p
     where previous is not null
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
  -- The whole span is asked for as one: days need not add up to it.
  wholes as materialized (
    select w.is_previous, w.series, w.series_position, coalesce(w.unit, source.unit) as unit, w.value
      from (
        select false as is_previous, p.series, p.series_position, p.unit, p.value
          from analytics.source_points(source.key, from_day, to_day, 'total', parameters) p
         where over_time
         union all
        select true, p.series, p.series_position, p.unit, p.value
          from analytics.source_points(source.key, previous_from, previous_to, 'total', parameters) p
         where over_time and previous is not null
      ) w
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
  whole as (
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
      left join whole w on w.series is not distinct from s.series
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
