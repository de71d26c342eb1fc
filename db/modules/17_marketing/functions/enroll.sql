create or replace function marketing.enroll(
  organization_id uuid,
  sequence_id uuid,
  lead_ids uuid[],
  source text default 'manual',
  source_name text default null,
  at timestamptz default now()
) returns setof marketing.enrollment_outcome
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  sequence marketing.nurturing_sequences;
  first_step marketing.nurturing_steps;
  house_zone constant text := (select o.time_zone from tenancy.organizations o where o.id = enroll.organization_id);
  needs_consent constant boolean := coalesce(
    (tenancy.setting(enroll.organization_id, 'marketing') ->> 'requireConsent')::boolean, false);
  earliest timestamptz;
begin
  -- Locked, so that it is not archived before those who come in are there to leave.
  select s.*
    into sequence
    from marketing.nurturing_sequences s
   where s.organization_id = enroll.organization_id
     and s.id = enroll.sequence_id
     and s.status = 'active'
     and s.deleted_at is null
     for share;
  if sequence.id is null then
    return;
  end if;
  select s.*
    into first_step
    from marketing.nurturing_steps s
   where s.organization_id = enroll.organization_id and s.sequence_id = sequence.id and s.deleted_at is null
   order by s.position, s.id
   limit 1;

  return query
    with wanted as materialized (
      select w.lead_id, min(w.number) as number
        from unnest(lead_ids) with ordinality as w (lead_id, number)
       where w.lead_id is not null
       group by w.lead_id
    ),
    judged as materialized (
      select w.lead_id, w.number, l.time_zone, live.id as live_id,
             case
               when l.id is null then 'unknown_lead'
               when live.id is not null then 'already_enrolled'
               when ended.id is not null
                    and (sequence.reenrollment = 'never' or ended.ended_at > at - sequence.reenroll_after)
                 then 'was_enrolled'
               when l.email_consent = 'withdrawn' then 'consent_withdrawn'
               -- A soft bounce is over in some days, for which the first mail waits.
               when exists (
                      select
                        from marketing.email_suppressions x
                       where x.organization_id = enroll.organization_id
                         and x.email = l.email
                         and x.lifted_at is null
                         and (x.reason <> 'soft_bounce' or x.expires_at is null))
                 then 'suppressed'
               when needs_consent and l.email_consent <> 'granted' then 'no_consent'
               when l.status = 'converted' and 'converted' = any (sequence.exit_on)
                    or l.status in ('unqualified', 'lost') and 'disqualified' = any (sequence.exit_on)
                 then 'exit_condition'
               else 'enrolled'
             end as outcome
        from wanted w
        left join crm.leads l
          on l.organization_id = enroll.organization_id and l.id = w.lead_id and l.deleted_at is null
        left join marketing.nurturing_enrollments live
          on live.organization_id = enroll.organization_id
         and live.sequence_id = sequence.id
         and live.lead_id = w.lead_id
         and live.status in ('active', 'paused')
        left join lateral (
               select e.id, e.ended_at
                 from marketing.nurturing_enrollments e
                where e.organization_id = enroll.organization_id
                  and e.lead_id = w.lead_id
                  and e.sequence_id = sequence.id
                  and e.status in ('completed', 'exited')
                order by e.ended_at desc
                limit 1
             ) ended on true
    ),
    added as (
      -- In the order of the key: two that enrol the same leads wait for each other, not in a ring.
      insert into marketing.nurturing_enrollments
        (organization_id, sequence_id, lead_id, source, source_name, step_id, occurred_at, next_run_at, created_by)
      select enroll.organization_id, sequence.id, j.lead_id, enroll.source, enroll.source_name, first_step.id, at,
             marketing.next_window(
               marketing.after_delay(
                 at, coalesce(j.time_zone, house_zone), first_step.delay, first_step.counts_working_days),
               coalesce(j.time_zone, house_zone), first_step.send_days, first_step.send_from, first_step.send_until),
             authz.actor_id()
        from judged j
       where j.outcome = 'enrolled'
       order by j.lead_id
          on conflict (organization_id, sequence_id, lead_id) where status in ('active', 'paused') do nothing
      returning lead_id, id
    )
    select j.lead_id,
           case when j.outcome = 'enrolled' and a.id is null then 'already_enrolled' else j.outcome end,
           coalesce(a.id, j.live_id)
      from judged j
      left join added a on a.lead_id = j.lead_id
     order by j.number;

  select min(e.next_run_at)
    into earliest
    from (
      select e.next_run_at
        from marketing.nurturing_enrollments e
       where e.organization_id = enroll.organization_id and e.sequence_id = sequence.id and e.status = 'active'
       order by e.next_run_at
       limit 1
    ) e;
  if earliest is not null then
    perform marketing.wake_sequence(organization_id, sequence.id, earliest);
  end if;
