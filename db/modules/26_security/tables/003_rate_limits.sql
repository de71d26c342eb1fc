-- Unlogged: after a crash everybody may begin again, and until then a request costs no write-ahead log. The room left on
-- each page lets a row be written again and again without the index being touched.
create unlogged table security.rate_limits (
  identifier text not null check (identifier <> '' and length(identifier) <= 200),
  endpoint text not null check (endpoint <> '' and length(endpoint) <= 100),
  window_seconds integer not null check (window_seconds between 1 and 86400),
  slots bigint[] not null default '{}',
  counts integer[] not null default '{}',
  expires_at timestamptz not null default now(),
  primary key (identifier, endpoint, window_seconds),
  check (cardinality(slots) = cardinality(counts))
) with (fillfactor = 50);

comment on table security.rate_limits is
  'How much was asked for lately, by whom (seed rate_limits). One row per caller, endpoint and window, which is cut into '
  'sixty slots; written by security.take_rate_limit, deleted by a job once nothing in it counts any more.';
comment on column security.rate_limits.identifier is 'Who: a user, an API key, an address or its network.';
comment on column security.rate_limits.endpoint is 'What is limited.';
comment on column security.rate_limits.window_seconds is 'The length of the window that slides, in seconds.';
comment on column security.rate_limits.slots is
  'The slots in which something counts, by their number since 1970; each is a sixtieth of the window long.';
comment on column security.rate_limits.counts is 'How much counts in each of them.';
comment on column security.rate_limits.expires_at is 'When nothing of it counts any more.';
