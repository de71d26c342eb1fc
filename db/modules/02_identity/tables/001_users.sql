create table identity.users (
  id uuid primary key default platform.uuidv7(),
  email text not null check (email = lower(btrim(email)) and email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$' and length(email) <= 254),
  name text not null check (btrim(name) <> '' and length(name) <= 200),
  avatar_url text check (avatar_url ~ '^https?://'),
  time_zone text not null default 'UTC' check (platform.is_time_zone(time_zone)),
  email_verified_at timestamptz,
  last_sign_in_at timestamptz,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (email)
);
comment on table identity.users is
  'A person who signs in, across organizations (seeds auth.users, users). Never deleted: an account that ends is '
  'anonymized, so that what it created keeps its author.';
comment on column identity.users.email is 'In lower case; what the user signs in with.';
comment on column identity.users.time_zone is 'An IANA name such as America/New_York.';
comment on column identity.users.is_active is 'Whether the user may sign in.';

create table identity.credentials (
  user_id uuid primary key references identity.users,
  password_hash text not null,
  changed_at timestamptz not null default now()
);
comment on table identity.credentials is
  'Passwords, hashed by bcrypt. Apart from the users, so that nothing that reads users can reach them.';

create table identity.profiles (
  user_id uuid primary key default authz.user_id() references identity.users,
  headline text check (length(headline) <= 200),
  bio text check (length(bio) <= 10000),
  phone text check (length(phone) <= 40),
  location text,
  website text check (website ~ '^https?://'),
  links jsonb not null default '[]' check (jsonb_typeof(links) = 'array'),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table identity.profiles is
  'What users tell about themselves (seeds user_profiles, profiles). Read and written by the user alone.';
comment on column identity.profiles.links is 'Further addresses: a list of {"label", "url"}.';

create table identity.platform_roles (
  user_id uuid not null references identity.users,
  role text not null check (role in ('admin', 'moderator', 'support')),
  granted_by uuid references identity.users,
  granted_at timestamptz not null default now(),
  primary key (user_id, role)
);
create index on identity.platform_roles (granted_by);
comment on table identity.platform_roles is
  'Who may act for the platform itself, above all organizations (seeds user_roles). Not a role in an organization.';

create table identity.refresh_tokens (
  id uuid primary key default platform.uuidv7(),
  user_id uuid not null references identity.users,
  session_id uuid not null default platform.uuidv7(),
  organization_id uuid,
  token_hash bytea not null unique,
  device jsonb not null default '{}' check (jsonb_typeof(device) = 'object'),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  revoked_at timestamptz,
  revoked_reason text check (revoked_reason in ('signed_out', 'reused', 'password_changed', 'administrator')),
  check ((revoked_at is null) = (revoked_reason is null))
);
create index on identity.refresh_tokens (user_id, session_id);
create index on identity.refresh_tokens (session_id);
create index on identity.refresh_tokens (organization_id);
comment on table identity.refresh_tokens is
  'One row per refresh token ever given out (seed refresh_tokens): SHA-256 only, one session per device, each token used '
  'once. Using one a second time revokes its session.';
comment on column identity.refresh_tokens.organization_id is 'The organization that is active in the session.';

create type identity.session_grant as (
  user_id uuid,
  organization_id uuid,
  session_id uuid,
  refresh_token text,
  refresh_token_expires_at timestamptz
);
comment on type identity.session_grant is
  'What opens or continues a session; the server makes the access token out of it.';