end
$$;

comment on function marketing.enroll(uuid, uuid, uuid[], text, text, timestamptz) is
  'Enrols leads in an active sequence, all in one statement, and says what came of each, in their order; nothing when the '
  'sequence is not active. Two that enrol the same lead at the same time enrol it once. For functions that have checked who '
  'asks.';
grant execute on function marketing.enroll(uuid, uuid, uuid[], text, text, timestamptz) to callboard_service;

create or replace function marketing.enroll_for_caller(organization_id uuid, sequence_id uuid, lead_ids uuid[])
returns setof marketing.enrollment_outcome
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if organization_id is distinct from authz.require('marketing.write') then
    perform platform.refuse('CB003', 'This is another organization.');
  end if;
  return query select * from marketing.enroll(organization_id, sequence_id, lead_ids);
end
$$;

comment on function marketing.enroll_for_caller(uuid, uuid, uuid[]) is
  'marketing.enroll for a caller, with leads that the caller sees. Errors: CB001, CB003. Definer: enrolments are written by '
  'functions alone.';
grant execute on function marketing.enroll_for_caller(uuid, uuid, uuid[]) to callboard_member, callboard_service;

create or replace function marketing.enroll_leads(sequence_id uuid, lead_ids uuid[])
returns setof marketing.enrollment_outcome
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('marketing.write');
  status text;
  seen uuid[];
begin
  if coalesce(cardinality(lead_ids), 0) not between 1 and 10000 then
    perform platform.refuse('CB002', 'Between 1 and 10000 leads are enrolled at a time.', field => 'lead_ids');
  end if;
  select s.status
    into status
    from marketing.nurturing_sequences s
   where s.organization_id = organization and s.id = enroll_leads.sequence_id and s.deleted_at is null;
  if status is null then
    perform platform.refuse('CB004', 'There is no such sequence, or you may not use it.', field => 'sequence_id');
  elsif status <> 'active' then
    perform platform.refuse(
      'CB005', 'Leads are enrolled in sequences that are active.', field => 'sequence_id', detail => status);
  end if;
  seen := array(
    select l.id from crm.leads l where l.organization_id = organization and l.id = any (enroll_leads.lead_ids));
  return query
    with outcomes as materialized (
      select o.* from marketing.enroll_for_caller(organization, enroll_leads.sequence_id, seen) o
    )
    select w.lead_id, coalesce(o.outcome, 'unknown_lead'), o.enrollment_id
      from (
        select w.lead_id, min(w.number) as number
          from unnest(enroll_leads.lead_ids) with ordinality as w (lead_id, number)
         group by w.lead_id
      ) w
      left join outcomes o on o.lead_id = w.lead_id
     order by w.number;
end
$$;

comment on function marketing.enroll_leads(uuid, uuid[]) is
  E'@resultFieldName outcomes\nEnrols leads by hand and says what came of each, in their order, a lead that is given twice once. Needs marketing.write, and '
  'to see the leads. Errors: INVALID_INPUT for none or more than 10000, NOT_FOUND_OR_FORBIDDEN, CONFLICT for a sequence that '
  'is not active.';
