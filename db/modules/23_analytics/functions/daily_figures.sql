create or replace function analytics.event_figures(organization_id uuid, first_day date, last_day date, time_zone text)
returns table (day date, metric text, dimension text, member text, numerator numeric, denominator numeric)
language plpgsql stable
set search_path = pg_catalog, pg_temp
-- Each day is planned for what lies in it, which may be a good part of a partition or a few rows.
set plan_cache_mode = force_custom_plan
set work_mem = '64MB'
set jit = off
as $$
declare
  this_day date;
  starts_at timestamptz;
  ends_at timestamptz;
begin
  -- A day after the other: each event is read once, and what a day groups into stays near the processor.
  for this_day in select first_day + n from generate_series(0, last_day - first_day) n loop
    starts_at := this_day::timestamp at time zone time_zone;
    ends_at := (this_day + 1)::timestamp at time zone time_zone;
    return query
    with of_users as materialized (
      select e.name, e.source, e.user_id, count(*)::integer as events, sum(e.value) as value
        from analytics.app_events e
       where e.organization_id = event_figures.organization_id
         and e.occurred_at >= starts_at
         and e.occurred_at < ends_at
       group by e.name, e.source, e.user_id
    ),
    counted as (
      select '' as dimension, '' as member, sum(u.events) as events, count(u.user_id) as users, sum(u.value) as value
        from (
               select o.user_id, sum(o.events)::integer as events, sum(o.value) as value from of_users o group by o.user_id
             ) u
      union all
      select 'event', u.name, sum(u.events), count(u.user_id), sum(u.value)
        from (
               select o.name, o.user_id, sum(o.events)::integer as events, sum(o.value) as value
                 from of_users o
                group by o.name, o.user_id
             ) u
       group by u.name
      union all
      select 'source', u.source, sum(u.events), count(u.user_id), sum(u.value)
        from (
               select o.source, o.user_id, sum(o.events)::integer as events, sum(o.value) as value
                 from of_users o
                group by o.source, o.user_id
             ) u
       group by u.source
    )
    select this_day, m.metric, c.dimension, c.member, m.figure, null::numeric
      from counted c
     cross join lateral (
             values ('events', c.events::numeric), ('active_users', nullif(c.users, 0)::numeric), ('event_value', c.value)
           ) as m (metric, figure)
     where m.figure is not null;
  end loop;
end
$$;

comment on function analytics.event_figures(uuid, date, date, text) is
  'What events say about days of an organization, each from midnight to midnight where it is: how many there were, of how '
  'many users, and what they were worth, as a whole, by name and by source.';
grant execute on function analytics.event_figures(uuid, date, date, text) to callboard_service;

create or replace function analytics.other_figures(organization_id uuid, first_day date, last_day date, time_zone text)
returns table (day date, metric text, dimension text, member text, numerator numeric, denominator numeric)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with span as materialized (
    select first_day::timestamp at time zone time_zone as starts_at,
           (last_day + 1)::timestamp at time zone time_zone as ends_at
  ),
  visits as (
    select (s.started_at at time zone time_zone)::date as day, s.source, count(*) as visits,
           count(*) filter (where s.event_count = 1) as bounces,
           round(sum(extract(epoch from s.ended_at - s.started_at)) / 60, 4) as minutes
      from analytics.sessions s
     cross join span
     where s.organization_id = other_figures.organization_id
       and s.started_at >= span.starts_at
       and s.started_at < span.ends_at
     group by 1, 2
  ),
  visit_figures as (
    select v.day, case grouping(v.source) when 0 then 'source' else '' end as dimension, coalesce(v.source, '') as member,
           sum(v.visits) as visits, sum(v.bounces) as bounces, sum(v.minutes) as minutes
      from visits v
     group by grouping sets ((v.day), (v.day, v.source))
  ),
  answers as (
    select (r.answered_at at time zone time_zone)::date as day, count(*) as answers,
           count(*) filter (where r.category = 'promoter') - count(*) filter (where r.category = 'detractor') as balance
      from analytics.nps_responses r
     cross join span
     where r.organization_id = other_figures.organization_id
       and r.answered_at >= span.starts_at
       and r.answered_at < span.ends_at
       and r.deleted_at is null
     group by 1
  )
  select v.day, m.metric, v.dimension, v.member, m.numerator, m.denominator
    from visit_figures v
   cross join lateral (
           values ('sessions', v.visits, null), ('session_minutes', v.minutes, v.visits), ('bounce_rate', v.bounces, v.visits)
         ) as m (metric, numerator, denominator)
  union all
  select a.day, m.metric, '', '', m.numerator, m.denominator
    from answers a
   cross join lateral (
           values ('nps', a.balance::numeric, a.answers::numeric), ('nps_answers', a.answers, null)
         ) as m (metric, numerator, denominator)
  union all
  select (m.joined_at at time zone time_zone)::date, 'sign_ups', '', '', count(*), null
    from tenancy.organization_members m
   cross join span
   where m.organization_id = other_figures.organization_id
     and m.joined_at >= span.starts_at
     and m.joined_at < span.ends_at
   group by 1
  union all
  select (a.activated_at at time zone time_zone)::date, 'activations', '', '', count(*), null
    from analytics.user_activations a
   cross join span
   where a.organization_id = other_figures.organization_id
     and a.activated_at >= span.starts_at
     and a.activated_at < span.ends_at
   group by 1
$$;

comment on function analytics.other_figures(uuid, date, date, text) is
  'What visits, members and answers say about days of an organization.';
grant execute on function analytics.other_figures(uuid, date, date, text) to callboard_service;
