create table billing.usage_metrics (
  key text primary key check (key ~ '^[a-z][a-z0-9_]*$' and length(key) <= 60),
  name text not null check (btrim(name) <> ''),
  description text not null,
  unit text not null check (btrim(unit) <> ''),
  kind text not null check (kind in ('gauge', 'counter')),
  is_hard boolean not null default true,
  is_per_seat boolean not null default false,
  position integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index on billing.usage_metrics ((true)) where is_per_seat;
comment on table billing.usage_metrics is
  'What is measured in an organization, and can be limited by its plan.';
comment on column billing.usage_metrics.key is 'What plans, functions and errors call it, such as projects.';
comment on column billing.usage_metrics.unit is 'One of what is counted, such as project or byte.';
comment on column billing.usage_metrics.kind is
  'gauge: what is there now, such as projects. counter: what was done in the calendar month, such as e-mails sent.';
comment on column billing.usage_metrics.is_hard is
  'Whether what goes over the limit is refused (LIMIT_REACHED). Otherwise it is counted, and checkTenantLimit says that '
  'no more is allowed.';
comment on column billing.usage_metrics.is_per_seat is 'The metric whose limit rises with the seats of a subscription.';

create table billing.subscription_plans (
  id uuid primary key default platform.uuidv7(),
  key text not null unique check (key ~ '^[a-z][a-z0-9_]*$' and length(key) <= 60),
  name text not null check (btrim(name) <> '' and length(name) <= 200),
  description text not null default '',
  features text[] not null default '{}' check (array_to_string(features, ',', '?') ~ '^([a-z][a-z0-9_]*(,|$))*$'),
  trial_days smallint not null default 0 check (trial_days between 0 and 366),
  grace_days smallint not null default 14 check (grace_days between 0 and 366),
  is_default boolean not null default false,
  is_public boolean not null default true,
  position integer not null default 0,
  retired_at timestamptz check (isfinite(retired_at)),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint subscription_plans_default_rule check (not is_default or trial_days = 0 and retired_at is null)
);
create unique index subscription_plans_one_default on billing.subscription_plans ((true)) where is_default;
comment on table billing.subscription_plans is
  'What organizations can subscribe to (seed subscription_plans). Limits are in planLimits, prices in planPrices.';
comment on constraint subscription_plans_default_rule on billing.subscription_plans is
  'The plan that organizations begin with has no trial and is not retired.';
comment on column billing.subscription_plans.features is
  'Keys of what the plan includes besides its limits, such as api_keys or single_sign_on.';
comment on column billing.subscription_plans.trial_days is
  'Days for which an organization that has had no trial yet may use it without paying.';
comment on column billing.subscription_plans.grace_days is
  'Days for which a subscription goes on while a payment is due, before it falls back to the default plan.';
comment on column billing.subscription_plans.is_default is
  'The one plan that new organizations start on and that others fall back to. It costs nothing.';
comment on column billing.subscription_plans.is_public is
  'Whether an organization can choose it by itself. The others are arranged with the platform.';
comment on column billing.subscription_plans.position is 'Place in the list, from the smallest plan to the largest.';
comment on column billing.subscription_plans.retired_at is
  'Since when nobody can choose it any more. Whoever has it keeps it.';

create table billing.plan_limits (
  plan_id uuid not null references billing.subscription_plans on delete cascade,
  metric_key text not null references billing.usage_metrics,
  limit_value bigint check (limit_value >= 0),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (plan_id, metric_key)
);
create index on billing.plan_limits (metric_key);
comment on table billing.plan_limits is 'How much of a metric a plan allows. Without a row there is no limit.';
comment on column billing.plan_limits.limit_value is
  'In units of the metric: at any time for a gauge, per calendar month for a counter. Null: no limit.';

create table billing.plan_prices (
  plan_id uuid not null references billing.subscription_plans on delete cascade,
  billing_interval text not null check (billing_interval in ('month', 'year')),
  currency char(3) not null check (currency ~ '^[A-Z]{3}$'),
  price numeric(14,2) not null check (price >= 0 and price <> 'NaN'),
  seat_price numeric(14,2) check (seat_price >= 0 and seat_price <> 'NaN'),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (plan_id, billing_interval, currency)
);
comment on table billing.plan_prices is 'What a plan costs, by billing interval and currency. Without a row it is free.';
comment on column billing.plan_prices.price is 'For one interval.';
comment on column billing.plan_prices.seat_price is
  'For one interval and each seat beyond those that the plan includes; null when no more seats are sold.';
