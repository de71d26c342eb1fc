create table crm.pipeline_stages (
  like platform.tenant_row including all,
  name text not null check (btrim(name) <> '' and length(name) <= 100),
  description text check (length(description) <= 2000),
  kind text not null default 'open' check (kind in ('open', 'won', 'lost')),
  probability numeric(5,2) not null default 0 check (probability between 0 and 100),
  forecast_category text not null default 'pipeline' check (forecast_category in ('pipeline', 'best_case', 'committed')),
  position integer not null default 0,
  stale_after_days integer check (stale_after_days > 0),
  constraint pipeline_stages_probability_rule
    check (kind = 'open' or probability = case kind when 'won' then 100 else 0 end)
);
create unique index pipeline_stages_name_key on crm.pipeline_stages (organization_id, lower(btrim(name)))
  where deleted_at is null;
create index on crm.pipeline_stages (organization_id, position);
comment on table crm.pipeline_stages is
  'What deals go through (seed pipeline_stages). Every organization begins with a set; there is always one of each kind.';
comment on constraint pipeline_stages_probability_rule on crm.pipeline_stages is
  'What is won has the probability 100, what is lost 0.';
comment on column crm.pipeline_stages.kind is
  'open; won and lost are where deals end. Stays as it is while deals are in the stage.';
comment on column crm.pipeline_stages.probability is 'In percent, how many of the deals here are won in the end: 100 for won, 0 for lost.';
comment on column crm.pipeline_stages.forecast_category is
  'What deals here are in the forecast: committed, best_case, or only weighted (pipeline).';
comment on column crm.pipeline_stages.position is 'Its place on the board, from the left.';
comment on column crm.pipeline_stages.stale_after_days is 'After so many days here a deal is stale; null: never.';

create table crm.deals (
  like platform.tenant_row including all,
  lead_id uuid not null,
  stage_id uuid,
  name text not null check (btrim(name) <> '' and length(name) <= 200),
  description text check (length(description) <= 50000),
  status text not null default 'open' check (status in ('open', 'won', 'lost')),
  amount numeric(14,2) check (amount >= 0),
  currency char(3) check (currency ~ '^[A-Z]{3}$'),
  probability numeric(5,2) check (probability between 0 and 100),
  forecast_category text check (forecast_category in ('pipeline', 'best_case', 'committed')),
  expected_close_on date,
  owner_id uuid references identity.users,
  lead_source_id uuid,
  project_id uuid,
  position numeric not null default 0,
  stage_entered_at timestamptz not null default now(),
  closed_at timestamptz,
  lost_reason text check (btrim(lost_reason) <> '' and length(lost_reason) <= 500),
  constraint deals_stage_rule check (stage_id is not null),
  constraint deals_currency_given_rule check (currency is not null),
  constraint deals_closed_rule check ((status = 'open') = (closed_at is null)),
  constraint deals_won_rule check (status <> 'won' or amount is not null),
  constraint deals_lost_rule check ((status = 'lost') = (lost_reason is not null)),
  foreign key (organization_id, lead_id) references crm.leads,
  foreign key (organization_id, stage_id) references crm.pipeline_stages,
  foreign key (organization_id, lead_source_id) references crm.lead_sources,
  foreign key (organization_id, project_id) references projects.projects
);
create index on crm.deals (organization_id, lead_id);
create index on crm.deals (organization_id, stage_id, position, id);
create index on crm.deals (organization_id, owner_id);
create index on crm.deals (organization_id, lead_source_id);
create index on crm.deals (organization_id, project_id);
create index on crm.deals (organization_id, status, expected_close_on);
create index on crm.deals (organization_id, closed_at);
create index on crm.deals (organization_id, name);
comment on table crm.deals is
  'What may be sold to a lead (seeds pipeline_deals, pipeline_opportunities). moveDeal takes it from stage to stage.';
comment on constraint deals_lost_rule on crm.deals is 'What is lost has a reason, and nothing else has one.';
comment on constraint deals_won_rule on crm.deals is 'What is won has an amount.';
comment on column crm.deals.lead_id is
  'With whom it is made; others who have a say are its contacts. A deal that was won takes its conversion along to another lead.';