grant execute on function marketing.enroll_leads(uuid, uuid[]) to callboard_member, callboard_service;

create or replace function marketing.enroll_in_each(
  organization_id uuid, sequence_ids uuid[], lead_ids uuid[], source text, source_names text[], at timestamptz
) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  part record;
  enrolled integer := 0;
begin
  -- In the order of their keys: two that enrol in the same sequences wait for each other, not in a ring.
  for part in
    select w.sequence_id, w.source_name, array_agg(distinct w.lead_id) as lead_ids
      from unnest(sequence_ids, enroll_in_each.lead_ids, source_names) as w (sequence_id, lead_id, source_name)
     group by w.sequence_id, w.source_name
     order by w.sequence_id
  loop
    enrolled := enrolled + (
      select count(*)
        from marketing.enroll(organization_id, part.sequence_id, part.lead_ids, source, part.source_name, at) o
       where o.outcome = 'enrolled');
  end loop;
  return enrolled;
end
$$;

comment on function marketing.enroll_in_each(uuid, uuid[], uuid[], text, text[], timestamptz) is
  'Enrols the n-th lead in the n-th sequence, because of the n-th name, a sequence at a time. Returns how many were enrolled.';

create or replace function marketing.enroll_by_segment(
  organization_id uuid, segment_ids uuid[], lead_ids uuid[], at timestamptz default now()
) returns integer
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  select marketing.enroll_in_each(
           enroll_by_segment.organization_id, array_agg(s.id), array_agg(w.lead_id), 'segment',
           array_agg(s.enroll_segment_id::text), at)
    from unnest(segment_ids, lead_ids) as w (segment_id, lead_id)
    join marketing.nurturing_sequences s
      on s.organization_id = enroll_by_segment.organization_id
     and s.enroll_segment_id = w.segment_id
     and s.status = 'active'
     and s.deleted_at is null
$$;

comment on function marketing.enroll_by_segment(uuid, uuid[], uuid[], timestamptz) is
  'Enrols leads that have come into segments: the n-th lead into the n-th segment. Called for whole statements. Returns how '
  'many were enrolled.';

create or replace function marketing.enroll_by_event(
  organization_id uuid, event_names text[], lead_ids uuid[], at timestamptz default now()
) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  perform marketing.end_enrollments(
    enroll_by_event.organization_id,
    array(
      select distinct e.id
        from unnest(event_names, lead_ids) as w (event_name, lead_id)
        join marketing.nurturing_sequences s
          on s.organization_id = enroll_by_event.organization_id and s.goal_event = w.event_name and s.deleted_at is null
        join marketing.nurturing_enrollments e
          on e.organization_id = s.organization_id
         and e.sequence_id = s.id
         and e.lead_id = w.lead_id
         and e.status in ('active', 'paused')
    ),
    'goal', at);
  return (
    select marketing.enroll_in_each(
             enroll_by_event.organization_id, array_agg(s.id), array_agg(w.lead_id), 'event',
             array_agg(s.enroll_event), at)
      from unnest(event_names, lead_ids) as w (event_name, lead_id)
      join marketing.nurturing_sequences s
        on s.organization_id = enroll_by_event.organization_id
       and s.enroll_event = w.event_name
       and s.status = 'active'
       and s.deleted_at is null);
end
$$;

comment on function marketing.enroll_by_event(uuid, text[], uuid[], timestamptz) is
  'What events mean for sequences: the n-th lead did what the n-th event says. Sequences whose goal it is are left, then those '
  'that begin with it are entered. Called for whole statements. Returns how many were enrolled.';
grant execute on function
  marketing.enroll_in_each(uuid, uuid[], uuid[], text, text[], timestamptz),
  marketing.enroll_by_segment(uuid, uuid[], uuid[], timestamptz), marketing.enroll_by_event(uuid, text[], uuid[], timestamptz)
  to callboard_service;
