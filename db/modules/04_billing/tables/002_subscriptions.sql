create table billing.subscriptions (
  organization_id uuid not null default authz.organization_id() references tenancy.organizations,
  id uuid not null default platform.uuidv7(),
  plan_id uuid not null references billing.subscription_plans,
  status text not null default 'active' check (status in ('trialing', 'active', 'past_due', 'cancelled', 'expired')),
  billing_interval text not null default 'month' check (billing_interval in ('month', 'year')),
  currency char(3) not null check (currency ~ '^[A-Z]{3}$'),
  price numeric(14,2) not null default 0 check (price >= 0 and price <> 'NaN'),
  seat_price numeric(14,2) check (seat_price >= 0 and seat_price <> 'NaN'),
  seats integer check (seats between 1 and 1000000),
  collection text not null default 'automatic' check (collection in ('automatic', 'invoice')),
  started_at timestamptz not null default now() check (isfinite(started_at)),
  ended_at timestamptz check (isfinite(ended_at)),
  anchored_at timestamptz not null default now() check (isfinite(anchored_at)),
  period tstzrange not null
    check (not isempty(period) and lower_inc(period) and not upper_inc(period)
           and isfinite(lower(period)) and isfinite(upper(period))),
  trial_ends_at timestamptz check (isfinite(trial_ends_at)),
  past_due_since timestamptz check (isfinite(past_due_since)),
  cancel_at_period_end boolean not null default false,
  next_plan_id uuid references billing.subscription_plans,
  next_interval text check (next_interval in ('month', 'year')),
  next_currency char(3) check (next_currency ~ '^[A-Z]{3}$'),
  provider text check (provider ~ '^[a-z][a-z0-9_]*$'),
  external_id text check (btrim(external_id) <> '' and length(external_id) <= 255),
  synced_at timestamptz,
  created_by uuid default authz.actor_id() references identity.users,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  check (ended_at >= started_at),
  check ((ended_at is null) = (status in ('trialing', 'active', 'past_due'))),
  check (status <> 'trialing' or trial_ends_at is not null),
  check ((status = 'past_due') <= (past_due_since is not null)),
  check ((provider is null) = (external_id is null)),
  check (num_nulls(next_plan_id, next_interval, next_currency) in (0, 3)),
  check (not (cancel_at_period_end and next_plan_id is not null)),
  constraint subscriptions_one_at_a_time
    exclude using gist (organization_id extensions.gist_uuid_ops with =, tstzrange(started_at, ended_at) with &&)
);
create unique index subscriptions_one_current on billing.subscriptions (organization_id) include (plan_id, seats)
  where ended_at is null;
create index on billing.subscriptions (plan_id);
create index on billing.subscriptions (next_plan_id);
create index on billing.subscriptions (created_by);
create index on billing.subscriptions (upper(period)) where ended_at is null;
create index on billing.subscriptions (past_due_since) where status = 'past_due';
create index on billing.subscriptions (provider, external_id) where external_id is not null;
-- Subscription is GraphQL's own.
comment on table billing.subscriptions is
  E'@name billing_subscriptions\nWhich plan an organization has and had (seeds subscriptions, billing_subscriptions, subscription_tiers). It has one '
  'current subscription at a time, the one without endedAt.';
comment on column billing.subscriptions.status is
  'trialing, active and past_due are current and give all that the plan allows; cancelled and expired are over.';
comment on column billing.subscriptions.price is 'For one billing interval, as agreed when the plan was chosen.';
comment on column billing.subscriptions.seat_price is
  'For one billing interval and each seat beyond those that the plan includes.';
comment on column billing.subscriptions.seats is
  'Members that it is for, where more were bought than the plan includes.';
comment on column billing.subscriptions.collection is
  'automatic: paid with the default payment method. invoice: paid by invoice.';
comment on column billing.subscriptions.anchored_at is
  'When its first period began. Later ones begin on the same day and at the same time of the month, in the '
  'organization''s time zone; on the last day of months that are too short.';
comment on column billing.subscriptions.period is 'The billing period that it is in, or was in when it ended.';
comment on column billing.subscriptions.trial_ends_at is 'When its trial ends or ended; an organization has one trial.';
comment on column billing.subscriptions.past_due_since is
  'Since when a payment is due. After the plan''s days of grace the organization falls back to the default plan.';
