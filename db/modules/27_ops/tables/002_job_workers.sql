create table ops.job_workers (
  id text primary key,
  host text not null,
  process_id integer not null,
  concurrency integer not null,
  alive_since timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null,
  stopping_since timestamptz
) with (fillfactor = 50);
comment on table ops.job_workers is
  'Whoever runs jobs at the moment, for administrators of the platform. Each says every five seconds that it lives; one that '
  'has been silent for thirty is dead, and what it had begun is handed to others.';
comment on column ops.job_workers.id is 'The name under which it locks jobs.';
comment on column ops.job_workers.concurrency is 'Jobs that it runs at the same time.';
comment on column ops.job_workers.alive_since is
  'When it began, or came back after it had been taken for dead: what it had begun before has been handed to others.';
comment on column ops.job_workers.seen_at is 'When it last said that it lives.';
comment on column ops.job_workers.stopping_since is 'When it was asked to stop: it finishes what it has begun, and takes no more.';

create table ops.job_outcomes (
  task text not null,
  counted_at timestamptz not null,
  succeeded integer not null default 0,
  failed integer not null default 0,
  busy_ms bigint not null default 0,
  primary key (counted_at, task)
);
comment on table ops.job_outcomes is
  'How attempts to run jobs ended, by task and five minutes. Workers add to it every five seconds; what a worker that is '
  'killed had not told yet is missing.';
comment on column ops.job_outcomes.counted_at is 'The beginning of the five minutes.';
comment on column ops.job_outcomes.failed is 'Attempts that failed, whether there was another one or not.';
comment on column ops.job_outcomes.busy_ms is 'Milliseconds that all these attempts took together.';

create table ops.queue_figures (
  task text primary key,
  waiting integer not null,
  scheduled integer not null,
  running integer not null,
  retrying integer not null,
  oldest_waiting_at timestamptz,
  measured_at timestamptz not null,
  measuring_took interval not null
);
comment on table ops.queue_figures is
  'The queue by task when it was last counted. To count a million jobs takes half a second, so that is done as seldom as '
  'makes it two percent of the time, and never twice at once: ops.measure_queue.';
