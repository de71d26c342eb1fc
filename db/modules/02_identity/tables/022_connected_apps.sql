create table identity.connected_apps (
  id uuid primary key default platform.uuidv7(),
  user_id uuid not null default authz.user_id() references identity.users,
  name text not null check (btrim(name) <> '' and length(name) <= 200),
  category text not null default 'other'
    check (category in ('accounting', 'calendar', 'communication', 'design', 'identity', 'project_management', 'storage', 'other')),
  website text check (website ~ '^https?://' and length(website) <= 2000),
  notes text check (length(notes) <= 2000),
  linked_account_id uuid references identity.linked_accounts on delete cascade,
  is_declared boolean not null generated always as (linked_account_id is null) stored,
  last_used_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index connected_apps_name on identity.connected_apps (user_id, lower(btrim(name))) where linked_account_id is null;
create unique index connected_apps_linked_account on identity.connected_apps (linked_account_id);
create index on identity.connected_apps (user_id);
comment on table identity.connected_apps is
  'Apps that a user works with (seed user_apps): those they declare, and one for each account that they linked. Read and '
  'written by the user alone.';
comment on column identity.connected_apps.linked_account_id is
  'The account at a provider that it stands for; then it goes when the account is unlinked.';
comment on column identity.connected_apps.is_declared is 'Whether the user has declared it, rather than linked an account.';
comment on column identity.connected_apps.last_used_at is 'When it last signed the user in.';
