create table identity.user_settings (
  id uuid primary key default platform.uuidv7(),
  user_id uuid not null default authz.user_id() references identity.users,
  organization_id uuid,
  value jsonb not null default '{}' check (jsonb_typeof(value) = 'object' and length(value::text) <= 65536),
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint user_settings_user_key unique nulls not distinct (organization_id, user_id)
);
create index on identity.user_settings (user_id);
comment on table identity.user_settings is
  E'@behavior -insert -update -delete\n'
  'How a user likes it (seed user_settings): one row that holds everywhere, and one for each organization where something '
  'else holds. Seen by the user alone: the first, and that of the active organization.';
comment on column identity.user_settings.value is 'What was set here; see inForce for all that holds.';
comment on column identity.user_settings.version is 'Counts the changes, so that two who edit at once notice.';
