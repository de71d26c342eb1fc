create table marketing.marketing_costs (
  like platform.tenant_row including all,
  name text not null check (btrim(name) <> '' and length(name) <= 200),
  channel text not null default 'other'
    check (channel in ('direct', 'organic_search', 'paid_search', 'organic_social', 'paid_social', 'email', 'referral',
                       'event', 'partner', 'outbound', 'content', 'phone', 'other')),
  campaign text check (campaign = lower(btrim(campaign)) and campaign <> '' and length(campaign) <= 200),
  vendor text check (btrim(vendor) <> '' and length(vendor) <= 200),
  amount numeric(14,2) not null check (amount >= 0),
  currency char(3) check (currency ~ '^[A-Z]{3}$'),
  starts_on date not null,
  ends_on date,
  notes text check (length(notes) <= 10000),
  constraint marketing_costs_currency_given_rule check (currency is not null),
  constraint marketing_costs_days_rule check (ends_on >= starts_on and ends_on < starts_on + 1830),
  constraint marketing_costs_end_rule check (ends_on is not null)
);
create index on marketing.marketing_costs (organization_id, starts_on);
create index on marketing.marketing_costs (organization_id, campaign);
create index on marketing.marketing_costs (organization_id, channel);
comment on table marketing.marketing_costs is
  'What marketing costs (seeds marketing_costs, campaign_costs): a stand at a festival, a month of advertisements.';
comment on constraint marketing_costs_days_rule on marketing.marketing_costs is
  'The last day is not before the first, and less than 1830 days after it.';
comment on column marketing.marketing_costs.channel is 'Compared with the channel of touchpoints.';
comment on column marketing.marketing_costs.campaign is
  'Compared with the campaign of touchpoints; in lower case, however it is given. Null: of no campaign.';
comment on column marketing.marketing_costs.currency is 'ISO 4217; that of the organization when left out.';
comment on column marketing.marketing_costs.ends_on is
  'The last day that it was paid for; the first one when left out. A cost is spread evenly over its days, in whole cents.';
