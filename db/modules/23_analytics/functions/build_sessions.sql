create or replace function analytics.build_sessions(organization_id uuid, visitors analytics.visitor[]) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  organization constant uuid := build_sessions.organization_id;
  zone constant text := (select o.time_zone from tenancy.organizations o where o.id = organization);
  gap constant interval :=
    (tenancy.setting(organization, 'analytics') ->> 'sessionGapMinutes')::integer * interval '1 minute';
  -- Of visits that the client names. In hours, so that no change of clocks makes it longer.
  gap_of_named constant interval := interval '168 hours';
  changed integer;
begin
  with seen as materialized (
    select v.*, row_number() over () as visitor from unnest(visitors) v
  ),
  -- Visits that the client names: what bears the name is one, unless it comes again after a week.
  named as materialized (
    select s.visitor, s.user_id, s.lead_id, s.anonymous_id, e.session_key, min(s.first_at) as first_at, max(s.last_at) as last_at
      from seen s
     cross join lateral analytics.events_of_visitor(
                  organization, s.user_id, s.lead_id, s.anonymous_id, s.first_at, s.last_at) e
     where e.session_key is not null
     group by s.visitor, s.user_id, s.lead_id, s.anonymous_id, e.session_key
  ),
  asked as materialized (
    select s.visitor, s.user_id, s.lead_id, s.anonymous_id, null::text as session_key, s.first_at, s.last_at from seen s
    union all
    select n.visitor, n.user_id, n.lead_id, n.anonymous_id, n.session_key, n.first_at, n.last_at from named n
  ),
  -- The visits there are that the events may belong to, or bring together.
  known as materialized (
    select a.visitor, a.session_key, o.id, o.started_at, o.ended_at
      from asked a
      join analytics.sessions o
        on o.organization_id = organization
       and (o.user_id = a.user_id or o.lead_id = a.lead_id or o.anonymous_id = a.anonymous_id)
       and o.session_key is not distinct from a.session_key
       and o.started_at <= a.last_at + case when a.session_key is null then gap else gap_of_named end
       and o.ended_at >= a.first_at - case when a.session_key is null then gap else gap_of_named end
  ),
  stretches as materialized (
    select a.visitor, a.user_id, a.lead_id, a.anonymous_id, a.session_key,
           least(a.first_at, min(k.started_at)) as first_at, greatest(a.last_at, max(k.ended_at)) as last_at
      from asked a
      left join known k on k.visitor = a.visitor and k.session_key is not distinct from a.session_key
     group by a.visitor, a.user_id, a.lead_id, a.anonymous_id, a.session_key, a.first_at, a.last_at
  ),
  events as materialized (
    select s.visitor, s.user_id, s.lead_id, s.anonymous_id, s.session_key, e.id, e.occurred_at, e.name, e.source, e.url,
           case
             when e.occurred_at - lag(e.occurred_at) over (
                    partition by s.visitor, s.session_key order by e.occurred_at, e.id)
                  > case when s.session_key is null then gap else gap_of_named end
               then 1
             else 0
           end as begins
      from stretches s
     cross join lateral analytics.events_of_visitor(
                  organization, s.user_id, s.lead_id, s.anonymous_id, s.first_at, s.last_at) e
     where e.session_key is not distinct from s.session_key
  ),
  numbered as (
    select e.*, sum(e.begins) over (partition by e.visitor, e.session_key order by e.occurred_at, e.id) as number
      from events e
  ),
  visits as materialized (
    select n.visitor, n.session_key, n.user_id, n.lead_id, n.anonymous_id, n.number,
           min(n.occurred_at) as started_at, max(n.occurred_at) as ended_at, count(*)::integer as event_count,
           (array_agg(n.source order by n.occurred_at, n.id))[1] as source,
           (array_agg(n.name order by n.occurred_at, n.id))[1] as entry_event,
           (array_agg(n.url order by n.occurred_at, n.id) filter (where n.url is not null))[1] as entry_url,
           (array_agg(n.url order by n.occurred_at desc, n.id desc) filter (where n.url is not null))[1] as exit_url
      from numbered n
     group by n.visitor, n.session_key, n.user_id, n.lead_id, n.anonymous_id, n.number
  ),
  -- A visit that has grown keeps its id.
  kept as materialized (
    select v.*, (
             select k.id
               from known k
              where k.visitor = v.visitor
                and k.session_key is not distinct from v.session_key
                and k.started_at between v.started_at and v.ended_at
              order by k.started_at, k.id
              limit 1
           ) as id
      from visits v
  ),
  written as (
    insert into analytics.sessions as t
      (organization_id, id, user_id, lead_id, anonymous_id, session_key, started_at, ended_at, event_count, source,
       entry_event, entry_url, exit_url)
    select organization, coalesce(k.id, platform.uuidv7()), k.user_id, k.lead_id, k.anonymous_id, k.session_key, k.started_at,
           k.ended_at, k.event_count, k.source, k.entry_event, k.entry_url, k.exit_url
      from kept k
    on conflict on constraint sessions_pkey do update
      set (started_at, ended_at, event_count, source, entry_event, entry_url, exit_url)
        = (excluded.started_at, excluded.ended_at, excluded.event_count, excluded.source, excluded.entry_event,
           excluded.entry_url, excluded.exit_url)
    where (t.started_at, t.ended_at, t.event_count, t.source, t.entry_url, t.exit_url)
       is distinct from (excluded.started_at, excluded.ended_at, excluded.event_count, excluded.source, excluded.entry_url,
                         excluded.exit_url)
    returning t.id, t.started_at
  ),
  removed as (
    delete from analytics.sessions t
     using known k
     where t.organization_id = organization
       and t.id = k.id
       and not exists (select from kept c where c.id = k.id)
    returning t.id, t.started_at
  ),
  marked as (
    insert into analytics.dirty_days (organization_id, day)
    select organization, d.day
      from (
             select (w.started_at at time zone zone)::date as day from written w
             union
             select (r.started_at at time zone zone)::date from removed r
             union
             select (k.started_at at time zone zone)::date from known k join written w on w.id = k.id
           ) d
  )
  select (select count(*) from written) + (select count(*) from removed) into changed;
  return changed;
