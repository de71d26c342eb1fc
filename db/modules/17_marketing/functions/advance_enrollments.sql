create or replace function marketing.living_step(organization_id uuid, step_id uuid) returns uuid
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  step record;
  wanted uuid := step_id;
  passed uuid[] := array[]::uuid[];
begin
  loop
    exit when wanted is null or wanted = any (passed);
    select s.next_step_id, s.deleted_at
      into step
      from marketing.nurturing_steps s
     where s.organization_id = living_step.organization_id and s.id = wanted;
    if step.deleted_at is null then
      return wanted;
    end if;
    passed := passed || wanted;
    wanted := step.next_step_id;
  end loop;
  return null;
end
$$;

comment on function marketing.living_step(uuid, uuid) is
  'A step, or if it was taken out the first after it that was not; null: there is none.';

create or replace function marketing.advance_enrollments(
  organization_id uuid,
  sequence_id uuid,
  at timestamptz default now(),
  at_most integer default 1000
) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  sequence marketing.nurturing_sequences;
  house_zone text;
  claimed uuid[];
  has_segments boolean;
  memberships jsonb;
  needs_consent constant boolean := coalesce(
    (tenancy.setting(advance_enrollments.organization_id, 'marketing') ->> 'requireConsent')::boolean, false);
begin
  -- Locked, so that nothing is sent any more once a pause has been committed.
  select s.*
    into sequence
    from marketing.nurturing_sequences s
   where s.organization_id = advance_enrollments.organization_id
     and s.id = advance_enrollments.sequence_id
     and s.status = 'active'
     and s.deleted_at is null
     for share;
  if sequence.id is null then
    return 0;
  end if;
  select o.time_zone into house_zone from tenancy.organizations o where o.id = sequence.organization_id;

  select array_agg(d.id)
    into claimed
    from (
      select e.id
        from marketing.nurturing_enrollments e
       where e.organization_id = sequence.organization_id
         and e.sequence_id = sequence.id
         and e.status = 'active'
         and e.next_run_at <= at
       order by e.next_run_at
       limit at_most
         for update skip locked
    ) d;
  if claimed is null then
    return 0;
  end if;

  select coalesce(sequence.goal_condition::text, '') like '%"segment"%'
         or bool_or(coalesce(s.condition::text, '') like '%"segment"%')
    into has_segments
    from marketing.nurturing_steps s
   where s.organization_id = sequence.organization_id and s.sequence_id = sequence.id and s.deleted_at is null;

  if has_segments then
    select jsonb_object_agg(m.lead_id, m.segment_ids)
      into memberships
      from marketing.segments_of_leads(
             sequence.organization_id,
             array(
               select e.lead_id
                 from marketing.nurturing_enrollments e
                where e.organization_id = sequence.organization_id and e.id = any (claimed))) m;
  end if;

  -- Each part is worked out once: what would be folded into the next would be worked out there again.
  with due as materialized (
    select e.id, e.lead_id, e.step_id, e.phase, e.round, coalesce(l.time_zone, house_zone) as zone,
           s.position, s.deleted_at is not null as is_gone, s.condition, s.template_id, s.variables, s.ab_test_id,
           s.branch_on, s.branch_wait, s.next_step_id, s.branch_step_id, s.otherwise_step_id, s.send_days, s.send_from,
           s.send_until, l.status as lead_status,
           case
             when l.deleted_at is not null then 'lead_archived'
             when l.email_consent = 'withdrawn' then 'consent_withdrawn'
             when b.reason in ('unsubscribed', 'hard_bounce', 'complaint', 'consent_withdrawn') then b.reason
             when b.reason is not null then 'suppressed'
             when needs_consent and l.email_consent <> 'granted' then 'no_consent'
           end as barred_by,
           -- So long a mail of the step waits; what never ends by itself bars it for good.
           (select x.expires_at
              from marketing.email_suppressions x
             where x.organization_id = sequence.organization_id
               and x.email = l.email
               and x.reason = 'soft_bounce'
               and x.lifted_at is null
               and x.expires_at > at) as held_until,
           case when s.condition is not null or sequence.goal_condition is not null then
             marketing.lead_facts((select f from crm.leads f where f.organization_id = sequence.organization_id and f.id = l.id))
           end as facts,
           case
             when memberships is not null then
               array(select jsonb_array_elements_text(memberships -> e.lead_id::text))::uuid[]
           end as segment_ids
      from marketing.nurturing_enrollments e
     -- by their keys, one after the other, whatever is known of the sizes of the tables
     cross join lateral (
             select l.* from crm.leads l where l.organization_id = sequence.organization_id and l.id = e.lead_id offset 0
           ) l
     cross join lateral (
             select s.*
               from marketing.nurturing_steps s
              where s.organization_id = sequence.organization_id and s.id = e.step_id
             offset 0
           ) s
      left join lateral (
             select x.reason
               from marketing.email_suppressions x
              where x.organization_id = sequence.organization_id
                and x.email = l.email
                and x.lifted_at is null
                and (x.reason <> 'soft_bounce' or x.expires_at is null)
              order by x.created_at, x.id
              limit 1
           ) b on true
     where e.organization_id = sequence.organization_id and e.id = any (claimed)
  ),
  known as materialized (
    select d.*,
           coalesce(
             d.barred_by,
             case
               when d.lead_status = 'converted' and 'converted' = any (sequence.exit_on) then 'converted'
               when d.lead_status in ('unqualified', 'lost') and 'disqualified' = any (sequence.exit_on) then 'disqualified'
               when sequence.goal_condition is not null
                    and marketing.condition_applies(sequence.goal_condition, d.facts, d.segment_ids, at) then 'goal'
             end) as reason
      from due d
  ),
  looked_at as materialized (
    select k.*,
           case
             when k.reason is not null then 'exit'
             when k.phase = 'branch' then
               case
                 when exists (
                        select
                          from (
                            select q.id, q.step_id, q.step_round
                              from marketing.email_queue q
                             where q.organization_id = sequence.organization_id and q.enrollment_id = k.id
                            offset 0
                          ) q
                         where q.step_id = k.step_id
                           and q.step_round = k.round
                           and exists (
                                 select
                                   from marketing.email_interactions i
                                  where i.organization_id = sequence.organization_id
                                    and i.queued_email_id = q.id
                                    and not i.is_machine
                                    and marketing.is_sign_of(k.branch_on, i.kind)
                               )
                      ) then 'branch'
                 else 'next'
               end
             when k.is_gone then 'next'
             when not marketing.is_in_window(at at time zone k.zone, k.send_days, k.send_from, k.send_until) then 'wait'
             when k.condition is null or marketing.condition_applies(k.condition, k.facts, k.segment_ids, at) then
               case when k.held_until is null then 'send' else 'hold' end
             else 'otherwise'
           end as verdict
      from known k
  ),
  variants as materialized (
    select a.ab_test_id, a.unit, a.variant_id
      from (
        select array_agg(j.ab_test_id) as tests, array_agg(j.lead_id::text) as units
          from looked_at j
         where j.verdict = 'send' and j.ab_test_id is not null
      ) w
     cross join lateral marketing.assign_ab_variants(sequence.organization_id, w.tests, w.units, at, true) a
     where w.tests is not null
  ),
  mails as (
    insert into marketing.email_queue
      (organization_id, lead_id, template_id, send_after, variables, purpose, enrollment_id, step_id, step_round)
    select sequence.organization_id, j.lead_id, coalesce(v.template_id, j.template_id), at, j.variables, 'marketing',
           j.id, j.step_id, j.round
      from looked_at j
      left join variants a on a.ab_test_id = j.ab_test_id and a.unit = j.lead_id::text
      left join marketing.ab_test_variants v on v.organization_id = sequence.organization_id and v.id = a.variant_id
     where j.verdict = 'send'
        on conflict on constraint email_queue_once_a_step do nothing
  ),
  targets as materialized (
    select w.id as wanted_id, t.*
      from (
        select s.id,
               case
                 when s.deleted_at is null then s.id else marketing.living_step(sequence.organization_id, s.id)
               end as living_id
          from marketing.nurturing_steps s
         where s.organization_id = sequence.organization_id and s.sequence_id = sequence.id
        offset 0
      ) w
      join marketing.nurturing_steps t on t.organization_id = sequence.organization_id and t.id = w.living_id
  ),
  led_on as materialized (
    select j.*, t.id as target_id, t.position as target_position,
           case
             when j.verdict = 'wait' then marketing.next_window(at, j.zone, j.send_days, j.send_from, j.send_until)
             when j.verdict = 'hold' then
               marketing.next_window(j.held_until, j.zone, j.send_days, j.send_from, j.send_until)
             when j.verdict = 'send' and j.branch_on is not null then
               marketing.after_delay(at, j.zone, j.branch_wait, false)
             when t.id is not null then
               marketing.next_window(
                 marketing.after_delay(at, j.zone, t.delay, t.counts_working_days), j.zone,
                 t.send_days, t.send_from, t.send_until)
           end as next_at
      from (
        select j.*,
               case j.verdict
                 when 'send' then case when j.branch_on is null then j.next_step_id end
                 when 'otherwise' then coalesce(j.otherwise_step_id, j.next_step_id)
                 when 'branch' then j.branch_step_id
                 when 'next' then j.next_step_id
               end as wanted_id
          from looked_at j
        offset 0
      ) j
      left join targets t on t.wanted_id = j.wanted_id
  )
  update marketing.nurturing_enrollments e
     set status = case
           when j.reason is not null then 'exited' when j.next_at is not null then 'active' else 'completed' end,
         exit_reason = j.reason,
         ended_at = case when j.next_at is null then at end,
         step_id = coalesce(j.target_id, j.step_id),
         phase = case when j.verdict = 'send' and j.branch_on is not null then 'branch' else 'send' end,
         round = j.round + case when (j.target_position, j.target_id) <= (j.position, j.step_id) then 1 else 0 end,
         steps_taken = e.steps_taken + case when j.verdict in ('send', 'otherwise') then 1 else 0 end,
         next_run_at = j.next_at
    from led_on j
   where e.organization_id = sequence.organization_id and e.id = j.id;

  update marketing.email_queue q
     set status = 'cancelled', reason = 'left the sequence: ' || e.exit_reason, updated_at = now()
    from marketing.nurturing_enrollments e
   where e.organization_id = sequence.organization_id
     and e.id = any (claimed)
     and e.status = 'exited'
     and q.organization_id = e.organization_id
     and q.enrollment_id = e.id
     and q.status in ('queued', 'paused');
  return cardinality(claimed);
end
$$;

comment on function marketing.advance_enrollments(uuid, uuid, timestamptz, integer) is
  'Takes the next step of enrolments of a sequence that are due: claims them (those that somebody else has are left to them), '
  'looks whether the lead may still be written to, evaluates the condition, queues the mail and says what is due next, all in '
  'one transaction. A mail to an address that a soft bounce bars for some days is due when they are over. Returns how many there were, at most at_most; 0: nothing is due. Dying half-way changes nothing, and a '
  'mail that is queued already is not queued again.';
grant execute on function marketing.living_step(uuid, uuid) to callboard_member, callboard_service;
grant execute on function marketing.advance_enrollments(uuid, uuid, timestamptz, integer) to callboard_service;
