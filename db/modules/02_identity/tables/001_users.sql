create table identity.users (
  id uuid primary key default platform.uuidv7(),
  email text not null check (email = lower(btrim(email)) and email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$' and length(email) <= 254),
  name text not null check (btrim(name) <> '' and length(name) <= 200),
  avatar_url text check (avatar_url ~ '^https?://'),
  time_zone text not null default 'UTC' check (platform.is_time_zone(time_zone)),
  email_verified_at timestamptz,
  last_sign_in_at timestamptz,
  is_active boolean not null default true,
  deleted_at timestamptz check (deleted_at is null or not is_active),
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
comment on column identity.users.deleted_at is
  'When the user ended the account. What said who it was is gone; what it created keeps its author.';

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
  role text not null check (role in ('admin', 'moderator', 'support', 'user')),
  granted_by uuid references identity.users,
  granted_at timestamptz not null default now(),
  primary key (user_id, role)
);
create index on identity.platform_roles (granted_by);
comment on table identity.platform_roles is
  'Who may act for the platform itself, above all organizations (seeds user_roles); user is the one that everyone '
  'has. Not a role in an organization.';

create table identity.session_families (
  id uuid primary key default platform.uuidv7(),
  user_id uuid not null references identity.users,
  organization_id uuid,
  device jsonb not null default '{}'
    check (jsonb_typeof(device) = 'object' and octet_length(device::text) <= 2000),
  address inet,
  user_agent text check (length(user_agent) <= 500),
  created_at timestamptz not null default now(),
  last_used_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  revoked_reason text check (revoked_reason in (
    'signed_out', 'signed_out_elsewhere', 'reused', 'password_changed', 'password_reset', 'second_factor_changed',
    'account_deleted', 'administrator')),
  check ((revoked_at is null) = (revoked_reason is null))
);
create index on identity.session_families (user_id, last_used_at);
create index on identity.session_families (organization_id);
create index on identity.session_families (expires_at);
comment on table identity.session_families is
  'One row per sign-in on a device, with all refresh tokens that follow from it. A session that is revoked or past its '
  'expiry is out at its next request.';
comment on column identity.session_families.organization_id is
  'The organization that was active when the session was last refreshed or switched.';
comment on column identity.session_families.device is 'What the client calls itself, such as {"name": "Phone"}.';
comment on column identity.session_families.address is 'Where it was last used from, as far as the server knows.';
comment on column identity.session_families.last_used_at is
  'When it was opened, refreshed or switched last: right to the minutes that an access token serves.';
comment on column identity.session_families.expires_at is 'Moves on with each refresh: thirty days after the last, but not beyond so many days after the first (SESSION_DAYS).';
comment on column identity.session_families.revoked_reason is
  'signed_out: on the device itself; signed_out_elsewhere: from another session of the user; reused: a refresh token was '
  'presented again after its grace, so somebody has a copy.';

create table identity.refresh_tokens (
  id uuid primary key default platform.uuidv7(),
  session_id uuid not null references identity.session_families on delete cascade,
  token_hash bytea not null unique check (octet_length(token_hash) = 32),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);
create index on identity.refresh_tokens (session_id);
create index on identity.refresh_tokens (expires_at);
comment on table identity.refresh_tokens is
  'One row per refresh token ever given out (seed refresh_tokens): SHA-256 only. What holds for the whole family, such as '
  'its end, is said by its session.';

create type identity.session_grant as (
  user_id uuid,
  organization_id uuid,
  session_id uuid,
  refresh_token text,
  refresh_token_expires_at timestamptz,
  challenge jsonb,
  refusal jsonb
);
comment on type identity.session_grant is
  'What opens or continues a session; the server makes the access token out of it. Instead of a session there is a '
  'challenge when more than the password is needed, or a refusal (platform.refusal) when something had to be recorded '
  'that raising an error would undo.';
