create table finance.accounts (
  like platform.tenant_row including all,
  code text not null check (code ~ '^[0-9A-Za-z][0-9A-Za-z.-]*$' and length(code) <= 20),
  name text not null check (btrim(name) <> ''),
  kind text not null check (kind in ('asset', 'liability', 'equity', 'revenue', 'expense')),
  parent_account_id uuid,
  currency char(3) not null default 'USD' check (currency ~ '^[A-Z]{3}$'),
  is_active boolean not null default true,
  unique nulls not distinct (organization_id, code, deleted_at),
  foreign key (organization_id, parent_account_id) references finance.accounts
);
create index on finance.accounts (organization_id, parent_account_id);
comment on table finance.accounts is 'The chart of accounts (seed finance_accounts).';
comment on column finance.accounts.code is 'Its number in the chart, such as 5100.';

create table finance.budgets (
  like platform.tenant_row including all,
  project_id uuid,
  name text not null check (btrim(name) <> '' and length(name) <= 200),
  status text not null default 'draft' check (status in ('draft', 'submitted', 'approved', 'closed', 'cancelled')),
  currency char(3) not null default 'USD' check (currency ~ '^[A-Z]{3}$'),
  starts_on date,
  ends_on date,
  under_below_percent numeric(6,2) not null default 95 check (under_below_percent >= 0),
  at_risk_above_percent numeric(6,2) not null default 100,
  over_above_percent numeric(6,2) not null default 110,
  notes text,
  constraint budgets_days_rule check (ends_on >= starts_on),
  constraint budgets_percentages_rule
    check (under_below_percent <= at_risk_above_percent and at_risk_above_percent <= over_above_percent),
  foreign key (organization_id, project_id) references projects.projects
);
create index on finance.budgets (organization_id, project_id);
create index on finance.budgets (organization_id, status);
create index on finance.budgets (organization_id, name);
comment on table finance.budgets is
  'What a project, or something else in a span of time, may cost (seeds budgets, project_budgets).';
comment on constraint budgets_days_rule on finance.budgets is 'The last day is not before the first.';
comment on constraint budgets_percentages_rule on finance.budgets is
  'The percentage of under budget is not above that of at risk, nor that above the one of over budget.';
comment on column finance.budgets.under_below_percent is
  'The forecast is "under" below this percentage of the plan.';
comment on column finance.budgets.at_risk_above_percent is
  'The forecast is "at_risk" above this percentage of the plan.';
comment on column finance.budgets.over_above_percent is 'The forecast is "over" above this percentage of the plan.';

create table finance.budget_line_items (
  like platform.tenant_row including all,
  budget_id uuid not null,
  account_id uuid,
  category text not null check (btrim(category) <> '' and length(category) <= 100),
  name text not null check (btrim(name) <> '' and length(name) <= 200),
  quantity numeric(12,3) not null default 1,
  unit text,
  unit_cost numeric(14,2) not null default 0,
  planned_amount numeric(14,2) not null generated always as (round(quantity * unit_cost, 2)) stored,
  estimate_to_complete numeric(14,2) check (estimate_to_complete >= 0),
  position integer not null default 0,
  notes text,
  unique (organization_id, budget_id, id),
  foreign key (organization_id, budget_id) references finance.budgets,
  foreign key (organization_id, account_id) references finance.accounts
);
create index on finance.budget_line_items (organization_id, account_id);
comment on table finance.budget_line_items is 'The lines of a budget (seed budget_line_items).';
comment on column finance.budget_line_items.category is 'What the lines of a budget are summed by, such as Camera.';
comment on column finance.budget_line_items.planned_amount is 'quantity × unit cost, rounded to cents.';
comment on column finance.budget_line_items.estimate_to_complete is
  'What is still to come, where somebody has estimated it. Without it the rest of the plan is assumed.';

create table finance.transactions (
  like platform.tenant_row including all,
  account_id uuid not null,
  project_id uuid,
  budget_id uuid,
  budget_line_item_id uuid,
  kind text not null
    check (kind in ('expense', 'payroll', 'invoice_received', 'revenue', 'transfer', 'adjustment')),
  status text not null default 'draft' check (status in ('draft', 'posted', 'void')),
  category text check (btrim(category) <> '' and length(category) <= 100),
  description text,
  reference text,
  counterparty text,
  amount numeric(14,2) not null,
  currency char(3) not null default 'USD' check (currency ~ '^[A-Z]{3}$'),
  posted_on date,
  voided_on date,
  constraint transactions_posted_rule check (status = 'draft' or posted_on is not null),
  constraint transactions_voided_rule check ((status = 'void') = (voided_on is not null)),
  constraint transactions_days_rule check (voided_on >= posted_on),
  constraint transactions_line_rule check (budget_line_item_id is null or budget_id is not null),
  foreign key (organization_id, account_id) references finance.accounts,
  foreign key (organization_id, project_id) references projects.projects,
  foreign key (organization_id, budget_id) references finance.budgets,
  foreign key (organization_id, budget_id, budget_line_item_id)
    references finance.budget_line_items (organization_id, budget_id, id)
);
create index on finance.transactions (organization_id, account_id);
create index on finance.transactions (organization_id, project_id);
create index on finance.transactions (organization_id, budget_id, budget_line_item_id);
create index on finance.transactions (organization_id, posted_on);
comment on table finance.transactions is
  'Money that moved (seeds financial_transactions, finance_transactions). Draft, then posted, then perhaps void: posted '
  'amounts are never edited.';