comment on column crm.deals.stage_id is E'@behavior -attribute:update\nThe first open stage when left out; changed by moveDeal.';
comment on column crm.deals.status is 'What kind of stage it is in.';
comment on column crm.deals.amount is 'What it is worth; a deal that is won has one. Stays as it is while the deal is closed.';
comment on column crm.deals.currency is 'ISO 4217; that of the organization when left out.';
comment on column crm.deals.probability is 'In percent; null: that of the stage.';
comment on column crm.deals.forecast_category is 'committed, best_case or pipeline; null: that of the stage.';
comment on column crm.deals.expected_close_on is 'The day by which it should be decided; the forecast goes by it.';
comment on column crm.deals.project_id is 'The production that came of it.';
comment on column crm.deals.position is E'@behavior -attribute:insert -attribute:update\nIts place within the stage: less is higher up.';
comment on column crm.deals.stage_entered_at is 'Since when it is in its stage.';
comment on column crm.deals.closed_at is 'When it was won or lost.';
comment on column crm.deals.lost_reason is E'@behavior -attribute:update\nWhy it was lost; for deals that are, always.';

alter table crm.lead_activities add foreign key (organization_id, deal_id) references crm.deals;
create index on crm.lead_activities (organization_id, deal_id, occurred_at);

create table crm.deal_contacts (
  like platform.tenant_row including all,
  deal_id uuid not null,
  lead_id uuid not null,
  role text not null default 'other'
    check (role in ('decision_maker', 'influencer', 'champion', 'budget_holder', 'legal', 'user', 'other')),
  notes text check (length(notes) <= 2000),
  foreign key (organization_id, deal_id) references crm.deals,
  foreign key (organization_id, lead_id) references crm.leads
);
create unique index deal_contacts_lead_key on crm.deal_contacts (organization_id, deal_id, lead_id) where deleted_at is null;
create index on crm.deal_contacts (organization_id, deal_id);
create index on crm.deal_contacts (organization_id, lead_id);
comment on table crm.deal_contacts is 'Who else has a say in a deal (seed pipeline_contacts).';

create table crm.deal_stage_changes (
  like platform.tenant_log_row including all,
  workspace_id uuid,
  deal_id uuid not null,
  from_stage_id uuid,
  to_stage_id uuid not null,
  from_status text check (from_status in ('open', 'won', 'lost')),
  to_status text not null check (to_status in ('open', 'won', 'lost')),
  seconds_in_stage bigint check (seconds_in_stage >= 0),
  moved_by uuid references identity.users,
  amount numeric(14,2),
  currency char(3) not null,
  lost_reason text,
  primary key (organization_id, id),
  check ((from_stage_id is null) = (seconds_in_stage is null)),
  foreign key (organization_id, deal_id) references crm.deals,
  foreign key (organization_id, from_stage_id) references crm.pipeline_stages,
  foreign key (organization_id, to_stage_id) references crm.pipeline_stages
);
create index on crm.deal_stage_changes (organization_id, deal_id, occurred_at);
create index on crm.deal_stage_changes (organization_id, from_stage_id, occurred_at);
create index on crm.deal_stage_changes (organization_id, to_stage_id, occurred_at);
comment on table crm.deal_stage_changes is
  'The way of each deal through the stages: who moved it, when, and how long it had been where it came from.';
comment on column crm.deal_stage_changes.from_stage_id is 'Null: the deal was made.';
comment on constraint deal_stage_changes_organization_id_from_stage_id_fkey on crm.deal_stage_changes is
  '@foreignFieldName dealStageChangesFrom';
comment on constraint deal_stage_changes_organization_id_to_stage_id_fkey on crm.deal_stage_changes is
  '@foreignFieldName dealStageChangesTo';
comment on column crm.deal_stage_changes.seconds_in_stage is 'How long it was in the stage that it left.';
comment on column crm.deal_stage_changes.amount is 'What it was worth at that moment.';

