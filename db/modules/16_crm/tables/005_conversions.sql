create table crm.conversions (
  like platform.tenant_row including all,
  lead_id uuid not null,
  deal_id uuid,
  kind text not null default 'customer'
    check (kind in ('customer', 'deal_won', 'purchase', 'sign_up', 'booking_request', 'other')),
  occurred_at timestamptz not null default now(),
  makes_customer boolean not null default false,
  notes text check (length(notes) <= 2000),
  client_key text check (length(client_key) between 1 and 200),
  constraint conversions_client_key unique (organization_id, client_key),
  foreign key (organization_id, lead_id) references crm.leads,
  foreign key (organization_id, deal_id) references crm.deals
);
create unique index conversions_customer_key on crm.conversions (organization_id, lead_id)
  where makes_customer and deleted_at is null;
create unique index conversions_deal_key on crm.conversions (organization_id, deal_id) where deleted_at is null;
create index on crm.conversions (organization_id, lead_id, occurred_at);
create index on crm.conversions (organization_id, deal_id);
create index on crm.conversions (organization_id, occurred_at);
comment on table crm.conversions is
  E'@behavior -insert -update\nWhen a lead did what was hoped for (seeds conversions, pipeline_conversions). Written by '
  'recordConversion, convertLead and by deals that are won.';
comment on column crm.conversions.kind is 'customer, deal_won and purchase make a lead a client.';
comment on column crm.conversions.makes_customer is 'Whether it is the one that made the lead a client: the first of those that count.';
comment on column crm.conversions.client_key is 'What the client knows it by: recording it again gives the one that is there.';
comment on constraint conversions_client_key on crm.conversions is '@behavior -*';

create table crm.revenue_events (
  like platform.tenant_row including all,
  conversion_id uuid not null,
  kind text not null default 'new' check (kind in ('new', 'recurring', 'expansion', 'refund', 'correction')),
  amount numeric(14,2) not null check (amount <> 0),
  currency char(3) not null check (currency ~ '^[A-Z]{3}$'),
  occurred_at timestamptz not null default now(),
  reference text check (length(reference) <= 200),
  client_key text check (length(client_key) between 1 and 200),
  constraint revenue_events_sign_rule check (kind = 'correction' or (amount < 0) = (kind = 'refund')),
  constraint revenue_events_client_key unique (organization_id, client_key),
  foreign key (organization_id, conversion_id) references crm.conversions
);
create index on crm.revenue_events (organization_id, conversion_id);
create index on crm.revenue_events (organization_id, occurred_at);
comment on table crm.revenue_events is
  E'@behavior -update\nMoney that a conversion brought (seed revenue_events), now or later. What is wrong is corrected by another.';
comment on constraint revenue_events_sign_rule on crm.revenue_events is
  'A refund is below zero; a correction may be, and nothing else.';
comment on column crm.revenue_events.amount is 'In the currency; negative for a refund.';
comment on constraint revenue_events_client_key on crm.revenue_events is '@behavior -*';

create type crm.attribution_line as (
  dimension text,
  key text,
  label text,
  currency char(3),
  conversions numeric(14,4),
  customers numeric(14,4),
  revenue numeric(20,2)
);
comment on type crm.attribution_line is 'What a channel, a campaign or a source earned.';
comment on column crm.attribution_line.key is 'The channel, the campaign, or the id of the source; null: nothing met the lead before.';
comment on column crm.attribution_line.currency is 'Of the revenue. Conversions are counted in the line of the organization''s own.';
comment on column crm.attribution_line.conversions is
  'Conversions in the days asked about, in shares of their touchpoints: they add up to all there were.';
comment on column crm.attribution_line.customers is 'The same of conversions that made a client.';
comment on column crm.attribution_line.revenue is 'Its share of what came in in these days; all lines of a currency add up to it, to the cent.';
