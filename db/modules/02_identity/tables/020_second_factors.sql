create table identity.second_factors (
  user_id uuid primary key references identity.users,
  secret_encrypted bytea not null,
  last_step bigint,
  confirmed_at timestamptz,
  created_at timestamptz not null default now()
);
comment on table identity.second_factors is E'@name authenticator\n'
  'The authenticator app of a user (TOTP, RFC 6238). Asked for at sign-in once it is confirmed.';
comment on column identity.second_factors.secret_encrypted is
  'Encrypted by the server with a key that is not in the database, bound to this user.';
comment on column identity.second_factors.last_step is
  'The span of 30 seconds whose code served last: no code of it, or of one before it, serves again.';

create table identity.recovery_codes (
  user_id uuid not null references identity.second_factors on delete cascade,
  code_hash bytea not null,
  used_at timestamptz,
  primary key (user_id, code_hash)
);
comment on table identity.recovery_codes is
  'Codes for whoever lost their authenticator: SHA-256 of 80 random bits, each serves once.';

create table identity.sign_in_challenges (
  id uuid primary key default platform.uuidv7(),
  user_id uuid not null references identity.users,
  challenge_hash bytea not null unique,
  wanted_organization_id uuid,
  device jsonb not null default '{}' check (jsonb_typeof(device) = 'object'),
  tries_left smallint not null default 5 check (tries_left between 0 and 5),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '5 minutes'
);
create index on identity.sign_in_challenges (user_id);
create index on identity.sign_in_challenges (expires_at);
comment on table identity.sign_in_challenges is E'@name awaited_sign_in\n'
  'Sign-ins whose first half has succeeded and whose second factor is awaited: SHA-256 of the challenge, five minutes, '
  'five tries. A row goes when it has served.';
comment on column identity.sign_in_challenges.wanted_organization_id is
  'The organization asked for at sign-in. Membership is checked again when it ends.';