end
$$;

comment on function analytics.build_sessions(uuid, analytics.visitor[]) is
  'Brings the visits of somebody up to date with the events of a stretch of time, and returns how many changed: they may '
  'begin, grow, or become one. Events are all that counts, so doing it again changes nothing. For the job that digests '
  'events, one at a time in an organization.';
grant execute on function analytics.build_sessions(uuid, analytics.visitor[]) to callboard_service;

create or replace function analytics.events_of_visitor(
  organization_id uuid,
  user_id uuid,
  lead_id uuid,
  anonymous_id text,
  first_at timestamptz,
  last_at timestamptz
) returns table (id uuid, occurred_at timestamptz, name text, session_key text, source text, url text)
language sql stable
rows 50
as $$
  select e.id, e.occurred_at, e.name, e.session_key, e.source, e.url
    from analytics.app_events e
   where e.organization_id = events_of_visitor.organization_id
     and e.user_id = events_of_visitor.user_id
     and e.occurred_at between first_at and last_at
  union all
  select e.id, e.occurred_at, e.name, e.session_key, e.source, e.url
    from analytics.app_events e
   where e.organization_id = events_of_visitor.organization_id
     and e.lead_id = events_of_visitor.lead_id
     and e.user_id is null
     and e.occurred_at between first_at and last_at
  union all
  select e.id, e.occurred_at, e.name, e.session_key, e.source, e.url
    from analytics.app_events e
   where e.organization_id = events_of_visitor.organization_id
     and e.anonymous_id = events_of_visitor.anonymous_id
     and e.user_id is null
     and e.lead_id is null
     and e.occurred_at between first_at and last_at
$$;

comment on function analytics.events_of_visitor(uuid, uuid, uuid, text, timestamptz, timestamptz) is
  'The events of a member, a lead or somebody unknown, of the three the one that is given, in a stretch of time.';
grant execute on function analytics.events_of_visitor(uuid, uuid, uuid, text, timestamptz, timestamptz) to callboard_service;
