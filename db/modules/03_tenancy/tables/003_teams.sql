create table tenancy.teams (
  like platform.tenant_row including all,
  name text not null check (btrim(name) <> '' and length(name) <= 200),
  description text check (length(description) <= 10000),
  kind text not null default 'department'
    check (kind in ('department', 'crew', 'production', 'vendor', 'other')),
  color text check (color ~ '^#[0-9a-f]{6}$'),
  contact_email text check (contact_email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$' and length(contact_email) <= 254)
);
create unique index teams_name_key on tenancy.teams (organization_id, lower(name)) where deleted_at is null;
create index on tenancy.teams (organization_id, name);
comment on table tenancy.teams is
  'People of an organization who work together: departments, crews (seeds teams). Says who belongs together, not who may '
  'do what.';
comment on column tenancy.teams.color is 'How screens mark it: #rrggbb, in lower case.';

create table tenancy.team_members (
  like platform.tenant_row including all,
  team_id uuid not null,
  user_id uuid not null references identity.users,
  role text not null default 'member' check (role in ('lead', 'member')),
  title text check (length(title) <= 200),
  foreign key (organization_id, team_id) references tenancy.teams
);
create unique index team_members_user_key on tenancy.team_members (organization_id, team_id, user_id)
  where deleted_at is null;
create index on tenancy.team_members (organization_id, team_id);
comment on table tenancy.team_members is 'Who is in a team (seed team_members). Whoever leaves the organization leaves its teams.';
comment on column tenancy.team_members.title is 'What they do in the team, such as Head electrician.';
