create or replace function billing.period_end(
  anchored_at timestamptz,
  starts_at timestamptz,
  billing_interval text,
  time_zone text
) returns timestamptz
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with intervals as (
    select case period_end.billing_interval when 'year' then 12 else 1 end as months
  ),
  passed as (
    -- whole months from the anchor to the start, give or take one
    select i.months,
           (extract(year from age(s.local, a.local)) * 12 + extract(month from age(s.local, a.local)))::integer / i.months
             as periods
      from intervals i,
           (select period_end.starts_at at time zone period_end.time_zone) as s (local),
           (select period_end.anchored_at at time zone period_end.time_zone) as a (local)
  )
  -- Counted from the anchor each time, so that the 31st comes back after February. An organization that has moved to
  -- another time zone gets no period of a few hours.
  select min(e.ends_at)
    from passed p
   cross join generate_series(greatest(p.periods - 1, 0), p.periods + 3) as n (periods)
   cross join lateral (
           select ((period_end.anchored_at at time zone period_end.time_zone)
                   + make_interval(months => n.periods * p.months)) at time zone period_end.time_zone
         ) as e (ends_at)
   where e.ends_at > period_end.starts_at + interval '14 days'
$$;

comment on function billing.period_end(timestamptz, timestamptz, text, text) is
  'When a billing period ends that begins at starts_at: on the day and at the time of the month of the anchor, as clocks '
  'in the time zone show it; on the last day of months that are too short.';
grant execute on function billing.period_end(timestamptz, timestamptz, text, text) to callboard_service;
