create table ops.dead_letters (
  id uuid primary key default platform.uuidv7(),
  organization_id uuid references tenancy.organizations on delete cascade,
  task text not null,
  payload jsonb not null,
  error text not null,
  attempts integer not null check (attempts >= 0),
  max_attempts integer not null check (max_attempts > 0),
  queue_name text,
  request_id text,
  queued_at timestamptz not null,
  failed_at timestamptz not null default now(),
  status text not null default 'open' check (status in ('open', 'replayed', 'superseded', 'discarded')),
  resolved_at timestamptz,
  resolved_by uuid references identity.users,
  check ((status = 'open') = (resolved_at is null)),
  check (resolved_by is null or resolved_at is not null)
);
create index on ops.dead_letters (organization_id, status, id);
create index on ops.dead_letters (organization_id, task, id);
create index on ops.dead_letters (task, id) where status = 'open';
create index on ops.dead_letters (resolved_by);
create index on ops.dead_letters (failed_at);
comment on table ops.dead_letters is
  'Jobs that failed for good: out of attempts, or of no use to try again. Those of an organization are seen by holders of '
  'ops.read there, all of them by administrators of the platform. replayDeadLetter puts one back into the queue, '
  'discardDeadLetter says that nothing is to be done. Kept for 30 days after that, and for 180 days when nobody cares.';
comment on column ops.dead_letters.organization_id is 'Whose job it was; null for jobs of the platform itself.';
comment on column ops.dead_letters.task is 'What the job was to do: the name of a file in worker/tasks.';
comment on column ops.dead_letters.payload is
  'What the job was given, as far as it is safe to show: ids, numbers and times; every other text is "…". A replay has all '
  'of it.';
comment on column ops.dead_letters.error is 'Why the last attempt failed, without addresses and secrets.';
comment on column ops.dead_letters.attempts is 'How often it was tried.';
comment on column ops.dead_letters.max_attempts is 'How often it would have been tried at most.';
comment on column ops.dead_letters.request_id is 'The request that the job came from, as in the log.';
comment on column ops.dead_letters.queued_at is 'When the job was added.';
comment on column ops.dead_letters.status is
  'open: nobody has done anything about it; replayed: it is in the queue again; superseded: a newer job with the same key '
  'does its work; discarded: nothing is to be done.';
comment on column ops.dead_letters.resolved_by is 'Who replayed or discarded it.';

create table ops.dead_letter_payloads (
  dead_letter_id uuid primary key references ops.dead_letters on delete cascade,
  job_id bigint not null,
  payload jsonb not null,
  job_key text,
  priority integer not null,
  flags text[] not null
);
create index on ops.dead_letter_payloads (job_key) where job_key is not null;
comment on table ops.dead_letter_payloads is
  'What it takes to run a dead letter once more. Nobody reads it: payloads may hold addresses and texts of mails.';
