create table security.failed_login_attempts (
  id uuid primary key default platform.uuidv7(),
  email_digest bytea not null check (octet_length(email_digest) = 32),
  address inet,
  network cidr generated always as (platform.network_of(address)) stored,
  user_agent text check (length(user_agent) <= 500),
  attempted_at timestamptz not null default clock_timestamp(),
  cleared_at timestamptz
);
create index on security.failed_login_attempts (email_digest, attempted_at) where cleared_at is null;
create index on security.failed_login_attempts (network, attempted_at) where cleared_at is null;
create index on security.failed_login_attempts (attempted_at);
comment on table security.failed_login_attempts is
  'Sign-ins with a wrong password or an unknown address, each (seeds failed_attempts, failed_login_attempts). Kept for '
  'thirty days.';
comment on column security.failed_login_attempts.email_digest is
  'SHA-256 of what was typed as the e-mail address, which is sometimes a password.';
comment on column security.failed_login_attempts.network is
  'What counts as one sender: an IPv4 address, or the network of 64 bits that an IPv6 customer has.';
comment on column security.failed_login_attempts.cleared_at is
  'When the right password followed from the same sender: then it no longer counts.';
