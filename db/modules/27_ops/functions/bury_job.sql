create or replace function ops.bury_job(job_id bigint, error text default null) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  job record;
  buried_id uuid;
begin
  delete from graphile_worker._private_jobs j
   where j.id = bury_job.job_id
  returning j.*, (select t.identifier from graphile_worker._private_tasks t where t.id = j.task_id) as task,
            (select q.queue_name from graphile_worker._private_job_queues q where q.id = j.job_queue_id) as queue_name,
            ops.organization_of(j.payload) as named_organization
    into job;
  -- What a newer job has taken the place of is missed by nobody.
  if not found or coalesce(job.flags ? 'superseded', false) then
    return;
  end if;
  insert into ops.dead_letters
    (organization_id, task, payload, error, attempts, max_attempts, queue_name, request_id, queued_at, failed_at)
  values (
    -- A payload may name anything, also what is gone.
    (select o.id from tenancy.organizations o where o.id::text = lower(job.named_organization)),
    job.task, ops.safe_payload(job.payload::jsonb),
    coalesce(nullif(ops.safe_error(coalesce(bury_job.error, job.last_error)), ''), 'No error was told.'),
    job.attempts, job.max_attempts, job.queue_name, left(job.payload ->> 'request_id', 200), job.created_at, clock_timestamp())
  returning id into buried_id;
  insert into ops.dead_letter_payloads (dead_letter_id, job_id, payload, job_key, priority, flags)
  values (buried_id, job.id, job.payload::jsonb, job.key, job.priority,
          array(select f.key from jsonb_each(coalesce(job.flags, '{}')) f where f.value = 'true'));
end
$$;

comment on function ops.bury_job(bigint, text) is
  'Takes a job that failed for good out of the queue and makes it a dead letter.';

grant execute on function ops.bury_job(bigint, text) to callboard_service;

create or replace function ops.bury_job_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform ops.bury_job(new.id);
  return null;
end
$$;

comment on function ops.bury_job_trigger() is
  'A job that is out of attempts when it is put back becomes a dead letter, in the transaction that puts it back. Definer: '
  'whoever works on the queue need not know of dead letters.';

create or replace function ops.note_superseded_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  new.flags := coalesce(new.flags, '{}') || '{"superseded": true}';
  return new;
end
$$;

comment on function ops.note_superseded_trigger() is
  'Remembers of a job that is running that a newer one with its key has come, or that it was removed: when it fails, nobody '
  'has to do anything about it.';

create or replace function ops.supersede_dead_letters_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update ops.dead_letters d
     set status = 'superseded', resolved_at = clock_timestamp()
    from ops.dead_letter_payloads p
   where p.job_key = new.key and d.id = p.dead_letter_id and d.status = 'open';
  return null;
end
$$;

comment on function ops.supersede_dead_letters_trigger() is
  'A new job does the work of dead letters with its key. Definer: whoever adds jobs need not know of dead letters.';

create or replace function ops.give_up_job(job_id bigint, worker_id text, error text) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  queue_id integer;
begin
  select j.job_queue_id
    into queue_id
    from graphile_worker._private_jobs j
   where j.id = give_up_job.job_id and j.locked_by = give_up_job.worker_id
     for update;
  if not found then
    return false;
  end if;
  perform ops.bury_job(job_id, error);
  update graphile_worker._private_job_queues q
     set locked_at = null, locked_by = null
   where q.id = queue_id and q.locked_by = give_up_job.worker_id;
  return true;
end
$$;

comment on function ops.give_up_job(bigint, text, text) is
  'Makes a dead letter of a job that the worker runs and that would fail the same way each time, whatever attempts it has '
  'left. False when the worker does not hold it any more.';
grant execute on function ops.give_up_job(bigint, text, text) to callboard_service;
