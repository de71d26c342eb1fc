create table marketing.roi_tracking (
  like platform.tenant_log_row including all,
  month date not null check (extract(day from month) = 1),
  dimension text not null check (dimension in ('channel', 'campaign')),
  key text,
  model text not null,
  currency char(3) not null check (currency ~ '^[A-Z]{3}$'),
  cost numeric(20,2) not null check (cost >= 0),
  revenue numeric(20,2) not null,
  leads integer not null check (leads >= 0),
  conversions numeric(14,4) not null,
  customers numeric(14,4) not null,
  cost_per_lead numeric(20,2) generated always as (round(cost / nullif(leads, 0), 2)) stored,
  acquisition_cost numeric(20,2) generated always as (round(cost / nullif(customers, 0), 2)) stored,
  roi_percent numeric generated always as (round(100 * (revenue - cost) / nullif(cost, 0), 2)) stored,
  primary key (organization_id, id),
  unique nulls not distinct (organization_id, month, dimension, key, currency)
);
comment on table marketing.roi_tracking is
  'What each channel and each campaign cost and brought, month by month (seed roi_tracking). Kept by a job; getRoi answers for '
  'any days.';
comment on column marketing.roi_tracking.occurred_at is 'When it was computed.';
comment on column marketing.roi_tracking.month is 'The first day of the month, where the organization is.';
comment on column marketing.roi_tracking.key is 'The channel or the campaign; null: of none.';
comment on column marketing.roi_tracking.model is 'By which model of attribution, that of the settings.';
comment on column marketing.roi_tracking.revenue is 'Its share of what came in, refunds taken off.';
comment on column marketing.roi_tracking.leads is
  'New leads that it met first. Leads and conversions are counted in the line of the organization''s currency.';
comment on column marketing.roi_tracking.conversions is 'Its share of the conversions.';
comment on column marketing.roi_tracking.customers is 'Its share of those that made a client.';
comment on column marketing.roi_tracking.cost_per_lead is 'Null without leads.';
comment on column marketing.roi_tracking.acquisition_cost is 'What a new client cost (CAC); null without any.';
comment on column marketing.roi_tracking.roi_percent is '100 × (revenue − cost) ÷ cost; null where nothing was spent.';

create type marketing.roi_line as (
  dimension text,
  key text,
  currency char(3),
  cost numeric(20,2),
  revenue numeric(20,2),
  leads integer,
  conversions numeric(14,4),
  customers numeric(14,4),
  cost_per_lead numeric(20,2),
  acquisition_cost numeric(20,2),
  roi_percent numeric
);
comment on type marketing.roi_line is 'What a channel or a campaign cost and brought: see RoiTracking.';
comment on column marketing.roi_line.cost_per_lead is 'Null without leads.';
comment on column marketing.roi_line.acquisition_cost is 'What a new client cost (CAC); null without any.';
comment on column marketing.roi_line.roi_percent is '100 × (revenue − cost) ÷ cost; null where nothing was spent.';
