create table security.audit_logs (
  like platform.tenant_log_row including all,
  actor_id uuid,
  api_key_id uuid,
  request_id text,
  entity_type text not null,
  entity_id uuid not null,
  action text not null check (action in ('insert', 'update', 'delete', 'restore', 'purge')),
  before jsonb,
  after jsonb,
  primary key (organization_id, id, occurred_at)
) partition by range (occurred_at);
create index on security.audit_logs (organization_id, entity_id);
create table security.audit_logs_default partition of security.audit_logs default;

comment on table security.audit_logs is
  'Every change of a tenant row (seeds audit_log, audit_logs): who, what, and the columns that changed, before and '
  'after. Partitioned by month.';
comment on column security.audit_logs.actor_id is 'The user who did it; null when a job did.';
comment on column security.audit_logs.api_key_id is
  'The API key that did it, on account of the actor; null when the actor did it.';
comment on column security.audit_logs.request_id is 'The request that it was part of, as in the server''s log.';
comment on column security.audit_logs.entity_type is 'The table, such as projects.projects.';
comment on column security.audit_logs.action is
  'delete and restore are archiving and its opposite; purge is the end of a row.';
comment on column security.audit_logs.before is 'The changed columns as they were.';
comment on column security.audit_logs.after is 'The changed columns as they are since; for insert all that were set.';