create table crm.pipeline_forecasts (
  like platform.tenant_log_row including all,
  snapshot_on date not null,
  month date not null check (extract(day from month) = 1),
  currency char(3) not null check (currency ~ '^[A-Z]{3}$'),
  committed numeric(20,2) not null,
  best_case numeric(20,2) not null,
  weighted numeric(20,2) not null,
  closed_won numeric(20,2) not null,
  open_deals integer not null,
  won_deals integer not null,
  primary key (organization_id, id),
  unique (organization_id, snapshot_on, month, currency)
);
comment on table crm.pipeline_forecasts is
  'The forecast as it was at the end of each day (seed pipeline_forecasts): how it came about, and how good it was.';
comment on column crm.pipeline_forecasts.snapshot_on is 'The day, where the organization is.';
comment on column crm.pipeline_forecasts.month is 'The first day of the month that is forecast.';
comment on column crm.pipeline_forecasts.committed is 'Open deals that count as committed.';
comment on column crm.pipeline_forecasts.best_case is 'Committed, and those that count as best case.';
comment on column crm.pipeline_forecasts.weighted is 'Every open deal by its probability.';
comment on column crm.pipeline_forecasts.closed_won is 'What was won in the month.';

create table crm.pipeline_metrics (
  like platform.tenant_log_row including all,
  month date not null check (extract(day from month) = 1),
  metric text not null
    check (metric in ('stage_conversion', 'stage_days', 'win_rate', 'days_to_win', 'average_age', 'velocity')),
  stage_id uuid,
  currency char(3),
  numerator numeric not null,
  denominator numeric not null,
  value numeric generated always as (round(numerator / nullif(denominator, 0), 4)) stored,
  primary key (organization_id, id),
  unique nulls not distinct (organization_id, month, metric, stage_id, currency),
  foreign key (organization_id, stage_id) references crm.pipeline_stages
);
create index on crm.pipeline_metrics (organization_id, stage_id);
comment on table crm.pipeline_metrics is
  'How the pipeline works, month by month (seed pipeline_metrics). Each figure is exact: value = numerator ÷ denominator.';
comment on column crm.pipeline_metrics.month is 'The first day of the month, where the organization is.';
comment on column crm.pipeline_metrics.metric is
  'stage_conversion: of the deals that came into the stage in the month, those that have gone further since or were won. '
  'stage_days: days in the stage of those that left it in the month. win_rate: won of all closed. days_to_win: from making a '
  'deal to winning it. average_age: days that open deals are old, at the end of the month or now. velocity: money a day, '
  'which is open deals × win rate × average amount ÷ days to win.';
comment on column crm.pipeline_metrics.stage_id is 'For stage_conversion and stage_days.';
comment on column crm.pipeline_metrics.currency is 'For velocity.';
comment on column crm.pipeline_metrics.value is 'Null where nothing can be said: the denominator is zero.';

create type crm.forecast_line as (
  bucket date,
  currency char(3),
  committed numeric(20,2),
  best_case numeric(20,2),
  weighted numeric(20,2),
  closed_won numeric(20,2),
  open_amount numeric(20,2),
  open_deals integer,
  won_deals integer
);
comment on type crm.forecast_line is 'What a span of time may bring, in one currency.';
comment on column crm.forecast_line.bucket is
  'The first day of the month (or week, quarter, year); null: open deals that have no expected day.';
comment on column crm.forecast_line.committed is 'Open deals that count as committed.';
comment on column crm.forecast_line.best_case is 'Committed, and those that count as best case.';
comment on column crm.forecast_line.weighted is 'Every open deal by its probability, in cents each.';
comment on column crm.forecast_line.closed_won is 'What was won in it.';

create type crm.deal_total as (
  currency char(3),
  deals integer,
  amount numeric(20,2),
  weighted numeric(20,2)
);
comment on type crm.deal_total is 'What deals come to, in one currency.';
comment on column crm.deal_total.amount is 'Deals without an amount count as nothing.';
comment on column crm.deal_total.weighted is 'By the probability of each, in cents each.';
