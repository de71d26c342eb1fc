create table tenancy.api_keys (
  organization_id uuid not null default authz.organization_id() references tenancy.organizations,
  id uuid not null default platform.uuidv7(),
  name text not null check (btrim(name) <> '' and length(name) <= 200),
  prefix text not null check (prefix ~ '^cb_live_[0-9a-f]{8}$'),
  secret_hash bytea not null unique check (octet_length(secret_hash) = 32),
  scopes text[] not null check (cardinality(scopes) between 1 and 200),
  workspace_ids uuid[] check (cardinality(workspace_ids) between 1 and 200),
  expires_at timestamptz check (isfinite(expires_at)),
  revoked_at timestamptz,
  revoked_by uuid,
  lapsed_at timestamptz,
  last_used_at timestamptz,
  created_by uuid not null default authz.user_id(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, prefix),
  foreign key (organization_id, created_by)
    references tenancy.organization_members (organization_id, user_id) on delete cascade,
  foreign key (revoked_by) references identity.users,
  check (revoked_by is null or revoked_at is not null),
  check (lapsed_at is null or expires_at is not null)
);
create index on tenancy.api_keys (organization_id, created_by);
create index on tenancy.api_keys (revoked_by);
create index on tenancy.api_keys (organization_id, expires_at) where revoked_at is null and lapsed_at is null;
create index on tenancy.api_keys (expires_at) where revoked_at is null and lapsed_at is null;
comment on table tenancy.api_keys is
  'Keys with which programs call the API for an organization (seeds api_tokens, api_keys). A key may do what its scopes '
  'say, as far as whoever made it may do that themselves at that moment; it ends when they leave. Made by createApiKey, '
  'ended by revokeApiKey, kept afterwards so that the audit log can name it. A key sees itself.';
comment on column tenancy.api_keys.name is 'What it is for, in the words of whoever made it.';
comment on column tenancy.api_keys.prefix is 'How the key begins: enough to recognize it, and no secret.';
comment on column tenancy.api_keys.secret_hash is 'SHA-256 of the key, which itself is kept nowhere.';
comment on column tenancy.api_keys.scopes is 'The permissions that it has at most, such as projects.read.';
comment on column tenancy.api_keys.workspace_ids is
  'The workspaces whose rows it sees, and no others, nor rows in none. Null: those that whoever made it sees.';
comment on column tenancy.api_keys.expires_at is 'When it ends by itself; null: never.';
comment on column tenancy.api_keys.lapsed_at is
  'When it was noticed that it had expired, and no longer counted towards the plan.';
comment on column tenancy.api_keys.last_used_at is 'When it was used last, right to about a minute.';

create type tenancy.issued_api_key as (
  id uuid,
  name text,
  prefix text,
  token text,
  scopes text[],
  workspace_ids uuid[],
  expires_at timestamptz
);
comment on type tenancy.issued_api_key is 'A new API key, with the token that is shown this once.';
comment on column tenancy.issued_api_key.token is
  'Send it as "Authorization: Bearer …". It is shown here and never again: only its hash is kept.';