comment on constraint transactions_posted_rule on finance.transactions is 'What is posted has the day on which it was.';
comment on constraint transactions_voided_rule on finance.transactions is
  'What is void has the day on which it was voided, and nothing else has one.';
comment on constraint transactions_days_rule on finance.transactions is 'Nothing is voided before it is posted.';
comment on constraint transactions_line_rule on finance.transactions is 'A line needs its budget.';
comment on column finance.transactions.amount is
  'In the currency; positive is what the kind says, negative is its opposite, such as a refund.';
comment on column finance.transactions.budget_id is
  'The budget it counts against. Left out, it is the only approved budget of the project.';
comment on column finance.transactions.posted_on is 'The day in the ledger.';
comment on column finance.transactions.voided_on is 'The day from which it no longer counts.';

create type finance.budget_variance_entry as (
  category text,
  measure text,
  source_type text,
  source_id uuid,
  line_item_id uuid,
  name text,
  occurred_on date,
  amount numeric(14,2),
  currency char(3)
);
comment on type finance.budget_variance_entry is 'One row that a figure of a budget''s variance is made of.';
comment on column finance.budget_variance_entry.measure is
  'planned, committed, actual, or estimate (what somebody estimates is still to come).';
comment on column finance.budget_variance_entry.source_type is 'The table that the row is in.';

create type finance.budget_variance_category as (
  category text,
  planned numeric(14,2),
  committed numeric(14,2),
  actual numeric(14,2),
  forecast numeric(14,2),
  variance numeric(14,2),
  variance_percent numeric(18,2),
  status text
);
comment on type finance.budget_variance_category is 'The figures of one category of a budget, in its currency.';
comment on column finance.budget_variance_category.planned is 'What the lines of the budget say.';
comment on column finance.budget_variance_category.committed is 'Ordered, not yet received or invoiced.';
comment on column finance.budget_variance_category.actual is 'Posted by the day asked about and not void then.';
comment on column finance.budget_variance_category.forecast is
  'At completion: actual, committed, and what is still to come, which is the estimate of a line or else the rest of its '
  'plan.';
comment on column finance.budget_variance_category.variance is 'planned − forecast: negative is too much.';
comment on column finance.budget_variance_category.variance_percent is
  'The variance in percent of the plan; null without a plan.';
comment on column finance.budget_variance_category.status is
  'under, on_track, at_risk or over: the forecast against the thresholds of the budget.';

create type finance.budget_variance as (
  budget_id uuid,
  as_of date,
  currency char(3),
  planned numeric(14,2),
  committed numeric(14,2),
  actual numeric(14,2),
  forecast numeric(14,2),
  variance numeric(14,2),
  variance_percent numeric(18,2),
  status text,
  categories finance.budget_variance_category[]
);
comment on type finance.budget_variance is
  'Plan, commitments, actual cost and forecast of a budget, in total and per category.';
comment on column finance.budget_variance.categories is 'In the order of their first lines; what is not planned last.';

create type finance.budget_draft as (
  row_id uuid,
  project_id uuid,
  name text,
  status text,
  currency char(3),
  starts_on date,
  ends_on date,
  notes text,
  expected_updated_at timestamptz
);
comment on type finance.budget_draft is 'A budget as save_budget takes it.';
comment on column finance.budget_draft.row_id is 'The budget to change; without it a new one is made.';
comment on column finance.budget_draft.project_id is
  'The project that it is for; left out, it is for none, also where it was for one.';
comment on column finance.budget_draft.name is 'What it is called, in 200 characters at most; needed.';
comment on column finance.budget_draft.status is 'Left out: draft, or what it was.';
comment on column finance.budget_draft.currency is
  'ISO 4217, three capital letters. Left out: that of the organization, or what it was.';
comment on column finance.budget_draft.starts_on is 'The first day that it is about; left out: open.';
comment on column finance.budget_draft.ends_on is 'The last day that it is about, not before the first; left out: open.';
comment on column finance.budget_draft.notes is 'Left out, there are none.';
comment on column finance.budget_draft.expected_updated_at is
  'The updated_at that was read: if somebody has changed the budget since, nothing is saved (CONFLICT).';

create type finance.budget_line_draft as (
  row_id uuid,
  account_id uuid,
  category text,
  name text,
  quantity numeric(12,3),
  unit text,
  unit_cost numeric(14,2),
  estimate_to_complete numeric(14,2),
  notes text
);
comment on type finance.budget_line_draft is 'One line of a budget as save_budget takes it.';
comment on column finance.budget_line_draft.row_id is 'The line to change; without it a new one is made.';
comment on column finance.budget_line_draft.account_id is 'The account of the chart that it is booked on; left out, none.';
comment on column finance.budget_line_draft.category is
  'What lines are summed by, such as Camera, in 100 characters at most; needed.';
comment on column finance.budget_line_draft.name is 'What is bought, in 200 characters at most; needed.';
comment on column finance.budget_line_draft.quantity is 'How many of the unit; left out: 1.';
comment on column finance.budget_line_draft.unit is 'What is counted, such as day; left out: nothing is said.';
comment on column finance.budget_line_draft.unit_cost is
  'What one of them costs, in the currency of the budget; left out: 0. The plan is quantity × unit cost.';
comment on column finance.budget_line_draft.estimate_to_complete is
  'What is still to come, in the currency of the budget, 0 or more. Left out, the rest of the plan is assumed.';
comment on column finance.budget_line_draft.notes is 'Left out, there are none.';
