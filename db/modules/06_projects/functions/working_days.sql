create or replace function projects.working_days(from_day date, count integer, weekdays smallint[], days_off date[])
returns date[]
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select array_agg(d.day order by d.day)
    from (
      select from_day + n as day
        -- so many weeks that they hold the count, and as many days more as can be off
        from generate_series(
               0,
               (count / (select count(distinct weekday)::integer from unnest(weekdays) as weekday) + 2) * 7
                 + 2 * 7 * cardinality(days_off)) as n
       where extract(isodow from from_day + n) = any (weekdays) and from_day + n <> all (days_off)
       order by n
       limit count
    ) d
$$;

comment on function projects.working_days(date, integer, smallint[], date[]) is
  E'@behavior -*\nThe first so many working days from a day on.';
grant execute on function projects.working_days(date, integer, smallint[], date[]) to callboard_member, callboard_service;
