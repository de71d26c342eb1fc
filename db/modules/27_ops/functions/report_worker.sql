create or replace function ops.report_worker(
  worker_id text,
  host text,
  process_id integer,
  concurrency integer,
  is_stopping boolean default false,
  outcomes jsonb default '[]'
) returns timestamptz
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  alive_since timestamptz;
begin
  update ops.job_workers w
     set seen_at = clock_timestamp(),
         stopping_since = case when is_stopping then coalesce(w.stopping_since, clock_timestamp()) end
   where w.id = worker_id
  returning w.alive_since into alive_since;
  if alive_since is null then
    insert into ops.job_workers as w (id, host, process_id, concurrency, seen_at)
    values (worker_id, report_worker.host, report_worker.process_id, report_worker.concurrency, clock_timestamp())
    on conflict on constraint job_workers_pkey do update set seen_at = excluded.seen_at
    returning w.alive_since into alive_since;
  end if;
  -- In the same order by everybody, so that two never wait for each other.
  insert into ops.job_outcomes as o (counted_at, task, succeeded, failed, busy_ms)
  select date_bin('5 minutes', clock_timestamp(), 'epoch'), r.task, r.succeeded, r.failed, round(r.busy_ms)
    from jsonb_to_recordset(outcomes) r (task text, succeeded integer, failed integer, busy_ms numeric)
   order by r.task
  on conflict on constraint job_outcomes_pkey do update
    set (succeeded, failed, busy_ms)
      = (o.succeeded + excluded.succeeded, o.failed + excluded.failed, o.busy_ms + excluded.busy_ms);
  return alive_since;
end
$$;

comment on function ops.report_worker(text, text, integer, integer, boolean, jsonb) is
  'A worker says that it lives, and how jobs have ended since it last did: outcomes is a list of {task, succeeded, failed, '
  'busy_ms}. Returns since when others take it for alive: what it had begun before that is run by them.';
grant execute on function ops.report_worker(text, text, integer, integer, boolean, jsonb) to callboard_service;

create or replace function ops.unlock_jobs(worker_ids text[], error text) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  unlocked integer;
begin
  update graphile_worker._private_jobs j
     set locked_at = null, locked_by = null, last_error = unlock_jobs.error
   where j.locked_by = any (worker_ids);
  get diagnostics unlocked = row_count;
  update graphile_worker._private_job_queues q
     set locked_at = null, locked_by = null
   where q.locked_by = any (worker_ids);
  if unlocked > 0 then
    -- What tells workers of new jobs tells them of these.
    perform pg_notify('jobs:insert', json_build_object('r', random(), 'count', unlocked)::text);
  end if;
  return unlocked;
end
$$;

comment on function ops.unlock_jobs(text[], text) is
  'Hands what these workers had begun to others. An attempt that ended like this counts: a job that kills whoever runs it '
  'does not do so for ever.';

grant execute on function ops.unlock_jobs(text[], text) to callboard_service;

create or replace function ops.free_dead_workers(silence interval default '30 seconds') returns table (
  worker_id text,
  host text,
  process_id integer,
  jobs integer
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  dead record;
begin
  for dead in
    delete from ops.job_workers w
     where w.id in (
             select s.id
               from ops.job_workers s
              where s.seen_at < clock_timestamp() - silence
                for update skip locked
           )
    returning w.*
  loop
    worker_id := dead.id;
    host := dead.host;
    process_id := dead.process_id;
    jobs := ops.unlock_jobs(array[dead.id], 'The worker that ran it ended without a word, or fell silent.');
    return next;
  end loop;
end
$$;

comment on function ops.free_dead_workers(interval) is
  'Hands what silent workers had begun to others, whose workers call it every few seconds. Returns who was silent, and how '
  'many jobs they held.';
grant execute on function ops.free_dead_workers(interval) to callboard_service;

create or replace function ops.give_back_jobs(worker_id text, job_id bigint default null) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  queue_ids integer[];
  given integer;
begin
  with given_back as (
    update graphile_worker._private_jobs j
       set locked_at = null, locked_by = null,
           attempts = case when coalesce(j.flags ? 'superseded', false) then j.attempts else greatest(j.attempts - 1, 0) end
     where j.locked_by = give_back_jobs.worker_id
       and (give_back_jobs.job_id is null or j.id = give_back_jobs.job_id)
    returning j.job_queue_id
  )
  select count(*), array_agg(g.job_queue_id)
    into given, queue_ids
    from given_back g;
  update graphile_worker._private_job_queues q
     set locked_at = null, locked_by = null
   where q.locked_by = give_back_jobs.worker_id
     and (give_back_jobs.job_id is null or q.id = any (queue_ids));
  if given > 0 then
    perform pg_notify('jobs:insert', json_build_object('r', random(), 'count', given)::text);
  end if;
  if give_back_jobs.job_id is null then
    delete from ops.job_workers w where w.id = give_back_jobs.worker_id;
  end if;
  return given;
end
$$;

comment on function ops.give_back_jobs(text, bigint) is
  'A worker that ends gives back what it has not finished, or one job of it: as if it had never begun. Returns how many '
  'there were.';
grant execute on function ops.give_back_jobs(text, bigint) to callboard_service;
