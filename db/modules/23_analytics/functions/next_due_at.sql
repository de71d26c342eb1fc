create or replace function analytics.next_due_at(
  frequency text,
  weekday integer,
  day_of_month integer,
  at_time time,
  time_zone text,
  after timestamptz
) returns timestamptz
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  -- A day of the place is 23, 24 or 25 hours long: so days are counted there, and only then turned into instants.
  select min(d.due_at)
    from (
      select case frequency
               when 'monthly' then
                 (date_trunc('month', l.today::timestamp) + make_interval(months => n.number))::date
                 + least(
                     day_of_month,
                     extract(day from date_trunc('month', l.today::timestamp) + make_interval(months => n.number + 1)
                                      - interval '1 day')::integer) - 1
               when 'weekly' then
                 l.today - extract(isodow from l.today)::integer + weekday + 7 * n.number
               else l.today + n.number
             end as day
        from (select (after at time zone time_zone)::date as today) l
       cross join generate_series(-1, 2) as n (number)
    ) days
   cross join lateral (select (days.day + at_time) at time zone time_zone as due_at) d
   where d.due_at > after
$$;

comment on function analytics.next_due_at(text, integer, integer, time, text, timestamptz) is
  E'@behavior -*\nThe first time after an instant at which something is due daily, weekly (weekday 1 is Monday) or monthly '
  '(the last day of months that are too short), by the clock of a time zone. A time that the clock skips is as much later; '
  'of one that it shows twice it is the second.';
grant execute on function analytics.next_due_at(text, integer, integer, time, text, timestamptz)
  to callboard_member, callboard_service;
