create or replace function analytics.note_activations(organization_id uuid, user_ids uuid[] default null) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := note_activations.organization_id;
  zone constant text := (select o.time_zone from tenancy.organizations o where o.id = organization);
  changed integer;
begin
  with rules as materialized (
    select * from analytics.activation_rules_of(organization)
  ),
  -- Of who joined before the events that are kept, what was found out then stays. Looked up where the events are, which may
  -- be deleted meanwhile.
  kept as materialized (
    select analytics.events_kept_from(organization) as kept_from
  ),
  asked as materialized (
    select m.user_id, m.joined_at
      from tenancy.organization_members m
     where m.organization_id = organization
       and m.joined_at >= (select k.kept_from from kept k)
       and (note_activations.user_ids is null or m.user_id = any (note_activations.user_ids))
  ),
  found as materialized (
    select a.user_id, a.joined_at, max(d.done_at) as activated_at
      from asked a
     cross join rules r
      left join lateral (
             select e.occurred_at as done_at
               from analytics.app_events e
              where e.organization_id = organization
                and e.user_id = a.user_id
                and (r.event_name is null or e.name = r.event_name)
                and e.occurred_at >= a.joined_at
                and e.occurred_at < a.joined_at + r.within
              order by e.occurred_at
             offset r.event_count - 1
              limit 1
           ) d on true
     group by a.user_id, a.joined_at
    having count(*) = count(d.done_at)
  ),
  written as (
    insert into analytics.user_activations as t (organization_id, user_id, joined_at, activated_at)
    select organization, f.user_id, f.joined_at, f.activated_at from found f
    on conflict on constraint user_activations_user_key do update
      set (joined_at, activated_at) = (excluded.joined_at, excluded.activated_at)
    where (t.joined_at, t.activated_at) is distinct from (excluded.joined_at, excluded.activated_at)
    returning t.user_id, t.activated_at
  ),
  removed as (
    delete from analytics.user_activations t
     using asked a
     where t.organization_id = organization
       and t.user_id = a.user_id
       and not exists (select from found f where f.user_id = a.user_id)
    returning t.user_id, t.activated_at
  ),
  marked as (
    insert into analytics.dirty_days (organization_id, day)
    select organization, d.day
      from (
             select (w.activated_at at time zone zone)::date as day from written w
             union
             select (r.activated_at at time zone zone)::date from removed r
             union
             -- where it was counted until now
             select (t.activated_at at time zone zone)::date
               from analytics.user_activations t
               join written w on w.user_id = t.user_id
              where t.organization_id = organization
           ) d
  ),
  touched as (
    insert into analytics.touched_subjects (organization_id, subject, subject_ids)
    select organization, 'user', t.user_ids
      from (select array_agg(u.user_id) as user_ids
              from (select w.user_id from written w union select r.user_id from removed r) u) t
     where t.user_ids is not null
  )
  select (select count(*) from written) + (select count(*) from removed) into changed;
  return changed;
end
$$;

comment on function analytics.note_activations(uuid, uuid[]) is
  'Finds out for members, all of them without user_ids, whether and when they were activated, and returns for how many that '
  'changed. For jobs.';
grant execute on function analytics.note_activations(uuid, uuid[]) to callboard_service;

create or replace function analytics.activation_rules_of(organization_id uuid)
returns table (event_name text, event_count integer, within interval)
language sql stable
set search_path = pg_catalog, pg_temp
rows 3
as $$
  with own as (
    select r.event_name, r.event_count, r.within_days * interval '24 hours' as within
      from analytics.activation_rules r
     where r.organization_id = activation_rules_of.organization_id and r.deleted_at is null
  )
  select * from own
  union all
  select null, 1, 14 * interval '24 hours' where not exists (select from own)
$$;

comment on function analytics.activation_rules_of(uuid) is
  'What counts as activation in an organization: its rules, or any event in the first two weeks when it has none.';
grant execute on function analytics.activation_rules_of(uuid) to callboard_member, callboard_service;
