create or replace function analytics.refresh_segments(organization_id uuid) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := refresh_segments.organization_id;
  touched_users uuid[];
  touched_leads uuid[];
  segment record;
  looked_at uuid[];
  changed integer := 0;
begin
  -- What is taken here is seen below: whatever touched somebody has been committed with its mark.
  with taken as (
    delete from analytics.touched_subjects t where t.organization_id = organization returning t.subject, t.subject_ids
  )
  select coalesce(array_agg(distinct u.id) filter (where t.subject = 'user'), '{}'),
         coalesce(array_agg(distinct u.id) filter (where t.subject = 'lead'), '{}')
    into touched_users, touched_leads
    from taken t
   cross join lateral unnest(t.subject_ids) as u (id);
  -- What is kept up no more waits for nothing; everybody is judged when it is kept up again.
  delete from analytics.segment_checks c
   where c.organization_id = organization
     and c.check_at <= now()
     and not exists (
           select
             from analytics.segments s
            where s.organization_id = organization and s.id = c.segment_id and s.is_active and s.deleted_at is null);
  for segment in
    with due as (
      delete from analytics.due_segments d where d.organization_id = organization returning d.segment_id
    )
    select s.id, s.subject, s.rule, s.id in (select d.segment_id from due d) as is_due
      from analytics.segments s
     where s.organization_id = organization and s.is_active and s.deleted_at is null
     order by s.id
  loop
    looked_at := null;
    if not segment.is_due then
      looked_at := array(
        select u.id from unnest(case segment.subject when 'user' then touched_users else touched_leads end) as u (id)
        union
        select c.subject_id
          from analytics.segment_checks c
         where c.organization_id = organization and c.segment_id = segment.id and c.check_at <= now());
      continue when looked_at = '{}';
    end if;
    changed := changed + analytics.refresh_segment(organization, segment.id, segment.subject, segment.rule, looked_at);
  end loop;
  return changed;
end
$$;

comment on function analytics.refresh_segments(uuid) is
  'Brings the segments of an organization up to date, and returns how many members and leads entered or left: those that '
  'were touched, and those whose time has come; all of them in a segment whose rule is new. For jobs.';
grant execute on function analytics.refresh_segments(uuid) to callboard_service;

create or replace function analytics.refresh_segment(
  organization_id uuid,
  segment_id uuid,
  subject text,
  rule jsonb,
  subject_ids uuid[]
) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  condition constant analytics.segment_condition := analytics.compile_segment_rule(subject, rule);
  entered integer;
  left_it integer;
begin
  execute format(
    $sql$
    with judged as materialized (
      select s.id, %s as is_in, least(%s) as check_at
        from %s s
       where ($4 is null or s.id = any ($4))
    ),
    present as materialized (
      select u.id, u.subject_id
        from analytics.user_segments u
       where u.organization_id = $1
         and u.segment_id = $3
         and u.left_at is null
         and ($4 is null or u.subject_id = any ($4))
    ),
    entered as (
      insert into analytics.user_segments (organization_id, segment_id, user_id, lead_id)
      select $1, $3, case $5 when 'user' then j.id end, case $5 when 'lead' then j.id end
        from judged j
       where j.is_in and not exists (select from present p where p.subject_id = j.id)
      returning 1
    ),
    gone as (
      update analytics.user_segments u
         set left_at = greatest(u.entered_at, now())
        from present p
       where u.organization_id = $1
         and u.id = p.id
         and not exists (select from judged j where j.id = p.subject_id and j.is_in)
      returning 1
    ),
    scheduled as (
      insert into analytics.segment_checks as c (organization_id, segment_id, subject_id, check_at)
      select $1, $3, j.id, j.check_at from judged j where j.check_at is not null
      on conflict on constraint segment_checks_pkey do update set check_at = excluded.check_at
      where c.check_at <> excluded.check_at
    ),
    settled as (
      delete from analytics.segment_checks c
       where c.organization_id = $1
         and c.segment_id = $3
         and ($4 is null or c.subject_id = any ($4))
         and not exists (select from judged j where j.id = c.subject_id and j.check_at is not null)
    )
    select (select count(*) from entered), (select count(*) from gone)
    $sql$,
    condition.predicate,
    array_to_string('{null::timestamptz}'::text[] || condition.changes, ', '),
    analytics.segment_subjects(subject))
    into entered, left_it
   using organization_id, now(), segment_id, subject_ids, subject;
  return entered + left_it;
end
$$;

comment on function analytics.refresh_segment(uuid, uuid, text, jsonb, uuid[]) is
  'Judges members or leads, all of them without subject_ids, by the rule of a segment: who fits enters, who no longer does '
  'leaves, and when time alone may change that is written down.';
grant execute on function analytics.refresh_segment(uuid, uuid, text, jsonb, uuid[]) to callboard_service;
