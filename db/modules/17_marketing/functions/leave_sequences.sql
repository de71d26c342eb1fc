create or replace function marketing.end_enrollments(
  organization_id uuid, enrollment_ids uuid[], reason text, at timestamptz default now()
) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  ended uuid[];
begin
  -- In the order of their ids: two that end the same ones wait for each other, not in a ring.
  with live as (
    select e.id
      from marketing.nurturing_enrollments e
     where e.organization_id = end_enrollments.organization_id
       and e.id = any (end_enrollments.enrollment_ids)
       and e.status in ('active', 'paused')
     order by e.id
       for update
  ),
  changed as (
    update marketing.nurturing_enrollments e
       set status = 'exited', exit_reason = end_enrollments.reason, ended_at = greatest(at, e.occurred_at),
           paused_at = null, next_run_at = null
      from live
     where e.organization_id = end_enrollments.organization_id and e.id = live.id
    returning e.id
  )
  select array_agg(c.id) into ended from changed c;
  if ended is not null then
    update marketing.email_queue q
       set status = 'cancelled', reason = 'left the sequence: ' || end_enrollments.reason, updated_at = now()
     where q.organization_id = end_enrollments.organization_id
       and q.enrollment_id = any (ended)
       and q.status in ('queued', 'paused');
  end if;
  return coalesce(cardinality(ended), 0);
end
$$;

comment on function marketing.end_enrollments(uuid, uuid[], text, timestamptz) is
  'Ends enrolments that live, and cancels what of them is still queued. Returns how many there were. For functions that have '
  'checked who asks.';

create or replace function marketing.leave_sequences(organization_id uuid, lead_ids uuid[], reason text) returns integer
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  select marketing.end_enrollments(
           leave_sequences.organization_id,
           array(
             select e.id
               from marketing.nurturing_enrollments e
              where e.organization_id = leave_sequences.organization_id
                and e.lead_id = any (leave_sequences.lead_ids)
                and e.status in ('active', 'paused')
           ),
           case
             when leave_sequences.reason in ('unsubscribed', 'consent_withdrawn', 'hard_bounce', 'complaint', 'converted',
                                             'disqualified', 'replied', 'goal', 'lead_archived')
               then leave_sequences.reason
             else 'suppressed'
           end)
$$;

comment on function marketing.leave_sequences(uuid, uuid[], text) is
  'Has leads leave all sequences that they are in, because they were suppressed, for instance: reason is that of the '
  'suppression. Returns how many enrolments ended. For functions that have checked who asks.';
grant execute on function
  marketing.end_enrollments(uuid, uuid[], text, timestamptz), marketing.leave_sequences(uuid, uuid[], text)
  to callboard_service;

create or replace function marketing.enrollment_to_change(enrollment_id uuid) returns marketing.nurturing_enrollments
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('marketing.write');
  enrollment marketing.nurturing_enrollments;
begin
  select e.*
    into enrollment
    from marketing.nurturing_enrollments e
   where e.organization_id = organization
     and e.id = enrollment_to_change.enrollment_id
     and authz.sees_workspace(e.workspace_id)
     for update;
  if enrollment.id is null then
    perform platform.refuse('CB004', 'There is no such enrolment, or you may not change it.', field => 'enrollment_id');
  elsif enrollment.status in ('completed', 'exited') then
    perform platform.refuse(
      'CB006', 'The enrolment has ended.', field => 'status', hint => format('%s is final.', enrollment.status));
  end if;
  return enrollment;
end
$$;

comment on function marketing.enrollment_to_change(uuid) is
  'An enrolment that lives and that the caller may change, locked, or an error. Errors: CB001, CB003, CB004, CB006.';

create or replace function marketing.pause_enrollment(enrollment_id uuid) returns marketing.nurturing_enrollments
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  enrollment marketing.nurturing_enrollments := marketing.enrollment_to_change(enrollment_id);
begin
  update marketing.nurturing_enrollments e
     set status = 'paused', paused_at = now()
   where e.organization_id = enrollment.organization_id and e.id = enrollment.id and e.status = 'active'
  returning * into enrollment;
  if enrollment.id is null then
    enrollment := marketing.enrollment_to_change(enrollment_id);
  end if;
  return enrollment;
end
$$;

comment on function marketing.pause_enrollment(uuid) is
  'Has a lead wait where it is in a sequence. A mail that is queued already goes out. Needs marketing.write. Errors: '
  'NOT_FOUND_OR_FORBIDDEN, INVALID_TRANSITION for an enrolment that has ended. Definer: enrolments are written by functions '
  'alone.';

create or replace function marketing.resume_enrollment(enrollment_id uuid) returns marketing.nurturing_enrollments
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  enrollment marketing.nurturing_enrollments := marketing.enrollment_to_change(enrollment_id);
begin
  if enrollment.status = 'paused' then
    update marketing.nurturing_enrollments e
       set status = 'active', paused_at = null
     where e.organization_id = enrollment.organization_id and e.id = enrollment.id
    returning * into enrollment;
    perform marketing.wake_sequence(enrollment.organization_id, enrollment.sequence_id, enrollment.next_run_at);
  end if;
  return enrollment;
end
$$;

comment on function marketing.resume_enrollment(uuid) is
  'Has a lead that was paused go on. Time went on meanwhile: what has become due is done now, within the send window. Needs '
  'marketing.write. Errors: NOT_FOUND_OR_FORBIDDEN, INVALID_TRANSITION for an enrolment that has ended. Definer: enrolments '
  'are written by functions alone.';

create or replace function marketing.leave_sequence(enrollment_id uuid) returns marketing.nurturing_enrollments
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  enrollment marketing.nurturing_enrollments := marketing.enrollment_to_change(enrollment_id);
begin
  perform marketing.end_enrollments(enrollment.organization_id, array[enrollment.id], 'manual');
  select e.*
    into enrollment
    from marketing.nurturing_enrollments e
   where e.organization_id = enrollment.organization_id and e.id = enrollment.id;
  return enrollment;
end
$$;

comment on function marketing.leave_sequence(uuid) is
  'Has a lead leave a sequence, with the reason manual; a mail of it that is still queued is cancelled. Needs marketing.write. '
  'Errors: NOT_FOUND_OR_FORBIDDEN, INVALID_TRANSITION for an enrolment that has ended. Definer: enrolments are written by '
  'functions alone.';
grant execute on function
  marketing.pause_enrollment(uuid), marketing.resume_enrollment(uuid), marketing.leave_sequence(uuid)
  to callboard_member, callboard_service;
