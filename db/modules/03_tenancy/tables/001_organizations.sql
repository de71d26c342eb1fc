create table tenancy.organizations (
  id uuid primary key default platform.uuidv7(),
  name text not null check (btrim(name) <> '' and length(name) <= 200),
  slug text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 63),
  constraint organizations_slug_not_reserved check (not platform.is_reserved_slug(slug)),
  description text,
  kind text not null default 'production_company'
    check (kind in ('production_company', 'theatre', 'studio', 'agency', 'venue', 'festival', 'school', 'other')),
  status text not null default 'active' check (status in ('active', 'suspended', 'closed')),
  time_zone text not null default 'UTC' check (platform.is_time_zone(time_zone)),
  currency char(3) not null default 'USD' check (currency ~ '^[A-Z]{3}$'),
  contact_email text check (contact_email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$'),
  contact_phone text,
  website text check (website ~ '^https?://'),
  logo_url text check (logo_url ~ '^https?://'),
  created_by uuid default authz.actor_id() references identity.users,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index on tenancy.organizations (created_by);
comment on table tenancy.organizations is
  'A tenant: a production company or studio (seeds organizations, tenants).';
comment on constraint organizations_slug_check on tenancy.organizations is
  'Lower-case letters a to z and digits, in words with a single hyphen between them; 63 characters at most.';
comment on constraint organizations_slug_not_reserved on tenancy.organizations is
  'Words such as api, admin and www are reserved.';
comment on column tenancy.organizations.slug is 'Its name in addresses, the subdomain; unique over all organizations, and none of the reserved words.';
comment on column tenancy.organizations.time_zone is
  'An IANA name. Days of the organization begin and end in it.';
comment on column tenancy.organizations.currency is 'ISO 4217; what new accounts and budgets are kept in.';

alter table identity.session_families
  add foreign key (organization_id) references tenancy.organizations;

create table tenancy.roles (
  organization_id uuid not null default authz.organization_id() references tenancy.organizations,
  id uuid not null default platform.uuidv7(),
  key text not null check (key ~ '^[a-z][a-z0-9_]*$'),
  name text not null check (btrim(name) <> ''),
  description text,
  is_system boolean not null default false,
  permissions text[] not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, key),
  constraint roles_ownership_check check (key = 'owner' or 'tenancy.own' <> all (permissions))
);
comment on table tenancy.roles is
  'What members of an organization may do (seed roles): owner, admin, member and guest come with it.';
comment on column tenancy.roles.is_system is 'One of the four that come with the organization; follows the product.';
comment on column tenancy.roles.permissions is
  'Keys such as finance.read, out of the registry. Only owners hold tenancy.own: ownership comes with that role alone.';

create table tenancy.organization_members (
  organization_id uuid not null default authz.organization_id() references tenancy.organizations,
  id uuid not null default platform.uuidv7(),
  user_id uuid not null references identity.users,
  role_id uuid not null,
  status text not null default 'active' check (status in ('active', 'suspended', 'left')),
  title text,
  joined_at timestamptz not null default now(),
  role_key text not null,
  effective_permissions text[] not null,
  permissions_valid_until timestamptz,
  may_enter boolean not null default true,
  permission_list text generated always as (authz.permission_list(effective_permissions)) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, user_id),
  foreign key (organization_id, role_id) references tenancy.roles
);
create index on tenancy.organization_members (user_id);
create index on tenancy.organization_members (organization_id, role_id);
create index on tenancy.organization_members (organization_id, status);
create index on tenancy.organization_members (permissions_valid_until) where permissions_valid_until is not null;
comment on table tenancy.organization_members is
  'Who belongs to an organization and in which role (seeds organization_members, tenant_members). Who is no longer '
  'active is out at the next request.';
comment on column tenancy.organization_members.role_key is 'The key of the role: owner, admin, member, guest or one of its own.';
comment on column tenancy.organization_members.effective_permissions is
  'What the member may do: all that the role allows and that was granted besides, without what was denied. Kept by '
  'triggers, whoever changes what it follows from.';
comment on column tenancy.organization_members.permissions_valid_until is
  'When a grant or a denial ends: from then on something else holds than effective_permissions says. Null: nothing ends.';
comment on column tenancy.organization_members.may_enter is E'@behavior -*\n'
  'Whether the member is let in: active, in an organization that is active, with a second factor if that requires one. Kept '
  'by triggers, so that entering reads the member''s row alone.';
comment on column tenancy.organization_members.permission_list is E'@behavior -*\n'
  'effective_permissions as entering needs them.';
-- Read at each request: the lists are not to lie apart from the row, nor packed.
alter table tenancy.organization_members set (toast_tuple_target = 8160);
comment on column tenancy.organization_members.title is 'What they do there, in their own words.';

create table tenancy.workspaces (
  organization_id uuid not null default authz.organization_id() references tenancy.organizations,
  id uuid not null default platform.uuidv7(),
  name text not null check (btrim(name) <> ''),
  slug text not null default '' check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 63),
  description text,
  is_private boolean not null default false,
  settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object'),
  created_by uuid default authz.actor_id() references identity.users,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, slug)
);
create index on tenancy.workspaces (created_by);
comment on table tenancy.workspaces is
  'A part of an organization (seed workspaces). What is in a private one is seen by its members, owners and admins only.';
comment on constraint workspaces_slug_check on tenancy.workspaces is
  'Lower-case letters a to z and digits, in words with a single hyphen between them; 63 characters at most.';
comment on column tenancy.workspaces.slug is 'Its name in addresses; made from the name when left out.';

create table tenancy.workspace_members (
  organization_id uuid not null default authz.organization_id() references tenancy.organizations,
  id uuid not null default platform.uuidv7(),
  workspace_id uuid not null,
  user_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, workspace_id, user_id),
  foreign key (organization_id, workspace_id) references tenancy.workspaces on delete cascade,
  constraint workspace_members_member foreign key (organization_id, user_id)
    references tenancy.organization_members (organization_id, user_id) on delete cascade
);
comment on constraint workspace_members_member on tenancy.workspace_members is '@fieldName member';
create index on tenancy.workspace_members (organization_id, user_id);
comment on table tenancy.workspace_members is
  'Who sees a private workspace. Guests see only the workspaces in which they are listed here.';
