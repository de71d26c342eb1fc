create table identity.one_time_tokens (
  id uuid primary key default platform.uuidv7(),
  user_id uuid not null references identity.users,
  purpose text not null check (purpose in ('email_verification', 'email_change', 'password_reset')),
  email text not null check (email = lower(btrim(email)) and length(email) <= 254),
  token_hash bytea not null unique check (octet_length(token_hash) = 32),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);
create index on identity.one_time_tokens (user_id, purpose, created_at);
create index on identity.one_time_tokens (expires_at);
comment on table identity.one_time_tokens is
  'Tokens of links in mails: SHA-256 only, each for one purpose, once, for a while.';
comment on column identity.one_time_tokens.email is
  'Where it was sent. Whoever presents the token reads the mail of this address.';
comment on column identity.one_time_tokens.used_at is
  'When it was presented, or when something else, such as a new password, made it void.';
