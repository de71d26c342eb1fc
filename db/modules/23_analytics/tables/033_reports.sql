create table analytics.reports (
  like platform.tenant_row including all,
  name text not null check (btrim(name) <> '' and length(name) <= 200),
  description text check (length(description) <= 2000),
  dashboard_id uuid,
  source_key text references analytics.data_sources,
  owner_id uuid,
  kind text not null default 'table'
    check (kind in ('number', 'line', 'area', 'bar', 'stacked_bar', 'pie', 'table', 'funnel', 'gauge', 'heat_map')),
  parameters jsonb not null default '{}' check (jsonb_typeof(parameters) = 'object' and length(parameters::text) <= 8192),
  time_range text not null default 'last_30_days'
    check (time_range ~ '^(today|yesterday|(last|next)_[1-9]\d{0,2}_days|(this|last)_(week|month|quarter|year))$'),
  grain text not null default 'auto' check (grain in ('auto', 'day', 'week', 'month', 'quarter', 'year')),
  comparison text not null default 'previous_period' check (comparison in ('none', 'previous_period', 'previous_year')),
  format text not null default 'html_csv' check (format in ('html', 'csv', 'html_csv')),
  constraint reports_source_rule check (num_nonnulls(dashboard_id, source_key) = 1),
  foreign key (organization_id, dashboard_id) references analytics.dashboards
);
create index on analytics.reports (organization_id, dashboard_id);
create index on analytics.reports (source_key);
comment on table analytics.reports is
  'What can be sent or downloaded (seeds reports, dashboard_reports): a whole dashboard, or one data source with parameters.';
comment on constraint reports_source_rule on analytics.reports is
  'A report is about a dashboard or about one source of data.';
comment on column analytics.reports.owner_id is E'@behavior -*\nThat of the dashboard.';
comment on column analytics.reports.kind is 'How a single data source is drawn; a dashboard''s widgets say so themselves.';
comment on column analytics.reports.time_range is 'The days that it is about, counted from the day on which it is due.';
comment on column analytics.reports.format is 'html: in the mail; csv: attached as a file; html_csv: both.';

create table analytics.dashboard_subscriptions (
  like platform.tenant_row including all,
  report_id uuid not null,
  owner_id uuid,
  frequency text not null check (frequency in ('daily', 'weekly', 'monthly')),
  weekday smallint check (weekday between 1 and 7),
  day_of_month smallint check (day_of_month between 1 and 31),
  at_time time not null default '07:00',
  time_zone text not null check (platform.is_time_zone(time_zone)),
  recipient_ids uuid[] not null
    check (cardinality(recipient_ids) between 0 and 50 and array_position(recipient_ids, null) is null),
  is_active boolean not null default true,
  last_due_at timestamptz,
  next_due_at timestamptz not null default now(),
  constraint dashboard_subscriptions_weekday_rule check ((frequency = 'weekly') = (weekday is not null)),
  constraint dashboard_subscriptions_day_rule check ((frequency = 'monthly') = (day_of_month is not null)),
  foreign key (organization_id, report_id) references analytics.reports
);
create index on analytics.dashboard_subscriptions (organization_id, report_id);
create index on analytics.dashboard_subscriptions (next_due_at) where is_active and deleted_at is null;
comment on table analytics.dashboard_subscriptions is E'@behavior -insert -update\n'
  'Who gets a report, and when (seed dashboard_subscriptions). Each gets what they may see themselves, and nothing once '
  'they have left.';
comment on constraint dashboard_subscriptions_weekday_rule on analytics.dashboard_subscriptions is
  'What comes weekly needs a weekday, and nothing else has one.';
comment on constraint dashboard_subscriptions_day_rule on analytics.dashboard_subscriptions is
  'What comes monthly needs a day of the month, and nothing else has one.';
comment on column analytics.dashboard_subscriptions.owner_id is E'@behavior -*\nThat of the report.';
comment on column analytics.dashboard_subscriptions.weekday is 'Of a weekly one: 1 is Monday, 7 is Sunday.';
comment on column analytics.dashboard_subscriptions.day_of_month is
  'Of a monthly one. In months that are too short it is the last day.';
comment on column analytics.dashboard_subscriptions.at_time is
  'By the clock in the time zone. When that skips it, it is as much later; when the clock shows it twice, the second time.';
comment on column analytics.dashboard_subscriptions.recipient_ids is 'Members who get it.';
comment on column analytics.dashboard_subscriptions.next_due_at is 'When it is due next.';

create table analytics.report_deliveries (
  organization_id uuid not null default authz.organization_id(),
  id uuid not null default platform.uuidv7(),
  subscription_id uuid not null,
  user_id uuid not null,
  due_at timestamptz not null,
  status text not null default 'queued'
    check (status in ('queued', 'sending', 'sent', 'withheld', 'failed', 'uncertain')),
  reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id, subscription_id, due_at, user_id),
  foreign key (organization_id, subscription_id) references analytics.dashboard_subscriptions
);
create index on analytics.report_deliveries (organization_id, user_id);
create index on analytics.report_deliveries (organization_id, due_at);
comment on table analytics.report_deliveries is
  'What became of each report: one row for each recipient and time at which it was due, kept for 13 months once it is over.';
comment on column analytics.report_deliveries.status is
  'queued → sending → sent; withheld: the recipient may not see it (any more), or has left it, or it is not sent any more; '
  'failed: it was tried for the last time; '
  'uncertain: the worker died while it was going out, so it is not sent again.';
comment on column analytics.report_deliveries.reason is 'Why it was withheld, or why it failed.';

create type analytics.dashboard_subscription_draft as (
  row_id uuid,
  report_id uuid,
  frequency text,
  weekday integer,
  day_of_month integer,
  at_time time,
  time_zone text,
  recipient_ids uuid[],
  is_active boolean
);
comment on type analytics.dashboard_subscription_draft is 'A subscription as save_dashboard_subscription takes it.';
comment on column analytics.dashboard_subscription_draft.row_id is 'The subscription to change; without it a new one is made.';
comment on column analytics.dashboard_subscription_draft.report_id is 'The report that is sent; needed.';
comment on column analytics.dashboard_subscription_draft.frequency is 'How often; needed.';
comment on column analytics.dashboard_subscription_draft.weekday is
  '1 is Monday, 7 is Sunday. Needed for a weekly one, and no other has it.';
comment on column analytics.dashboard_subscription_draft.day_of_month is
  '1 to 31; in months that are too short it is the last day. Needed for a monthly one, and no other has it.';
comment on column analytics.dashboard_subscription_draft.at_time is
  'By the clock in the time zone. Left out: 07:00, or what it was.';
comment on column analytics.dashboard_subscription_draft.time_zone is
  'An IANA name, such as Europe/Berlin. Left out: the organization''s, or what it was.';
comment on column analytics.dashboard_subscription_draft.recipient_ids is
  'Members who get it, 50 at most. Left out: the caller alone, or who it was.';
comment on column analytics.dashboard_subscription_draft.is_active is 'Whether it is sent. Left out: yes, or what it was.';
