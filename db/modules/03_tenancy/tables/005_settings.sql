create table tenancy.settings_sections (
  section text primary key check (section ~ '^[a-z][a-z_]*$'),
  audience text not null default 'organization' check (audience in ('organization', 'user')),
  position integer not null,
  title text not null,
  description text not null,
  schema jsonb not null check (platform.is_json_schema(schema) and schema ->> 'type' = 'object'),
  write_permission text references authz.permissions
);
create index on tenancy.settings_sections (write_permission);
comment on table tenancy.settings_sections is
  'What can be set, section by section: a JSON Schema each, with defaults. Part of the product.';
comment on column tenancy.settings_sections.audience is 'Whose settings: an organization''s, or a user''s own.';
comment on column tenancy.settings_sections.schema is
  'A JSON Schema of the value. Keywords: type, properties, required, additionalProperties, items, minItems, maxItems, '
  'uniqueItems, enum, const, minimum, maximum, minLength, maxLength, pattern, format (email, uri, time-zone), default.';
comment on column tenancy.settings_sections.write_permission is 'What it takes to change them; null: they are one''s own.';

create table tenancy.organization_settings (
  organization_id uuid not null default authz.organization_id() references tenancy.organizations,
  id uuid not null default platform.uuidv7(),
  section text not null references tenancy.settings_sections,
  value jsonb not null default '{}' check (jsonb_typeof(value) = 'object' and length(value::text) <= 65536),
  version integer not null default 1,
  updated_by uuid references identity.users,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, section)
);
create index on tenancy.organization_settings (section);
create index on tenancy.organization_settings (updated_by);
comment on table tenancy.organization_settings is
  E'@behavior -*\n'
  'What an organization has set, apart from defaults: a row for each section (seeds settings_general, settings_security, '
  'settings_integrations, settings_notifications, settings_workflows, settings_customizations). Never a secret.';
comment on column tenancy.organization_settings.version is 'Counts the changes, so that two who edit at once notice.';

alter table identity.user_settings
  add constraint user_settings_member foreign key (organization_id, user_id)
    references tenancy.organization_members (organization_id, user_id);
comment on constraint user_settings_member on identity.user_settings is '@behavior -*';

create type tenancy.settings_in_force as (
  section text,
  title text,
  description text,
  value jsonb,
  version integer,
  schema jsonb,
  write_permission text,
  updated_at timestamptz
);
comment on type tenancy.settings_in_force is 'A section of an organization''s settings as it holds.';
comment on column tenancy.settings_in_force.value is 'What was set, and defaults for the rest.';
comment on column tenancy.settings_in_force.version is 'For updateOrganizationSettings: 0 before the first change.';
comment on column tenancy.settings_in_force.schema is 'A JSON Schema of the value.';
comment on column tenancy.settings_in_force.write_permission is 'What it takes to change it.';
