create or replace function marketing.check_nurturing_sequence_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  wrong record;
begin
  if tg_op = 'INSERT' and new.status <> 'draft' then
    perform platform.refuse('CB006', 'A sequence begins as a draft.', field => 'status', hint => 'draft');
  end if;
  if new.goal_condition is not null and (tg_op = 'INSERT' or new.goal_condition is distinct from old.goal_condition) then
    wrong := marketing.condition_problem(new.goal_condition, 'goal_condition');
    if wrong.problem is not null then
      perform platform.refuse(
        'CB002', format('Part of a condition is wrong: %s %s.', wrong.field, wrong.problem), field => wrong.field);
    end if;
  end if;
  if tg_op = 'UPDATE' and new.status = 'active' and old.status <> 'active' then
    perform marketing.check_nurturing_graph(new.organization_id, new.id);
    new.activated_at := now();
  end if;
  return new;
end
$$;

comment on function marketing.check_nurturing_sequence_trigger() is
  'A sequence begins as a draft, becomes active only with steps that make a whole, and has a goal that can be evaluated.';

create or replace function marketing.follow_nurturing_sequence_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if new.deleted_at is not null or new.status = 'archived' then
    perform marketing.end_enrollments(
              new.organization_id,
              array(
                select e.id
                  from marketing.nurturing_enrollments e
                 where e.organization_id = new.organization_id
                   and e.sequence_id = new.id
                   and e.status in ('active', 'paused')
              ),
              'sequence_archived');
  elsif new.status = 'active' then
    perform marketing.wake_sequence(new.organization_id, new.id, now());
  end if;
  return null;
end
$$;

comment on function marketing.follow_nurturing_sequence_trigger() is
  'When a sequence is active again, what has become due meanwhile is done; when it is archived, everybody leaves. Definer: '
  'enrolments are written by functions alone.';

create or replace function marketing.set_nurturing_status(sequence_id uuid, status text) returns marketing.nurturing_sequences
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('marketing.write');
  changed marketing.nurturing_sequences;
begin
  update marketing.nurturing_sequences s
     set status = set_nurturing_status.status
   where s.organization_id = organization and s.id = set_nurturing_status.sequence_id and s.deleted_at is null
  returning * into changed;
  if changed.id is null then
    perform platform.refuse('CB004', 'There is no such sequence, or you may not change it.', field => 'sequence_id');
  end if;
  return changed;
end
$$;

comment on function marketing.set_nurturing_status(uuid, text) is
  E'@behavior -*\nGives a sequence of the active organization a status. Errors: CB003, CB004, CB006, and those of the graph.';
grant execute on function marketing.set_nurturing_status(uuid, text) to callboard_member, callboard_service;

create or replace function marketing.activate_nurturing_sequence(sequence_id uuid) returns marketing.nurturing_sequences
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  select * from marketing.set_nurturing_status(sequence_id, 'active')
$$;

comment on function marketing.activate_nurturing_sequence(uuid) is
  'Starts a sequence, or goes on with a paused one: what has become due meanwhile is done now, within the send windows. Needs '
  'marketing.write. Errors: NOT_FOUND_OR_FORBIDDEN, INVALID_TRANSITION for an archived one, INVALID_INPUT and '
  'DEPENDENCY_CYCLE for steps that do not make a sequence.';

create or replace function marketing.pause_nurturing_sequence(sequence_id uuid) returns marketing.nurturing_sequences
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  select * from marketing.set_nurturing_status(sequence_id, 'paused')
$$;

comment on function marketing.pause_nurturing_sequence(uuid) is
  'Pauses a sequence: nothing of it becomes due until it is activated again, and nobody is enrolled. Mails that are queued '
  'already go out. Needs marketing.write. Errors: NOT_FOUND_OR_FORBIDDEN, INVALID_TRANSITION unless it is active or paused.';

create or replace function marketing.archive_nurturing_sequence(sequence_id uuid) returns marketing.nurturing_sequences
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  select * from marketing.set_nurturing_status(sequence_id, 'archived')
$$;

comment on function marketing.archive_nurturing_sequence(uuid) is
  'Ends a sequence for good; its figures stay. Everybody who is in it leaves, with the reason sequence_archived, and mails of '
  'it that are still queued are cancelled. Needs marketing.write. Errors: NOT_FOUND_OR_FORBIDDEN.';
grant execute on function
  marketing.activate_nurturing_sequence(uuid), marketing.pause_nurturing_sequence(uuid),
  marketing.archive_nurturing_sequence(uuid)
  to callboard_member, callboard_service;
