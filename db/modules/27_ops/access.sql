grant usage on schema ops to callboard_anonymous, callboard_authenticator, callboard_member, callboard_service;

select authz.define_permission('ops.read', 'See jobs that fail, and why.', '{owner,admin}');
select authz.define_permission('ops.write', 'Replay and discard jobs that failed for good.', '{owner,admin}');

-- A letter of the platform itself belongs to no organization, so it is no row of a tenant.
call platform.protect('ops.dead_letters', 'custom');
create policy tenant_or_administrator_read on ops.dead_letters for select to callboard_member
  using (organization_id = (select authz.allowed('ops.read')) or (select authz.is_platform_admin()));
grant select on ops.dead_letters to callboard_member;
call platform.protect('ops.dead_letter_payloads', 'internal');

call platform.protect('ops.job_workers', 'custom');
create policy administrator_read on ops.job_workers for select to callboard_member
  using ((select authz.is_platform_admin()));
grant select on ops.job_workers to callboard_member;
call platform.protect('ops.job_outcomes', 'internal');
call platform.protect('ops.queue_figures', 'internal');

-- The queue is graphile-worker's, and its tables are its own business: what is added here needs no more of them than the
-- columns that a job has, and costs nothing while jobs go well. That of functions that add jobs fires for jobs with a key.
create or replace trigger _100_note_superseded before update on graphile_worker._private_jobs
  for each row when (old.key is not null and new.key is null and new.locked_at is not null)
  execute function ops.note_superseded_trigger();
create or replace trigger _500_bury after update on graphile_worker._private_jobs
  for each row when (new.locked_at is null and new.attempts >= new.max_attempts)
  execute function ops.bury_job_trigger();
create or replace trigger _500_supersede after insert on graphile_worker._private_jobs
  for each row when (new.key is not null)
  execute function ops.supersede_dead_letters_trigger();
create index if not exists callboard_failing_index
  on graphile_worker._private_jobs (ops.organization_of(payload), id) where last_error is not null;
