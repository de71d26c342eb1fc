create or replace function analytics.note_answers_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into analytics.dirty_days (organization_id, day)
  select distinct n.organization_id, (n.answered_at at time zone o.time_zone)::date
    from new_rows n
    join tenancy.organizations o on o.id = n.organization_id;
  if tg_op = 'UPDATE' then
    insert into analytics.dirty_days (organization_id, day)
    select distinct r.organization_id, (r.answered_at at time zone o.time_zone)::date
      from old_rows r
      join tenancy.organizations o on o.id = r.organization_id;
  end if;
  return null;
end
$$;

comment on function analytics.note_answers_trigger() is
  'Marks the days of answers to the NPS question. Definer: the marks are internal.';

create or replace function analytics.note_members_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'INSERT' then
    insert into analytics.dirty_days (organization_id, day)
    select distinct n.organization_id, (n.joined_at at time zone o.time_zone)::date
      from new_rows n
      join tenancy.organizations o on o.id = n.organization_id;
  else
    -- A day that has one member more or less, on either side of the change.
    insert into analytics.dirty_days (organization_id, day)
    select distinct c.organization_id, (c.joined_at at time zone o.time_zone)::date
      from (
             select u.organization_id, u.joined_at
               from (
                      select r.organization_id, r.id, r.joined_at from old_rows r
                      union all
                      select n.organization_id, n.id, n.joined_at from new_rows n
                    ) u
              group by u.organization_id, u.id, u.joined_at
             having count(*) = 1
           ) c
      join tenancy.organizations o on o.id = c.organization_id;
  end if;
  insert into analytics.touched_subjects (organization_id, subject, subject_ids)
  select n.organization_id, 'user', array_agg(n.user_id) from new_rows n group by n.organization_id;
  return null;
end
$$;

comment on function analytics.note_members_trigger() is
  'Marks the days on which members joined, and members whose segments are to be looked at. Definer: the marks are internal.';

create or replace function analytics.note_person_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into analytics.touched_subjects (organization_id, subject, subject_ids)
  select m.organization_id, 'user', array[m.user_id]
    from tenancy.organization_members m
   where m.user_id = new.id and m.status <> 'left';
  return null;
end
$$;

comment on function analytics.note_person_trigger() is
  'Marks somebody whose address, name or time zone has changed, in all their organizations, for the segments there to be looked '
  'at. Definer: the marks are internal.';

create or replace function analytics.note_leads_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into analytics.touched_subjects (organization_id, subject, subject_ids)
  select n.organization_id, 'lead', array_agg(n.id) from new_rows n group by n.organization_id;
  return null;
end
$$;

comment on function analytics.note_leads_trigger() is
  'Marks leads whose segments are to be looked at. Definer: the marks are internal.';

create or replace function analytics.note_lead_source_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- The rules that ask for it, however many leads have come from there.
  insert into analytics.due_segments (organization_id, segment_id)
  select s.organization_id, s.id
    from analytics.segments s
   where s.organization_id = new.organization_id
     and s.subject = 'lead'
     and s.is_active
     and s.deleted_at is null
     and jsonb_path_exists(s.rule, 'strict $.** ? (@.field == "lead_source")');
  return null;
end
$$;

comment on function analytics.note_lead_source_trigger() is
  'Has everybody judged by the rules that ask for lead sources, when one is called something else. Definer: the marks are '
  'internal.';

create or replace function analytics.note_time_zone_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Days begin and end elsewhere now, up to 26 hours away: what was counted on one may belong to its neighbours.
  insert into analytics.dirty_days (organization_id, day)
  select distinct new.id, d.day + n
    from (
           select m.day from analytics.metrics_daily m where m.organization_id = new.id
           union
           -- also what was marked by the old midnights and is not computed yet
           select n.day from analytics.dirty_days n where n.organization_id = new.id
         ) d
   cross join generate_series(-2, 2) n;
  return null;
end
$$;

comment on function analytics.note_time_zone_trigger() is
  'Marks all days of an organization that moves to another time zone. Definer: the marks are internal.';

create or replace function analytics.note_activation_rule_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform platform.enqueue(
    'recompute_activations', jsonb_build_object('organization_id', new.organization_id),
    job_key => 'recompute_activations:' || new.organization_id);
  return null;
end
$$;

comment on function analytics.note_activation_rule_trigger() is
  'Has all members judged by new rules, by job. Definer: callers add no jobs.';

create or replace function analytics.check_segment_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if new.subject is null or new.subject not in ('user', 'lead') then
    perform platform.refuse('CB002', 'A segment holds users or leads.', field => 'subject', hint => 'user, lead');
  end if;
  if tg_op = 'UPDATE' and new.subject <> old.subject then
    perform platform.refuse(
      'CB002', 'A segment of users stays one of users, and one of leads one of leads.', field => 'subject');
  end if;
  -- A rule asks for what is in members or leads, so it takes the right to read that. Whoever may write none at all is refused by
  -- the policy, and jobs have no caller.
  if authz.has('analytics.write') then
    perform analytics.require_subject(new.subject);
  end if;
  perform analytics.compile_segment_rule(new.subject, new.rule);
  return new;
end
$$;

comment on function analytics.check_segment_trigger() is
  'Refuses a rule that cannot be evaluated, naming the place in it that is wrong. Errors: INVALID_INPUT, '
  'FORBIDDEN for a segment of leads without crm.read, or of users without tenancy.read. Definer: what checks the parts of a '
  'rule is granted to nobody.';

create or replace function analytics.note_segment_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'INSERT'
     or (new.rule, new.is_active, new.deleted_at) is distinct from (old.rule, old.is_active, old.deleted_at) then
    insert into analytics.due_segments (organization_id, segment_id) values (new.organization_id, new.id);
  end if;
  return null;
end
$$;

comment on function analytics.note_segment_trigger() is
  'Has everybody judged by a new rule. Definer: the marks are internal.';
