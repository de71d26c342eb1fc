create table identity.oauth_providers (
  id uuid primary key default platform.uuidv7(),
  key text not null unique check (key ~ '^[a-z][a-z0-9_]{0,30}$'),
  name text not null check (btrim(name) <> ''),
  issuer text not null,
  client_id text not null,
  scopes text[] not null default '{}',
  sign_in_path text not null generated always as ('/auth/' || key) stored,
  is_configured boolean not null default true,
  is_enabled boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table identity.oauth_providers is
  'Providers that people sign in with, such as Google (seed oauth_providers). Filled from the settings of the server when it '
  'starts; secrets stay there. Everyone sees those that can be used, so that a sign-in screen has its buttons.';
comment on column identity.oauth_providers.key is 'Its name in addresses, such as google.';
comment on column identity.oauth_providers.name is 'Its name on the button.';
comment on column identity.oauth_providers.issuer is 'Whoever its ID tokens come from.';
comment on column identity.oauth_providers.scopes is 'What users are asked to allow.';
comment on column identity.oauth_providers.sign_in_path is 'Where the browser goes to sign in: on the server that has the API.';
comment on column identity.oauth_providers.is_configured is 'Whether the server that started last has settings for it.';
comment on column identity.oauth_providers.is_enabled is
  'Whether it may be used. Platform administrators switch it off and on.';

create table identity.linked_accounts (
  id uuid primary key default platform.uuidv7(),
  user_id uuid not null references identity.users,
  provider_id uuid not null references identity.oauth_providers,
  issuer text not null,
  subject text not null check (subject <> '' and length(subject) <= 255),
  email text,
  email_verified boolean not null default false,
  name text,
  last_sign_in_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (issuer, subject)
);
create index on identity.linked_accounts (user_id);
create index on identity.linked_accounts (provider_id);
comment on table identity.linked_accounts is
  'Accounts at providers with which a user signs in (seed users: oauth_provider, oauth_id). Each belongs to one user. Seen by '
  'the user; made by signing in or linkAccount, ended by unlinkAccount.';
comment on column identity.linked_accounts.issuer is
  'Whoever vouches for the subject: an account is known by both, so that another provider under the same key lets nobody in.';
comment on column identity.linked_accounts.subject is 'The provider''s id of the account, which never changes.';
comment on column identity.linked_accounts.email is 'As the provider said at the last sign-in.';

create table identity.oauth_tokens (
  linked_account_id uuid primary key references identity.linked_accounts on delete cascade,
  user_id uuid not null references identity.users,
  access_token_encrypted bytea not null,
  refresh_token_encrypted bytea,
  token_type text not null default 'bearer',
  scopes text[] not null default '{}',
  expires_at timestamptz,
  failed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index on identity.oauth_tokens (user_id);
comment on table identity.oauth_tokens is
  'What a provider lets Callboard do for a user, such as read a calendar (seed google_calendar_tokens). The tokens are '
  'encrypted with a key that is not in the database, and nobody reads them through the API; the user, and nobody else, sees '
  'that they are there.';
comment on column identity.oauth_tokens.scopes is 'What the user has allowed, as the provider names it.';
comment on column identity.oauth_tokens.expires_at is
  'When the access token runs out; it is renewed when it is needed. Null: the provider does not say.';
comment on column identity.oauth_tokens.failed_at is
  'When the provider refused to renew it: the user has to link the account again.';

create table identity.provider_sign_ins (
  id uuid primary key default platform.uuidv7(),
  provider_id uuid not null references identity.oauth_providers,
  intent text not null check (intent in ('sign_in', 'link')),
  state_hash bytea not null unique,
  return_to text not null,
  code_challenge text check (code_challenge ~ '^[A-Za-z0-9_-]{43}$'),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '10 minutes',
  answered_at timestamptz,
  code_hash bytea unique,
  answer jsonb check (jsonb_typeof(answer) = 'object'),
  access_token_encrypted bytea,
  refresh_token_encrypted bytea,
  check (intent = 'sign_in' or code_challenge is not null),
  check ((code_hash is null) = (answer is null)),
  check (code_hash is null or answered_at is not null)
);
create index on identity.provider_sign_ins (provider_id);
create index on identity.provider_sign_ins (expires_at);
comment on table identity.provider_sign_ins is
  'Journeys to a provider and back. Ten minutes until the provider has answered, once; then one minute until the front end '
  'exchanges the code it got. Codes and states are hashed; a row goes when it has served.';
comment on column identity.provider_sign_ins.code_challenge is
  'Base64url of the SHA-256 of what the front end keeps to itself: whoever has only the code has nothing.';
comment on column identity.provider_sign_ins.answer is
  'What the provider said, checked by the server: issuer, subject, email, email_verified, name, scopes, token_type, '
  'token_expires_at.';
