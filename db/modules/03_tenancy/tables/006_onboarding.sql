create table tenancy.onboarding_catalog (
  key text primary key check (key ~ '^[a-z][a-z_]*$'),
  audience text not null check (audience in ('organization', 'user')),
  position integer not null,
  title text not null,
  description text not null,
  permission text references authz.permissions,
  check (permission is null or audience = 'organization')
);
create index on tenancy.onboarding_catalog (permission);
comment on table tenancy.onboarding_catalog is
  'The steps by which an organization, or a user in it, gets going. Part of the product.';
comment on column tenancy.onboarding_catalog.permission is 'What it takes to do the step; whoever lacks it is not asked to.';

create table tenancy.onboarding_steps (
  organization_id uuid not null default authz.organization_id() references tenancy.organizations,
  id uuid not null default platform.uuidv7(),
  step_key text not null references tenancy.onboarding_catalog,
  user_id uuid references identity.users,
  status text not null check (status in ('completed', 'skipped')),
  settled_by uuid default authz.user_id() references identity.users,
  settled_at timestamptz not null default now(),
  primary key (organization_id, id),
  constraint onboarding_steps_step_key unique nulls not distinct (organization_id, step_key, user_id),
  constraint onboarding_steps_member foreign key (organization_id, user_id)
    references tenancy.organization_members (organization_id, user_id)
);
comment on constraint onboarding_steps_member on tenancy.onboarding_steps is '@behavior -*';
create index on tenancy.onboarding_steps (step_key);
create index on tenancy.onboarding_steps (organization_id, user_id);
comment on table tenancy.onboarding_steps is
  'What has been done or skipped of the onboarding (seed onboarding_tracking): a step of the organization when it first '
  'happened, whoever did it, and what users skipped of their own.';
comment on column tenancy.onboarding_steps.user_id is 'Whose step it is; null for the organization''s.';

create type tenancy.onboarding_progress as (
  key text,
  audience text,
  title text,
  description text,
  status text,
  settled_at timestamptz,
  settled_by_name text
);
comment on type tenancy.onboarding_progress is 'A step of the onboarding and how far it is.';
comment on column tenancy.onboarding_progress.audience is 'organization, or user for a step of the caller''s own.';
comment on column tenancy.onboarding_progress.status is 'open, completed or skipped.';
comment on column tenancy.onboarding_progress.settled_by_name is 'Who completed or skipped it.';
