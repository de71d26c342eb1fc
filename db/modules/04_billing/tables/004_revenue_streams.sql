create table billing.revenue_streams (
  like platform.tenant_row including all,
  name text not null check (btrim(name) <> '' and length(name) <= 200),
  description text,
  kind text not null default 'services'
    check (kind in ('services', 'tickets', 'rental', 'licensing', 'sponsorship', 'grants', 'merchandise', 'subscriptions',
                    'advertising', 'other')),
  status text not null default 'active' check (status in ('planned', 'active', 'paused', 'ended')),
  recurrence text not null default 'one_off' check (recurrence in ('one_off', 'weekly', 'monthly', 'quarterly', 'yearly')),
  amount numeric(14,2) not null check (amount >= 0),
  currency char(3) not null check (currency ~ '^[A-Z]{3}$'),
  starts_on date,
  ends_on date,
  yearly_amount numeric(14,2) generated always as (
    case recurrence
      when 'weekly' then amount * 52
      when 'monthly' then amount * 12
      when 'quarterly' then amount * 4
      when 'yearly' then amount
    end) stored,
  constraint revenue_streams_days_rule check (ends_on >= starts_on)
);
create index on billing.revenue_streams (organization_id, status);
comment on table billing.revenue_streams is
  'Where an organization''s money comes from, and how much is expected (seed revenue_streams).';
comment on constraint revenue_streams_days_rule on billing.revenue_streams is 'The last day is not before the first.';
comment on column billing.revenue_streams.amount is 'What is expected each time.';
comment on column billing.revenue_streams.ends_on is 'The last day on which it brings something.';
comment on column billing.revenue_streams.yearly_amount is
  'What it brings in a year, where it recurs; null for what comes once.';
