create or replace function analytics.event_figures(organization_id uuid, first_day date, last_day date, time_zone text)
returns table (day date, metric text, dimension text, member text, numerator numeric, denominator numeric)
language plpgsql stable
set search_path = pg_catalog, pg_temp
-- Each stretch is planned for what lies in it, which may be a good part of a partition or a few rows.
set plan_cache_mode = force_custom_plan
set work_mem = '64MB'
set jit = off
as $$
declare
  few constant integer := 50000;
  sample constant integer := 5000;
  from_day date := first_day;
  to_day date;
  looked_until date := first_day;
  days_at_once integer := 1;
  starts_at timestamptz;
  ends_at timestamptz;
  is_repeated boolean;
  midnights timestamptz[];
begin
  while from_day <= last_day loop
    if from_day >= looked_until then
      looked_until := least(from_day + 31, last_day + 1);
      starts_at := platform.begins_at(from_day, time_zone);
      ends_at := platform.begins_at(looked_until, time_zone);
      -- A day by itself, so that what it sorts stays near the processor; a month of days that have little in them at once,
      -- since planning would take longer than reading. Both look along the index, beside which there are many of others.
      if looked_until > from_day + 1 then
        days_at_once := case
          when (select count(*)
                  from (select
                          from analytics.app_events e
                         where e.organization_id = event_figures.organization_id
                           and e.occurred_at >= starts_at
                           and e.occurred_at < ends_at
                         order by e.occurred_at
                         limit few) l) < few
            then 31
          else 1
        end;
      end if;
      is_repeated := (
        select coalesce(2 * count(*) < sum(k.times), false)
          from (
                 select count(*) as times
                   from (
                          select e.user_id, e.name, e.source
                            from analytics.app_events e
                           where e.organization_id = event_figures.organization_id
                             and e.occurred_at >= starts_at
                             and e.occurred_at < ends_at
                           order by e.occurred_at
                           limit sample
                        ) l
                  group by l.user_id, l.name, l.source
               ) k);
    end if;
    to_day := least(from_day + days_at_once - 1, last_day);
    midnights := array(
      select platform.begins_at(from_day + n, time_zone) from generate_series(0, to_day - from_day + 1) n order by n);
    return query
    with repeated as materialized (
      -- Where people do the same again and again, that is brought together before anything is sorted; a sum that has nothing
      -- to add up would cost each of them its memory. A day is found among the midnights, however long the days are.
      select width_bucket(e.occurred_at, midnights) as number, e.name collate "C" as name, e.source collate "C" as source,
             e.user_id, count(*)::integer as events, sum(e.value) filter (where e.value is not null) as value
        from analytics.app_events e
       where is_repeated
         and e.organization_id = event_figures.organization_id
         and e.occurred_at >= midnights[1]
         and e.occurred_at < midnights[cardinality(midnights)]
       group by 1, 2, 3, 4
    ),
    counted as (
      select d.number, d.name, d.source, sum(d.events) as events, count(distinct d.user_id) as users, sum(d.value) as value
        from (
               select r.number, r.name, r.source, r.user_id, r.events, r.value from repeated r
               union all
               -- Where hardly anything comes twice, bringing it together would only cost.
               select width_bucket(e.occurred_at, midnights), e.name collate "C", e.source collate "C", e.user_id, 1, e.value
                 from analytics.app_events e
                where not is_repeated
                  and e.organization_id = event_figures.organization_id
                  and e.occurred_at >= midnights[1]
                  and e.occurred_at < midnights[cardinality(midnights)]
             ) d
       group by grouping sets ((d.number), (d.number, d.name), (d.number, d.source))
    )
    select from_day + c.number - 1, m.metric,
           case when c.name is not null then 'event' when c.source is not null then 'source' else '' end,
           coalesce(c.name, c.source, ''), m.figure, null::numeric
      from counted c
     cross join lateral (
             values ('events', c.events::numeric), ('active_users', nullif(c.users, 0)::numeric), ('event_value', c.value)
           ) as m (metric, figure)
     where m.figure is not null;
    from_day := to_day + 1;
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
    select platform.begins_at(first_day, time_zone) as starts_at,
           platform.begins_at(last_day + 1, time_zone) as ends_at
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
