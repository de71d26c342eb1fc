create or replace function marketing.is_sign_of(branch_on text, kind text) returns boolean
language sql immutable parallel safe
return case branch_on when 'opened' then kind in ('opened', 'clicked', 'replied') else kind = branch_on end;

comment on function marketing.is_sign_of(text, text) is
  'Whether what somebody did with a mail shows what a step waits for: whoever follows a link or replies has opened it.';
grant execute on function marketing.is_sign_of(text, text) to callboard_service;

create or replace function marketing.follow_interactions_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  done record;
  sequence_ids uuid[];
begin
  for done in
    select q.organization_id,
           array_agg(e.id) filter (where n.kind = 'replied' and 'replied' = any (s.exit_on)) as leaving,
           array_agg(e.id)
             filter (where e.phase = 'branch' and e.step_id = q.step_id and e.round = q.step_round
                       and marketing.is_sign_of(t.branch_on, n.kind)) as going_on,
           array_agg(t.ab_test_id) filter (where t.ab_test_id is not null) as tests,
           -- Who got the mail may have become one with another lead since, and the variant that lead's.
           array_agg(coalesce(a.unit, e.lead_id::text)) filter (where t.ab_test_id is not null) as units,
           array_agg(n.kind) filter (where t.ab_test_id is not null) as goals,
           array_agg(n.occurred_at) filter (where t.ab_test_id is not null) as moments
      from new_rows n
     cross join lateral (
             select q.organization_id, q.lead_id, q.enrollment_id, q.step_id, q.step_round
               from marketing.email_queue q
              where q.organization_id = n.organization_id and q.id = n.queued_email_id and q.enrollment_id is not null
             offset 0
           ) q
      join marketing.nurturing_enrollments e on e.organization_id = q.organization_id and e.id = q.enrollment_id
      join marketing.nurturing_sequences s on s.organization_id = e.organization_id and s.id = e.sequence_id
      join marketing.nurturing_steps t on t.organization_id = q.organization_id and t.id = q.step_id
      left join lateral (
             select a.unit
               from marketing.ab_test_assignments a
              where a.organization_id = q.organization_id and a.ab_test_id = t.ab_test_id and a.unit = q.lead_id::text
             offset 0
           ) a on true
     where n.kind in ('opened', 'clicked', 'replied') and not n.is_machine
     group by q.organization_id
  loop
    if done.tests is not null then
      perform marketing.record_ab_conversions(
                done.organization_id, done.tests, done.units, done.goals, done.moments);
    end if;
    if done.leaving is not null then
      perform marketing.end_enrollments(done.organization_id, done.leaving, 'replied');
    end if;
    if done.going_on is not null then
      with waiting as (
        select e.id
          from marketing.nurturing_enrollments e
         where e.organization_id = done.organization_id
           and e.id = any (done.going_on)
           and e.status in ('active', 'paused')
           and e.phase = 'branch'
         order by e.id
           for update
      ),
      moved as (
        update marketing.nurturing_enrollments e
           set next_run_at = least(e.next_run_at, now())
          from waiting w
         where e.organization_id = done.organization_id and e.id = w.id
        returning e.sequence_id
      )
      select array_agg(distinct m.sequence_id order by m.sequence_id) into sequence_ids from moved m;
      perform marketing.wake_sequence(done.organization_id, w.sequence_id, now())
         from unnest(sequence_ids) as w (sequence_id);
    end if;
  end loop;
  return null;
end
$$;

comment on function marketing.follow_interactions_trigger() is
  'What a person does with a mail of a sequence: whoever replied leaves, where the sequence says so; whoever did what the step '
  'waits for goes on at once; and it counts in the A/B test of the step. Definer: enrolments and conversions are written by '
  'functions alone.';
