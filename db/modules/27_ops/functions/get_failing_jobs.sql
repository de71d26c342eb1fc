create or replace function ops.get_failing_jobs() returns table (
  job_id bigint,
  task text,
  attempts integer,
  max_attempts integer,
  error text,
  next_run_at timestamptz,
  is_running boolean,
  queued_at timestamptz,
  request_id text,
  payload jsonb
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
rows 100
as $$
declare
  most constant integer := 500;
  everything constant boolean := authz.is_platform_admin();
  asking constant text := (case when not everything then authz.require('ops.read') end)::text;
  shown bigint[];
begin
  -- Two statements, so that each has the index that it needs.
  if everything then
    shown := array(
      select j.id from graphile_worker._private_jobs j where j.last_error is not null order by j.id desc limit most);
  else
    shown := array(
      select j.id
        from graphile_worker._private_jobs j
       where j.last_error is not null and ops.organization_of(j.payload) = asking
       order by j.id desc
       limit most);
  end if;
  return query
    select j.id, t.identifier, j.attempts::integer, j.max_attempts::integer, ops.safe_error(j.last_error),
           case when j.locked_at is null then j.run_at end, j.locked_at is not null, j.created_at,
           left(j.payload ->> 'request_id', 200), ops.safe_payload(j.payload::jsonb)
      from graphile_worker._private_jobs j
      join graphile_worker._private_tasks t on t.id = j.task_id
     where j.id = any (shown)
     order by j.run_at, j.id;
end
$$;

comment on function ops.get_failing_jobs() is
  'Jobs that have failed and are tried again: those of the active organization, or all for administrators of the platform; of '
  'more than 500 the newest, the next to run first. nextRunAt is null while it runs. error and payload are without '
  'addresses and secrets. Those that failed for good are deadLetters. Permission: ops.read. Errors: UNAUTHENTICATED, '
  'FORBIDDEN. Definer: the queue is internal; the first statement says whose jobs are shown.';
grant execute on function ops.get_failing_jobs() to callboard_member;
