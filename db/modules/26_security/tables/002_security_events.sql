create table security.security_events (
  id uuid primary key default platform.uuidv7(),
  user_id uuid not null references identity.users,
  event_type text not null check (event_type ~ '^[a-z][a-z_]*$' and length(event_type) <= 100),
  severity text not null default 'info' check (severity in ('info', 'warning', 'critical')),
  session_id uuid,
  address inet,
  user_agent text check (length(user_agent) <= 500),
  request_id text,
  metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
  occurred_at timestamptz not null default now()
);
create index on security.security_events (user_id, id);
create index on security.security_events (occurred_at);
comment on table security.security_events is
  'What happened to an account, in whatever organization (seed security_events): sessions, passwords, addresses, second '
  'factors. Users read their own; written by functions only.';
comment on column security.security_events.event_type is 'Such as refresh_token_reused or password_changed.';
comment on column security.security_events.session_id is 'The session that did it or that it happened to.';
comment on column security.security_events.request_id is 'The request that it was part of, as in the server''s log.';
