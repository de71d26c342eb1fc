create or replace function analytics.digest_events(organization_id uuid, at_most integer default 500)
returns table (batches integer, sessions integer, activations integer, segment_changes integer)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := digest_events.organization_id;
  longest constant interval := (select max(r.within) from analytics.activation_rules_of(organization) r);
  visitors analytics.visitor[];
  newcomers uuid[];
  done_by_leads jsonb;
  merged record;
begin
  -- Who comes second has nothing to do: what is there is being done.
  if not pg_try_advisory_xact_lock(hashtextextended('analytics.digest_events ' || organization, 0)) then
    return;
  end if;
  with taken as materialized (
    delete from analytics.event_batches b
     where b.organization_id = organization
       and b.id in (select o.id from analytics.event_batches o
                     where o.organization_id = organization
                     order by o.id
                     limit at_most)
    returning b.*
  ),
  came as (
    select u.id as user_id, null::uuid as lead_id, null::text as anonymous_id, t.first_at, t.last_at
      from taken t cross join lateral unnest(t.user_ids) as u (id)
    union all
    select null, l.id, null, t.first_at, t.last_at from taken t cross join lateral unnest(t.lead_ids) as l (id)
    union all
    select null, null, a.id, t.first_at, t.last_at from taken t cross join lateral unnest(t.anonymous_ids) as a (id)
  ),
  of_visitors as (
    select c.user_id, c.lead_id, c.anonymous_id, min(c.first_at) as first_at, max(c.last_at) as last_at
      from came c
     group by c.user_id, c.lead_id, c.anonymous_id
  ),
  touched as (
    insert into analytics.touched_subjects (organization_id, subject, subject_ids)
    select organization, s.subject, array_agg(s.id)
      from (
             select 'user' as subject, v.user_id as id from of_visitors v where v.user_id is not null
             union all
             select 'lead', v.lead_id from of_visitors v where v.lead_id is not null
           ) s
     group by s.subject
  )
  select (select count(*) from taken),
         (select jsonb_agg(t.lead_events) from taken t where t.lead_events <> '{}'),
         array_agg((v.user_id, v.lead_id, v.anonymous_id, v.first_at, v.last_at)::analytics.visitor),
         array_agg(m.user_id) filter (where v.first_at < m.joined_at + longest)
    into batches, done_by_leads, visitors, newcomers
    from of_visitors v
    left join tenancy.organization_members m on m.organization_id = organization and m.user_id = v.user_id;
  sessions := 0;
  activations := 0;
  if visitors is not null then
    -- What was being recorded, or digested, while its lead was merged into another.
    for merged in
      select l.id, l.merged_into_lead_id as kept_id
        from unnest(visitors) v
        join crm.leads l on l.organization_id = organization and l.id = v.lead_id
       where l.merged_into_lead_id is not null
    loop
      perform analytics.merge_lead_events(organization, merged.kept_id, merged.id);
    end loop;
    sessions := analytics.build_sessions(organization, visitors);
    if newcomers is not null then
      activations := analytics.note_activations(organization, newcomers);
    end if;
  end if;
  if done_by_leads is not null then
    perform analytics.enroll_by_events(organization, done_by_leads);
  end if;
  segment_changes := analytics.refresh_segments(organization);
  return next;
end
$$;

comment on function analytics.digest_events(uuid, integer) is
  'What follows from new events of an organization: visits, activations, who is in which segment; of at most so many '
  'batches, one run at a time. Returns no row when another run is at it. For the job of that name.';
grant execute on function analytics.digest_events(uuid, integer) to callboard_service;

create or replace function analytics.recompute_dirty_days(organization_id uuid, at_most integer default 31) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  today constant date := platform.today(organization_id);
  -- A day that is not over gets events all the time, and counting it takes longer the more it has. What it takes is kept to a
  -- twentieth of the time; a day that is over is not waited for.
  is_resting constant boolean := exists (
    select
      from analytics.open_days o
     where o.organization_id = recompute_dirty_days.organization_id
       and o.day >= today
       and o.took > interval '3 seconds'
       and now() < o.computed_at + 20 * o.took);
  dirty date;
  began timestamptz;
  done integer := 0;
begin
  -- The newest first: those are looked at.
  for dirty in
    select distinct d.day
      from analytics.dirty_days d
     where d.organization_id = recompute_dirty_days.organization_id
       and (d.day < today or not is_resting)
     order by d.day desc
     limit at_most
  loop
    began := clock_timestamp();
    perform analytics.recompute_days(organization_id, dirty, dirty);
    done := done + 1;
    if dirty >= today then
      insert into analytics.open_days as t (organization_id, day, computed_at, took)
      values (organization_id, dirty, clock_timestamp(), clock_timestamp() - began)
      on conflict on constraint open_days_pkey do update
        set (day, computed_at, took) = (excluded.day, excluded.computed_at, excluded.took);
    end if;
  end loop;
  return done;
end
$$;

comment on function analytics.recompute_dirty_days(uuid, integer) is
  'Computes the figures of days that something has come for, at most so many, and returns how many there were. The day that '
  'is not over is left out for twenty times as long as it took the last time, where that is more than a minute. For jobs.';
grant execute on function analytics.recompute_dirty_days(uuid, integer) to callboard_service;

create or replace function analytics.undigested_organizations() returns setof uuid
language sql stable
set search_path = pg_catalog, pg_temp
rows 100
as $$
  select b.organization_id from analytics.event_batches b
  union
  select d.organization_id from analytics.dirty_days d
  union
  select t.organization_id from analytics.touched_subjects t
  union
  select d.organization_id from analytics.due_segments d
  union
  select c.organization_id from analytics.segment_checks c where c.check_at <= now()
$$;

comment on function analytics.undigested_organizations() is
  'The organizations for which digest_events or recompute_dirty_days has something to do. For jobs.';
grant execute on function analytics.undigested_organizations() to callboard_service;
