create table billing.usage_reports (
  reporter_id uuid primary key,
  last_number bigint not null check (last_number > 0),
  reported_at timestamptz not null default now()
);
create index on billing.usage_reports (reported_at);
comment on table billing.usage_reports is
  'Processes that count by themselves and report now and then, such as requests with API keys, and the last report of each '
  'that was counted: one that comes again, since nobody knows whether it arrived, counts nothing. Kept for a week.';
comment on column billing.usage_reports.reporter_id is 'What a process calls itself for as long as it runs.';
comment on column billing.usage_reports.last_number is 'Its reports are numbered from 1.';
