-- What every entity has. `like platform.tenant_row including all` gives a table these columns, defaults and the key;
-- the foreign keys come from platform.protect, because `like` does not copy them.
create table platform.tenant_row (
  organization_id uuid not null default authz.organization_id(),
  id uuid not null default platform.uuidv7(),
  workspace_id uuid,
  created_by uuid default authz.actor_id(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  custom_fields jsonb not null default '{}' check (jsonb_typeof(custom_fields) = 'object'),
  deleted_at timestamptz,
  primary key (organization_id, id)
);
comment on table platform.tenant_row is 'The template of tenant tables. Never holds a row.';
comment on column platform.tenant_row.organization_id is 'The tenant. Always the active organization of the caller.';
comment on column platform.tenant_row.id is 'Time-ordered id: sorting by it sorts by creation.';
comment on column platform.tenant_row.workspace_id is
  'The workspace it is in; without one it is shared by the whole organization. Follows what the row belongs to.';
comment on column platform.tenant_row.created_by is 'Who created it.';
comment on column platform.tenant_row.created_at is 'When it was created.';
comment on column platform.tenant_row.updated_at is 'When it was last changed.';
comment on column platform.tenant_row.custom_fields is
  'Values of the organization''s own fields, checked against their definitions (customFields).';
comment on column platform.tenant_row.deleted_at is
  'When it was archived. Archived rows are hidden unless asked for, and can be restored.';

-- The template of logs: written by functions and triggers, never changed.
create table platform.tenant_log_row (
  organization_id uuid not null default authz.organization_id(),
  id uuid not null default platform.uuidv7(),
  occurred_at timestamptz not null default now()
);
comment on table platform.tenant_log_row is 'The template of log tables. Never holds a row.';

create table platform.protected_tables (
  table_id regclass primary key,
  kind text not null
    check (kind in ('tenant', 'tenant_log', 'personal', 'published', 'catalog', 'internal', 'custom')),
  module text not null,
  parent_table regclass,
  parent_column text,
  outlives_parent boolean not null default false,
  retention interval,
  check ((parent_table is null) = (parent_column is null))
);
create index on platform.protected_tables (parent_table);
comment on table platform.protected_tables is
  'Every table of the product with its kind, written by platform.protect. A table that is missing here fails the tests.';

create unlogged table platform.change_watchers (
  organization_id uuid primary key,
  expires_at timestamptz not null
);
comment on table platform.change_watchers is
  'Organizations whose changes somebody listens to. Unlogged: after a crash the servers register again.';
