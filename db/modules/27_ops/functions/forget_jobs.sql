create or replace function ops.forget_jobs(at_most integer default 1000) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  forgotten integer;
  counts integer;
begin
  delete from ops.dead_letters d
   where d.id in (
           select l.id
             from ops.dead_letters l
            where l.failed_at < now() - interval '30 days'
              and (l.resolved_at < now() - interval '30 days'
                   or l.resolved_at is null and l.failed_at < now() - interval '180 days')
            order by l.failed_at
            limit at_most
         );
  get diagnostics forgotten = row_count;
  delete from ops.job_outcomes o
   where (o.counted_at, o.task) in (
           select e.counted_at, e.task
             from ops.job_outcomes e
            where e.counted_at < now() - interval '7 days'
            order by e.counted_at
            limit at_most
         );
  get diagnostics counts = row_count;
  return forgotten + counts;
end
$$;

comment on function ops.forget_jobs(integer) is
  'Deletes dead letters that were settled 30 days ago or that nobody has settled in 180, and counts of jobs after seven '
  'days. Returns how many rows, 0 when nothing is left to forget.';
grant execute on function ops.forget_jobs(integer) to callboard_service;
