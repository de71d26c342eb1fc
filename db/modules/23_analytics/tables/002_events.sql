create table analytics.app_events (
  organization_id uuid not null default authz.organization_id(),
  id uuid not null default platform.uuidv7(),
  occurred_at timestamptz not null default now() check (isfinite(occurred_at)),
  received_at timestamptz not null default now(),
  name text not null check (name ~ '^[a-z][a-z0-9_.]*$' and length(name) <= 100),
  user_id uuid,
  lead_id uuid,
  anonymous_id text check (anonymous_id <> '' and length(anonymous_id) <= 200),
  session_key text check (session_key <> '' and length(session_key) <= 200),
  source text not null default 'api' check (source ~ '^[a-z][a-z0-9_-]*$' and length(source) <= 40),
  url text check (length(url) <= 2000),
  value numeric check (value > '-Infinity' and value < 'Infinity'),
  properties jsonb not null default '{}' check (jsonb_typeof(properties) = 'object'),
  primary key (organization_id, id, occurred_at)
) partition by range (occurred_at);
create index on analytics.app_events (organization_id, occurred_at);
create index on analytics.app_events (organization_id, name, occurred_at);
create index on analytics.app_events (organization_id, user_id, occurred_at) where user_id is not null;
create index on analytics.app_events (organization_id, lead_id, occurred_at) where lead_id is not null;
create index on analytics.app_events (organization_id, anonymous_id, occurred_at)
  where user_id is null and lead_id is null and anonymous_id is not null;
create table analytics.app_events_default partition of analytics.app_events default;
comment on table analytics.app_events is
  'What users, leads and visitors did (seeds events, telemetry_events, app_events, conversion_events). Written by '
  'upsert_events, and changed only when an account ends (forget_person) or a lead is merged into another (merge_lead_events); '
  'partitioned by month. Whoever records an event has just read the member and the lead, of which no row is ever deleted: '
  'keys to them, and to the organization, would let nothing less in, make recording a seventh dearer, and have all who '
  'record at once lock the same few rows.';
comment on column analytics.app_events.id is
  'Chosen by whoever sends the event. An event is known by its id and its time together: the same row sent again is the '
  'same event. An id of version 7 has its time in it, and is unique by itself.';
comment on column analytics.app_events.occurred_at is 'When it happened, by the clock of whoever sent it.';
comment on column analytics.app_events.name is 'Such as call_sheet_opened.';
comment on column analytics.app_events.user_id is 'The member who did it.';
comment on column analytics.app_events.lead_id is 'The lead who did it.';
comment on column analytics.app_events.anonymous_id is 'Who did it, as far as a device knows: nobody has signed in. '
  'The key of the session stands for it when nothing else is said.';
comment on column analytics.app_events.session_key is
  'The visit that it belongs to, as the client names it: another one when the name comes again after a week. Without a name, a '
  'pause of half an hour begins a new visit.';
comment on column analytics.app_events.source is 'Where it was recorded, such as web, ios or api.';
comment on column analytics.app_events.value is 'What it was worth, where that can be said, such as the total of an order.';
comment on column analytics.app_events.properties is 'What else is known of it.';

create table analytics.dirty_days (
  organization_id uuid not null,
  id bigint generated always as identity,
  day date not null,
  marked_at timestamptz not null default now(),
  primary key (organization_id, day, id)
);
comment on table analytics.dirty_days is
  'Days whose figures are to be computed again, marked in the transaction that gave them something new: once for each '
  'statement, so that nobody waits for anybody. Whoever computes a day takes the marks that it sees first, and so what they '
  'stand for.';

create table analytics.trimmed_until (
  organization_id uuid not null,
  kept_from timestamptz not null,
  primary key (organization_id)
);
comment on table analytics.trimmed_until is
  'From when on an organization has all its events: those before were deleted, or some of them, and days that lost events '
  'are not computed again. It only moves forward, also when the organization says later that it keeps them for longer.';

create table analytics.open_days (
  organization_id uuid not null,
  day date not null,
  computed_at timestamptz not null,
  took interval not null check (took >= interval '0'),
  primary key (organization_id)
);
comment on table analytics.open_days is
  'When the figures of the day that is not over were computed last, and how long that took: where it takes long, it is done '
  'less often.';

create table analytics.event_batches (
  organization_id uuid not null,
  id bigint generated always as identity,
  first_at timestamptz not null,
  last_at timestamptz not null,
  user_ids uuid[] not null,
  lead_ids uuid[] not null,
  anonymous_ids text[] not null,
  lead_events jsonb not null,
  received_at timestamptz not null default now(),
  primary key (organization_id, id)
);
comment on table analytics.event_batches is
  'Whose events have come since the last time that sessions, activations and segments were brought up to date: a row for '
  'each statement that recorded some.';
comment on column analytics.event_batches.lead_events is
  'What leads have just done, for sequences that begin or end with it: {"<event>": ["<lead>", …]}.';

create type analytics.rejected_row as (
  index integer,
  row_id text,
  field text,
  reason text
);
comment on type analytics.rejected_row is 'A row that was not taken, and why.';
comment on column analytics.rejected_row.index is 'Its place in what was sent, from 0.';
comment on column analytics.rejected_row.row_id is 'The id that it came with, if any.';
comment on column analytics.rejected_row.field is 'What is wrong with it; null when it is no object at all.';

create type analytics.taken_rows as (
  inserted integer,
  duplicates integer,
  rejected analytics.rejected_row[]
);
comment on type analytics.taken_rows is 'What became of rows that were sent together.';
comment on column analytics.taken_rows.duplicates is 'Rows that were there already, or came twice.';
