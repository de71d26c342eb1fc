-- What is used now. Callers who count at the same time take different parts of a counter, so they do not wait for each
-- other; see functions/take_usage.sql.
create table billing.usage_counters (
  organization_id uuid not null references tenancy.organizations,
  metric_key text not null references billing.usage_metrics,
  period date not null,
  part smallint not null check (part >= 0),
  used bigint not null default 0,
  room bigint check (room >= 0),
  primary key (organization_id, metric_key, period, part)
) with (fillfactor = 50);
create index on billing.usage_counters (metric_key);
create index on billing.usage_counters (period) where period > '-infinity';
comment on table billing.usage_counters is 'What every organization uses now, of each metric: the sum of the parts.';
comment on column billing.usage_counters.period is
  'The first day of the month, in the organization''s time zone; -infinity for gauges.';
comment on column billing.usage_counters.room is
  'How much this part may still take without asking the others; null: there is no limit. Never more than what is left of '
  'the limit in all parts together.';

create table billing.metered_tables (
  table_id regclass not null,
  metric_key text not null references billing.usage_metrics,
  counted jsonb not null check (jsonb_typeof(counted) = 'object'),
  amount_column text not null,
  primary key (table_id, metric_key)
);
create index on billing.metered_tables (metric_key);
comment on table billing.metered_tables is 'Tables whose rows count towards a metric, written by billing.meter.';

create table tenancy.organization_usage (
  like platform.tenant_log_row including all,
  month date not null check (extract(day from month) = 1),
  metric_key text not null references billing.usage_metrics,
  used bigint not null check (used >= 0),
  limit_value bigint check (limit_value >= 0),
  primary key (organization_id, id),
  unique (organization_id, metric_key, month)
);
create index on tenancy.organization_usage (metric_key);
create index on tenancy.organization_usage (organization_id, month);
comment on table tenancy.organization_usage is
  'What an organization used of each metric in the months that are over (seed tenant_usage). The present month is in '
  'usage.';
comment on column tenancy.organization_usage.month is
  'The first day of the month, which began and ended in the organization''s time zone.';
comment on column tenancy.organization_usage.used is
  'In units of the metric: all of the month for a counter, what was there at its end for a gauge.';
comment on column tenancy.organization_usage.limit_value is 'What the plan allowed at the end of the month; null: no limit.';
comment on column tenancy.organization_usage.occurred_at is 'When it was noted.';


create type billing.usage_figure as (
  metric text,
  name text,
  unit text,
  kind text,
  used bigint,
  "limit" bigint,
  remaining bigint,
  percent numeric,
  allowed boolean,
  period_starts_at timestamptz,
  resets_at timestamptz
);
comment on type billing.usage_figure is 'How much of a metric an organization uses, and how much it may.';
comment on column billing.usage_figure.metric is 'The key of the metric.';
comment on column billing.usage_figure.unit is 'One of what is counted, such as project or byte.';
comment on column billing.usage_figure.kind is 'gauge: what is there now. counter: what was done in the period.';
comment on column billing.usage_figure."limit" is 'What the plan allows; null: no limit.';
comment on column billing.usage_figure.remaining is 'What is left of the limit, never below 0; null: no limit.';
comment on column billing.usage_figure.percent is
  'Used, of the limit, with one decimal; above 100 after a change to a smaller plan. Null: no limit.';
comment on column billing.usage_figure.allowed is 'Whether one more is allowed.';
comment on column billing.usage_figure.period_starts_at is
  'Since when a counter counts: the first of the month in the organization''s time zone; null for gauges.';
comment on column billing.usage_figure.resets_at is
  'When a counter begins anew: the first of the next month there; null for gauges.';
