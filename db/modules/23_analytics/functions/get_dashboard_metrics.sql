create or replace function analytics.get_dashboard_metrics(from_day date default null, to_day date default null)
returns setof analytics.dashboard_metric
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('analytics.read');
  today constant date := platform.today(organization);
  first constant date := coalesce(from_day, date_trunc('month', today)::date);
  last constant date := coalesce(to_day, today);
  previous constant daterange := analytics.previous_days(
    case when from_day is null then 'this_month' end, first, last, 'previous_period');
begin
  perform analytics.check_span(from_day, to_day);
  return query
    with headlines as materialized (
      select s.key, s.title, s.unit, s.position
        from analytics.data_sources s
       where s.is_headline and s.permission = any ((select authz.permissions())::text[])
    ),
    figures as (
      select h.key, h.title, coalesce(p.unit, h.unit) as unit, h.position, false as is_previous, p.value
        from headlines h
       cross join lateral analytics.source_points(h.key, first, last, 'total', '{}') p
      union all
      select h.key, h.title, coalesce(p.unit, h.unit), h.position, true, p.value
        from headlines h
       cross join lateral analytics.source_points(h.key, lower(previous), upper(previous) - 1, 'total', '{}') p
    )
    select h.key, h.title, coalesce(f.unit, h.unit), first, last,
           coalesce(sum(f.value) filter (where not f.is_previous), 0),
           coalesce(sum(f.value) filter (where f.is_previous), 0),
           coalesce(sum(f.value) filter (where not f.is_previous), 0)
             - coalesce(sum(f.value) filter (where f.is_previous), 0),
           round(
             100 * (coalesce(sum(f.value) filter (where not f.is_previous), 0)
                    - coalesce(sum(f.value) filter (where f.is_previous), 0))
             / nullif(abs(sum(f.value) filter (where f.is_previous)), 0), 2)
      from headlines h
      left join figures f on f.key = h.key
     group by h.key, h.title, h.unit, h.position, coalesce(f.unit, h.unit)
     order by h.position, h.key, coalesce(f.unit, h.unit);
end
$$;

comment on function analytics.get_dashboard_metrics(date, date) is
  'The figures of the front page, each with that of as many days before and the change: from from_day to to_day, or of '
  'this month so far against as much of the one before. Money has a row for each currency. What the caller may not see, '
  'and what no module keeps yet, is absent rather than zero. Needs analytics.read. Errors: INVALID_INPUT.';
grant execute on function analytics.get_dashboard_metrics(date, date) to callboard_member, callboard_service;
