create table analytics.metric_definitions (
  key text primary key check (key ~ '^[a-z][a-z0-9_]*$' and length(key) <= 100),
  title text not null check (title <> ''),
  description text not null,
  unit text not null check (unit in ('count', 'users', 'percent', 'minutes', 'score', 'value')),
  source text not null check (source in ('events', 'sessions', 'members', 'nps', 'snapshots')),
  rollup text not null check (rollup in ('sum', 'distinct', 'ratio', 'last')),
  scale numeric not null default 1 check (scale > 0 and scale < 'Infinity'),
  dimensions text[] not null default '{}',
  higher_is_better boolean not null default true,
  position integer not null
);
comment on table analytics.metric_definitions is
  E'@behavior -insert -update -delete\n'
  'Which figures are kept for each day of an organization, and how they add up to weeks and months. Part of the product.';
comment on column analytics.metric_definitions.source is
  'What it is computed from: events, sessions, members, answers to the NPS question, or the daily snapshot.';
comment on column analytics.metric_definitions.rollup is
  'How days become weeks and months: sum; distinct, counted anew, since who came on two days is one user; ratio, the sum of '
  'numerators over the sum of denominators; last, the newest of them.';
comment on column analytics.metric_definitions.scale is 'What a ratio is multiplied by: 100 for percent.';
comment on column analytics.metric_definitions.dimensions is
  'What it can be broken down by: event, the name of the event; source, where it was recorded.';

insert into analytics.metric_definitions
  (position, key, title, description, unit, source, rollup, scale, dimensions, higher_is_better)
values
  (1, 'active_users', 'Active users', 'Users with at least one event.', 'users', 'events', 'distinct', 1,
   '{event,source}', true),
  (2, 'events', 'Events', 'Events that were recorded.', 'count', 'events', 'sum', 1, '{event,source}', true),
  (3, 'event_value', 'Value of events', 'The sum of what events were worth.', 'value', 'events', 'sum', 1,
   '{event,source}', true),
  (4, 'sessions', 'Sessions', 'Visits that began.', 'count', 'sessions', 'sum', 1, '{source}', true),
  (5, 'session_minutes', 'Length of a session', 'Minutes from the first to the last event of a visit, on average.',
   'minutes', 'sessions', 'ratio', 1, '{source}', true),
  (6, 'bounce_rate', 'Bounce rate', 'Visits with a single event, of all visits.', 'percent', 'sessions', 'ratio', 100,
   '{source}', false),
  (7, 'sign_ups', 'Sign-ups', 'Members who joined.', 'users', 'members', 'sum', 1, '{}', true),
  (8, 'activations', 'Activations', 'Members who did for the first time what counts as activation.', 'users', 'members',
   'sum', 1, '{}', true),
  (9, 'nps', 'Net promoter score', 'Promoters less detractors, of all answers, from -100 to 100.', 'score', 'nps', 'ratio',
   100, '{}', true),
  (10, 'nps_answers', 'NPS answers', 'Answers to the question whether one would recommend us.', 'count', 'nps', 'sum', 1,
   '{}', true),
  (11, 'activation_rate', 'Activation rate', 'Members activated, of those who signed up in the last 30 days.', 'percent',
   'snapshots', 'last', 100, '{}', true),
  (12, 'retention_7', 'Retention after a week', 'Members who came back a week after they signed up.', 'percent',
   'snapshots', 'last', 100, '{}', true),
  (13, 'retention_28', 'Retention after four weeks', 'Members who came back four weeks after they signed up.', 'percent',
   'snapshots', 'last', 100, '{}', true),
  (14, 'stickiness', 'Stickiness', 'Users active on the day, of those active in the 28 days up to it.', 'percent',
   'snapshots', 'last', 100, '{}', true);

create table analytics.metrics_daily (
  organization_id uuid not null default authz.organization_id() references tenancy.organizations,
  id uuid not null default platform.uuidv7(),
  metric text not null check (metric ~ '^[a-z][a-z0-9_]*$'),
  dimension text not null default '' check (dimension in ('', 'event', 'source')),
  dimension_value text not null default '',
  day date not null check (isfinite(day)),
  value numeric check (value > '-Infinity' and value < 'Infinity'),
  numerator numeric,
  denominator numeric,
  computed_at timestamptz not null default now(),
  primary key (organization_id, id),
  constraint metrics_daily_key unique (organization_id, metric, dimension, day, dimension_value),
  check ((dimension = '') <= (dimension_value = ''))
);
create index on analytics.metrics_daily (organization_id, day);
comment on table analytics.metrics_daily is
  'Figures of each day of an organization, in its time zone (seed metrics_daily). Written by recompute_metrics_daily and a '
  'job; a day without anything to count has no row.';
comment on column analytics.metrics_daily.metric is 'A key of metricDefinitions.';
comment on column analytics.metrics_daily.dimension is
  'What it is broken down by, such as event; empty for the figure as a whole.';
comment on column analytics.metrics_daily.dimension_value is 'Such as the name of the event.';
comment on column analytics.metrics_daily.value is
  'The figure, in the unit of its metric; for a ratio numerator over denominator, null without a denominator.';
comment on column analytics.metrics_daily.numerator is 'Of a ratio, before it is scaled.';

create table analytics.metrics_log (
  like platform.tenant_log_row including all,
  kind text not null default 'business' check (kind in ('performance', 'business', 'system')),
  metric text not null check (metric ~ '^[a-z][a-z0-9_.]*$' and length(metric) <= 100),
  source text not null default '' check (length(source) <= 100),
  value numeric not null check (value > '-Infinity' and value < 'Infinity'),
  unit text check (length(unit) <= 40),
  labels jsonb not null default '{}' check (jsonb_typeof(labels) = 'object'),
  primary key (organization_id, id, occurred_at)
) partition by range (occurred_at);
create index on analytics.metrics_log (organization_id, metric, occurred_at);
create index on analytics.metrics_log (organization_id, source, metric, occurred_at);
create table analytics.metrics_log_default partition of analytics.metrics_log default;
comment on table analytics.metrics_log is
  'Values as they are recorded (seeds metrics_log, performance_metrics, business_metrics, system_metrics, '
  'analytics_metrics, dashboard_metrics): response times, takings, temperatures. Partitioned by month.';
comment on column analytics.metrics_log.metric is 'What was measured, such as page_load or bar.takings.';
comment on column analytics.metrics_log.source is 'Where, such as portal or worker-2.';
comment on column analytics.metrics_log.unit is 'Such as ms or EUR.';
comment on column analytics.metrics_log.labels is 'What else is known of it: {"path": "/call-sheets"}.';

create type analytics.metric_point as (
  bucket date,
  dimension text,
  value numeric
);
comment on type analytics.metric_point is 'A point of a series.';
comment on column analytics.metric_point.bucket is 'The first day of the day, week, month, quarter or year.';
comment on column analytics.metric_point.dimension is 'Such as the name of the event; null for the figure as a whole.';
comment on column analytics.metric_point.value is
  'Null where there is nothing that a ratio could be of, and where events would have to be counted that are no longer kept.';
