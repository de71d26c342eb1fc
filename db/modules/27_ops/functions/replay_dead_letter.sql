create or replace function ops.hold_dead_letter(row_id uuid) returns ops.dead_letters
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  letter ops.dead_letters;
  writes constant uuid := authz.allowed('ops.write');
begin
  if writes is null and not authz.is_platform_admin() then
    perform authz.require('ops.write');
  end if;
  -- Not the row itself: a new job with its key may be about to settle it, and the replay waits for that job.
  perform pg_advisory_xact_lock(hashtextextended('ops.dead_letter:' || row_id, 0));
  select d.* into letter
    from ops.dead_letters d
   where d.id = row_id
     and (d.organization_id = writes or authz.is_platform_admin());
  if not found then
    perform platform.refuse('CB004', 'There is no such dead letter.', field => 'row_id');
  end if;
  return letter;
end
$$;

comment on function ops.hold_dead_letter(uuid) is
  'A dead letter that the caller may settle, while nobody else does. Errors: UNAUTHENTICATED, FORBIDDEN, '
  'NOT_FOUND_OR_FORBIDDEN.';

create or replace function ops.settle_dead_letter(row_id uuid, status text) returns ops.dead_letters
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  settled ops.dead_letters;
begin
  update ops.dead_letters d
     set status = settle_dead_letter.status, resolved_at = clock_timestamp(), resolved_by = authz.actor_id()
   where d.id = row_id
  returning d.* into settled;
  if settled.organization_id is not null then
    insert into security.audit_logs
      (organization_id, actor_id, api_key_id, request_id, entity_type, entity_id, action, before, after)
    values (settled.organization_id, authz.actor_id(), authz.api_key_id(), authz.request_id(), 'ops.dead_letters', settled.id,
            'update', '{"status": "open"}', jsonb_build_object('status', settled.status, 'task', settled.task));
  end if;
  return settled;
end
$$;

comment on function ops.settle_dead_letter(uuid, text) is
  'Says what became of a dead letter, and who saw to it, also in the audit log of its organization.';

create or replace function ops.replay_dead_letter(row_id uuid) returns ops.dead_letters
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  letter ops.dead_letters := ops.hold_dead_letter(row_id);
  kept ops.dead_letter_payloads;
  job graphile_worker._private_jobs;
begin
  if letter.status <> 'open' then
    return letter;
  end if;
  select p.* into kept from ops.dead_letter_payloads p where p.dead_letter_id = letter.id;
  job := graphile_worker.add_job(
           identifier => letter.task, payload => kept.payload::json, queue_name => letter.queue_name,
           max_attempts => letter.max_attempts, job_key => kept.job_key, priority => kept.priority,
           flags => nullif(kept.flags, '{}'), job_key_mode => 'unsafe_dedupe');
  if job.revision > 0 then
    -- One with this key was there already, and is newer: it does the work.
    update ops.dead_letters d
       set status = 'superseded', resolved_at = clock_timestamp()
     where d.id = letter.id and d.status = 'open';
    select d.* into letter from ops.dead_letters d where d.id = letter.id;
    return letter;
  end if;
  return ops.settle_dead_letter(letter.id, 'replayed');
end
$$;

comment on function ops.replay_dead_letter(uuid) is
  'Puts a dead letter back into the queue, with all its attempts. Of two who do it at once one does; a letter that is not open '
  'any more is returned as it is. When a newer job with the same key waits or runs, nothing is added and the letter is '
  'superseded. Permission: ops.write in its organization, or administrators of the platform. Errors: UNAUTHENTICATED, '
  'FORBIDDEN, NOT_FOUND_OR_FORBIDDEN. Definer: the queue and what payloads hold are internal.';
grant execute on function ops.replay_dead_letter(uuid) to callboard_member;

create or replace function ops.discard_dead_letter(row_id uuid) returns ops.dead_letters
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  letter constant ops.dead_letters := ops.hold_dead_letter(row_id);
begin
  if letter.status <> 'open' then
    return letter;
  end if;
  return ops.settle_dead_letter(letter.id, 'discarded');
end
$$;

comment on function ops.discard_dead_letter(uuid) is
  'Says of a dead letter that nothing is to be done about it. A letter that is not open any more is returned as it is. '
  'Permission: ops.write in its organization, or administrators of the platform. Errors: UNAUTHENTICATED, FORBIDDEN, '
  'NOT_FOUND_OR_FORBIDDEN. Definer: dead letters are written by functions only.';
grant execute on function ops.discard_dead_letter(uuid) to callboard_member;

create or replace function ops.replay_dead_letters(task text, at_most integer default 100) returns setof ops.dead_letters
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  writes constant uuid := authz.allowed('ops.write');
  everything constant boolean := authz.is_platform_admin();
  letter record;
begin
  if writes is null and not everything then
    perform authz.require('ops.write');
  end if;
  if at_most is null or at_most not between 1 and 1000 then
    perform platform.refuse('CB002', 'At most 1 to 1000 at a time.', field => 'at_most');
  end if;
  for letter in
    select d.id
      from ops.dead_letters d
     where d.status = 'open'
       and d.task = replay_dead_letters.task
       and (everything or d.organization_id = writes)
     order by d.id
     limit at_most
  loop
    return next ops.replay_dead_letter(letter.id);
  end loop;
end
$$;

comment on function ops.replay_dead_letters(text, integer) is
  'Replays the open dead letters of a task, the oldest first, as when what they all failed for is repaired: those of the '
  'active organization, or all for administrators of the platform. Returns them. Permission: ops.write. Errors: '
  'UNAUTHENTICATED, FORBIDDEN, INVALID_INPUT. Definer: as replayDeadLetter.';
grant execute on function ops.replay_dead_letters(text, integer) to callboard_member;