comment on column billing.subscriptions.cancel_at_period_end is
  'Whether it ends with its period. resumeSubscription takes that back.';
comment on column billing.subscriptions.next_plan_id is 'The plan that it changes to at the end of its period.';
comment on constraint subscriptions_next_plan_id_fkey on billing.subscriptions is '@backwardBehavior -*';
comment on column billing.subscriptions.next_interval is 'The billing interval that goes with the next plan.';
comment on column billing.subscriptions.next_currency is 'The currency that goes with the next plan.';
comment on column billing.subscriptions.provider is
  'Who collects the money, such as stripe; then its periods and its status follow what the provider reports.';
comment on column billing.subscriptions.external_id is 'What the provider calls it.';
comment on column billing.subscriptions.synced_at is 'The time of the provider''s latest report that was applied.';

create table billing.billing_customers (
  organization_id uuid not null default authz.organization_id() references tenancy.organizations,
  id uuid not null default platform.uuidv7(),
  provider text not null check (provider ~ '^[a-z][a-z0-9_]*$'),
  external_id text not null check (btrim(external_id) <> '' and length(external_id) <= 255),
  name text check (length(name) <= 200),
  email text check (email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$'),
  tax_number text check (length(tax_number) <= 60),
  synced_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, provider),
  unique (provider, external_id)
);
comment on table billing.billing_customers is
  'What a payment provider calls an organization (seed stripe_customers): one customer with each provider.';
comment on column billing.billing_customers.external_id is 'The id of the customer at the provider.';
comment on column billing.billing_customers.email is 'Where the provider sends invoices to.';
comment on column billing.billing_customers.tax_number is 'VAT number or the like, as it stands on invoices.';

create table billing.payment_methods (
  organization_id uuid not null default authz.organization_id() references tenancy.organizations,
  id uuid not null default platform.uuidv7(),
  provider text not null check (provider ~ '^[a-z][a-z0-9_]*$'),
  external_id text not null
    check (btrim(external_id) <> '' and length(external_id) <= 255
           and regexp_replace(external_id, '[ -]', '', 'g') !~ '^\d{12,19}$'),
  kind text not null check (kind in ('card', 'bank_account', 'direct_debit', 'wallet', 'other')),
  brand text check (btrim(brand) <> '' and length(brand) <= 60 and brand !~ '\d{5}'),
  last4 text check (last4 ~ '^[0-9A-Za-z]{4}$'),
  expiry_month smallint check (expiry_month between 1 and 12),
  expiry_year smallint check (expiry_year between 2000 and 2200),
  expires_on date generated always as (
    case when expiry_month between 1 and 12 then
      (make_date(expiry_year, expiry_month, 1) + interval '1 month')::date - 1
    end) stored,
  is_default boolean not null default false,
  removed_at timestamptz,
  synced_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, provider, external_id),
  check ((expiry_month is null) = (expiry_year is null)),
  check (kind <> 'card' or last4 is not null and expiry_month is not null),
  check (not (is_default and removed_at is not null))
);
create unique index payment_methods_one_default on billing.payment_methods (organization_id) where is_default;
comment on table billing.payment_methods is
  'How an organization pays (seed payment_methods). Numbers of cards and accounts never come here: the provider has them.';
comment on column billing.payment_methods.external_id is 'The provider''s reference. Anything like a card number is refused.';
comment on column billing.payment_methods.brand is 'Such as visa, or the name of the bank.';
comment on column billing.payment_methods.last4 is 'The last four characters of the number, to tell one from another.';
comment on column billing.payment_methods.expires_on is 'The last day on which it serves; null: it does not expire.';
comment on column billing.payment_methods.is_default is 'The one that subscriptions are paid with.';
comment on column billing.payment_methods.removed_at is 'When it was removed.';

create table billing.provider_events (
  provider text not null,
  event_id text not null check (length(event_id) between 1 and 255),
  event_type text not null,
  occurred_at timestamptz not null,
  received_at timestamptz not null default now(),
  primary key (provider, event_id)
);
create index on billing.provider_events (received_at);
comment on table billing.provider_events is
  'Reports of payment providers that have been applied, so that one which comes again changes nothing. Kept for ninety '
  'days: providers try again for some, and what comes later is older than what is known.';
