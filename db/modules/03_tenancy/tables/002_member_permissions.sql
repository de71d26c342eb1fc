create table tenancy.member_permissions (
  organization_id uuid not null default authz.organization_id() references tenancy.organizations,
  id uuid not null default platform.uuidv7(),
  user_id uuid not null,
  -- ownership comes with the role alone
  permission text not null check (permission <> 'tenancy.own') references authz.permissions on delete cascade,
  effect text not null default 'grant' check (effect in ('grant', 'deny')),
  reason text check (length(reason) <= 500),
  expires_at timestamptz check (isfinite(expires_at)),
  created_by uuid default authz.actor_id() references identity.users,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, user_id, permission),
  constraint member_permissions_member foreign key (organization_id, user_id)
    references tenancy.organization_members (organization_id, user_id) on delete cascade
);
create index on tenancy.member_permissions (permission);
create index on tenancy.member_permissions (created_by);
comment on table tenancy.member_permissions is
  'What one member may do besides what the role allows, or may not do although it does (seed user_permissions).';
comment on column tenancy.member_permissions.effect is
  'A grant adds to the role, a denial takes away from it. Owners cannot be denied anything.';
comment on column tenancy.member_permissions.reason is 'Why, for whoever looks at it later.';
comment on column tenancy.member_permissions.expires_at is 'When it stops to count; without it, it counts until it is taken back.';
comment on constraint member_permissions_member on tenancy.member_permissions is '@fieldName member';

create type tenancy.permission as (
  key text,
  description text,
  default_roles text[],
  is_grantable boolean,
  added_at timestamptz
);
comment on type tenancy.permission is 'Something that a role can allow.';
comment on column tenancy.permission.default_roles is 'The roles among owner, admin, member and guest that allow it.';
comment on column tenancy.permission.is_grantable is 'Whether the caller may give it to others: they hold it themselves, without an end.';
comment on column tenancy.permission.added_at is
  'When it came with a release. A role of the organization''s own that was changed last before that does not have it: nobody '
  'has decided about it yet.';
