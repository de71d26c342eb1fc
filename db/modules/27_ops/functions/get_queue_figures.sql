create or replace function ops.require_platform_admin() returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  perform authz.require_user();
  if not authz.is_platform_admin() then
    perform platform.refuse('CB003', 'This is for administrators of the platform.');
  end if;
end
$$;

comment on function ops.require_platform_admin() is 'Refuses everybody else. Errors: UNAUTHENTICATED, FORBIDDEN.';

create or replace function ops.get_queue_figures() returns table (
  task text,
  waiting integer,
  scheduled integer,
  running integer,
  retrying integer,
  dead_letters integer,
  oldest_waiting_at timestamptz,
  succeeded_last_hour integer,
  failed_last_hour integer,
  failure_rate numeric,
  average_ms numeric,
  measured_at timestamptz
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  last_measured constant timestamptz := (select max(f.measured_at) from ops.queue_figures f);
  -- Without workers nobody counts: then it is done here.
  is_fresh constant boolean := coalesce(last_measured > now() - interval '2 minutes', false);
begin
  perform ops.require_platform_admin();
  return query
    with counted as (
      select f.task, f.waiting, f.scheduled, f.running, f.retrying, f.oldest_waiting_at, f.measured_at
        from ops.queue_figures f
       where is_fresh
      union all
      select c.task, c.waiting, c.scheduled, c.running, c.retrying, c.oldest_waiting_at, now()
        from ops.count_queue() c
       where not is_fresh
    ), dead as (
      select l.task, count(*)::integer as letters from ops.dead_letters l where l.status = 'open' group by l.task
    ), ended as (
      select o.task, sum(o.succeeded)::integer as succeeded, sum(o.failed)::integer as failed, sum(o.busy_ms) as busy_ms
        from ops.job_outcomes o
       where o.counted_at > now() - interval '1 hour'
       group by o.task
    )
    select t.task, coalesce(c.waiting, 0), coalesce(c.scheduled, 0), coalesce(c.running, 0), coalesce(c.retrying, 0),
           coalesce(d.letters, 0), c.oldest_waiting_at, coalesce(e.succeeded, 0), coalesce(e.failed, 0),
           round(e.failed / nullif(e.succeeded + e.failed, 0)::numeric, 4),
           round(e.busy_ms / nullif(e.succeeded + e.failed, 0), 1),
           coalesce(c.measured_at, last_measured, now())
      from (select x.task from counted x union select x.task from dead x union select x.task from ended x) t
      left join counted c on c.task = t.task
      left join dead d on d.task = t.task
      left join ended e on e.task = t.task
     order by t.task;
end
$$;

comment on function ops.get_queue_figures() is
  'The job queue by task: waiting jobs could run now, the oldest of them since oldestWaitingAt; scheduled ones are to run '
  'later; retrying ones, among both, have failed before. failureRate is the part of the attempts of the last hour that failed, '
  '0 to 1, null when there were none; averageMs what an attempt took. Counts are as of measuredAt, seldom more than half a '
  'minute ago. For administrators of the platform. Errors: UNAUTHENTICATED, FORBIDDEN. Definer: the queue belongs to nobody''s '
  'organization; these are numbers.';
grant execute on function ops.get_queue_figures() to callboard_member;
