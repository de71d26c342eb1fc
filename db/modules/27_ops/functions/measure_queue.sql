create or replace function ops.count_queue() returns table (
  task text,
  waiting integer,
  scheduled integer,
  running integer,
  retrying integer,
  oldest_waiting_at timestamptz
)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select t.identifier, coalesce(c.waiting, 0)::integer, coalesce(c.scheduled, 0)::integer, coalesce(c.running, 0)::integer,
         coalesce(c.retrying, 0)::integer, c.oldest_waiting_at
    from graphile_worker._private_tasks t
    left join (
           select j.task_id,
                  count(*) filter (where j.is_available and j.run_at <= now()) as waiting,
                  count(*) filter (where j.is_available and j.run_at > now()) as scheduled,
                  count(*) filter (where j.locked_at is not null) as running,
                  count(*) filter (where j.is_available and j.last_error is not null) as retrying,
                  min(j.run_at) filter (where j.is_available and j.run_at <= now()) as oldest_waiting_at
             from graphile_worker._private_jobs j
            group by j.task_id
         ) c on c.task_id = t.id
$$;

comment on function ops.count_queue() is
  'The queue by task as it is: waiting could run now, scheduled are to run later, retrying are those of both that have failed '
  'before. Reads the whole queue.';

grant execute on function ops.count_queue() to callboard_service;

create or replace function ops.measure_queue(age interval default '10 seconds') returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  -- Counting may take so much of the time.
  share constant numeric := 0.02;
  began constant timestamptz := clock_timestamp();
begin
  if not pg_try_advisory_xact_lock(5678051) then
    return false;
  end if;
  if exists (
    select from ops.queue_figures f where f.measured_at > began - greatest(age, f.measuring_took / share)
  ) then
    return false;
  end if;
  with counted as materialized (
    select c.* from ops.count_queue() c
  ), gone as (
    delete from ops.queue_figures f where f.task not in (select c.task from counted c)
  )
  insert into ops.queue_figures as f
    (task, waiting, scheduled, running, retrying, oldest_waiting_at, measured_at, measuring_took)
  select c.task, c.waiting, c.scheduled, c.running, c.retrying, c.oldest_waiting_at, clock_timestamp(), clock_timestamp() - began
    from counted c
  on conflict on constraint queue_figures_pkey do update
    set (waiting, scheduled, running, retrying, oldest_waiting_at, measured_at, measuring_took)
      = (excluded.waiting, excluded.scheduled, excluded.running, excluded.retrying, excluded.oldest_waiting_at,
         excluded.measured_at, excluded.measuring_took);
  return true;
end
$$;

comment on function ops.measure_queue(interval) is
  'Counts the queue into ops.queue_figures, unless it was counted a short while ago, or somebody is at it. Counting takes two '
  'percent of the time at most: half a second is spent on a million jobs every 25.';
grant execute on function ops.measure_queue(interval) to callboard_service;

create or replace function ops.queue_metrics() returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform ops.measure_queue();
  return jsonb_build_object(
    'measuredAt', (select extract(epoch from max(f.measured_at)) from ops.queue_figures f),
    'workers', (
      select count(*) from ops.job_workers w where w.seen_at > clock_timestamp() - interval '30 seconds'
    ),
    'tasks', (
      select coalesce(
               jsonb_agg(
                 jsonb_build_object(
                   'task', f.task, 'waiting', f.waiting, 'scheduled', f.scheduled, 'running', f.running,
                   'retrying', f.retrying, 'oldestWaitingSeconds',
                   coalesce(extract(epoch from clock_timestamp() - f.oldest_waiting_at), 0))
                 order by f.task),
               '[]')
        from ops.queue_figures f
    ),
    'deadLetters', (
      select coalesce(jsonb_object_agg(d.task, d.count), '{}')
        from (select l.task, count(*) from ops.dead_letters l where l.status = 'open' group by l.task) d
    ));
end
$$;

comment on function ops.queue_metrics() is
  'The queue for /metrics: counted a short while ago. Definer: the server''s login may read nothing before it enters; these '
  'are numbers by task, and nobody else may call it.';
grant execute on function ops.queue_metrics() to callboard_authenticator, callboard_service;
