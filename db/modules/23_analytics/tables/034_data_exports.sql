create table analytics.data_exports (
  like platform.tenant_log_row including all,
  user_id uuid,
  api_key_id uuid,
  request_id text,
  what text not null,
  columns text[] not null default '{}',
  filters jsonb not null default '{}',
  status text not null default 'running' check (status in ('running', 'done', 'aborted', 'failed')),
  rows bigint,
  bytes bigint,
  ended_at timestamptz,
  primary key (organization_id, id)
);
create index on analytics.data_exports (organization_id, occurred_at);
comment on table analytics.data_exports is
  'Who took which data away as CSV: written before the first row leaves, and kept for seven years.';
comment on column analytics.data_exports.user_id is 'On whose account.';
comment on column analytics.data_exports.what is 'A table such as projects.project_tasks, report:<id> or widget:<id>.';
comment on column analytics.data_exports.filters is 'Which rows were asked for.';
comment on column analytics.data_exports.status is
  'running: not over, or its server has died; aborted: the client hung up.';
