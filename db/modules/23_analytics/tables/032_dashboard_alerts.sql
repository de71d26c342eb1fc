create table analytics.dashboard_alerts (
  like platform.tenant_row including all,
  dashboard_id uuid not null,
  owner_id uuid,
  name text not null check (btrim(name) <> '' and length(name) <= 200),
  source_key text not null references analytics.data_sources,
  parameters jsonb not null default '{}' check (jsonb_typeof(parameters) = 'object' and length(parameters::text) <= 8192),
  series text check (series <> ''),
  time_range text not null default 'last_7_days'
    check (time_range ~ '^(today|yesterday|(last|next)_[1-9]\d{0,2}_days|(this|last)_(week|month|quarter|year))$'),
  measure text not null default 'value' check (measure in ('value', 'change', 'change_percent')),
  comparison text not null check (comparison in ('above', 'at_least', 'below', 'at_most')),
  threshold numeric not null check (threshold > '-Infinity' and threshold < 'Infinity'),
  clear_threshold numeric check (clear_threshold > '-Infinity' and clear_threshold < 'Infinity'),
  for_minutes integer not null default 0 check (for_minutes between 0 and 44640),
  check_every_minutes integer not null default 15 check (check_every_minutes between 1 and 1440),
  is_active boolean not null default true,
  recipient_ids uuid[] not null default '{}'
    check (cardinality(recipient_ids) <= 50 and array_position(recipient_ids, null) is null),
  permission text not null default '' references authz.permissions,
  runs_as_id uuid references identity.users,
  state text not null default 'ok' check (state in ('ok', 'pending', 'breached')),
  state_since timestamptz not null default now(),
  last_value numeric,
  last_evaluated_at timestamptz,
  last_refusal jsonb check (jsonb_typeof(last_refusal) = 'object'),
  next_check_at timestamptz not null default now(),
  constraint dashboard_alerts_clear_rule
    check (case when comparison in ('above', 'at_least') then clear_threshold <= threshold else clear_threshold >= threshold end),
  foreign key (organization_id, dashboard_id) references analytics.dashboards
);
create index on analytics.dashboard_alerts (organization_id, dashboard_id);
create index on analytics.dashboard_alerts (source_key);
create index on analytics.dashboard_alerts (permission);
create index on analytics.dashboard_alerts (next_check_at)
  where is_active and deleted_at is null and runs_as_id is not null;
comment on table analytics.dashboard_alerts is E'@behavior -insert -update\n'
  'A figure that is watched (seed dashboard_alerts). Its recipients get a mail when it crosses the threshold, and one when '
  'it is well again: once each, however often it is looked at in between. Seen by those who see its dashboard, hold the '
  'permission of its source, and see the project or budget that it names.';
comment on constraint dashboard_alerts_clear_rule on analytics.dashboard_alerts is
  'An alert that looks for high values clears at its threshold or below, one that looks for low values at it or above.';
comment on column analytics.dashboard_alerts.owner_id is E'@behavior -*\nThat of the dashboard.';
comment on column analytics.dashboard_alerts.series is 'Which series of the source; null: the total.';
comment on column analytics.dashboard_alerts.time_range is 'The days that the figure is about, as of a dashboard.';
comment on column analytics.dashboard_alerts.measure is
  'What is compared: the value, its change against the span before, or that in percent.';
comment on column analytics.dashboard_alerts.clear_threshold is
  'Where it is well again, if not at the threshold itself: a figure that trembles around that does not alarm each time.';
comment on column analytics.dashboard_alerts.for_minutes is
  'For how long the figure has to be beyond the threshold before anybody is told.';
comment on column analytics.dashboard_alerts.check_every_minutes is 'How often it is looked at.';
comment on column analytics.dashboard_alerts.recipient_ids is
  'Members who are told. Who has left, or may not see the figure any more, gets nothing.';
comment on column analytics.dashboard_alerts.permission is E'@behavior -*\nThat of the source.';
comment on column analytics.dashboard_alerts.runs_as_id is
  'With whose eyes it looks: whoever last said what is watched. Null: nobody''s, and it does not look.';
comment on column analytics.dashboard_alerts.state is
  'ok; pending: beyond the threshold, not yet for long enough; breached: people have been told.';
comment on column analytics.dashboard_alerts.last_value is 'What was compared the last time; null: there was no figure.';
comment on column analytics.dashboard_alerts.last_refusal is
  'Why the last look failed, with code and message; the state stayed what it was.';

create table analytics.alert_changes (
  like platform.tenant_log_row including all,
  workspace_id uuid,
  alert_id uuid not null,
  owner_id uuid,
  permission text not null,
  change text not null check (change in ('breached', 'recovered')),
  value numeric,
  threshold numeric not null,
  since timestamptz not null,
  told_ids uuid[] not null default '{}',
  primary key (organization_id, id),
  foreign key (organization_id, alert_id) references analytics.dashboard_alerts (organization_id, id)
);
create index on analytics.alert_changes (organization_id, alert_id, occurred_at);
comment on table analytics.alert_changes is 'When alerts were breached, and when they were well again.';
comment on column analytics.alert_changes.owner_id is E'@behavior -*\nThat of the dashboard.';
comment on column analytics.alert_changes.permission is E'@behavior -*\nWhat it takes to see the figure.';
comment on column analytics.alert_changes.since is 'When the state before began.';
comment on column analytics.alert_changes.told_ids is 'Whom a mail was sent to.';

create type analytics.dashboard_alert_draft as (
  row_id uuid,
  dashboard_id uuid,
  name text,
  source_key text,
  parameters jsonb,
  series text,
  time_range text,
  measure text,
  comparison text,
  threshold numeric,
  clear_threshold numeric,
  for_minutes integer,
  check_every_minutes integer,
  is_active boolean,
  recipient_ids uuid[]
);
comment on type analytics.dashboard_alert_draft is 'An alert as save_dashboard_alert takes it.';
comment on column analytics.dashboard_alert_draft.row_id is 'The alert to change; without it a new one is made.';
comment on column analytics.dashboard_alert_draft.dashboard_id is
  'The dashboard that it belongs to: those who see that see the alert. Needed.';
comment on column analytics.dashboard_alert_draft.name is 'What mails about it call it, in 200 characters at most; needed.';
comment on column analytics.dashboard_alert_draft.source_key is 'One of dataSources; needed.';
comment on column analytics.dashboard_alert_draft.parameters is
  'What the source asks for, such as {"projectId": …}; it fits the schema of the source. Left out: {}.';
comment on column analytics.dashboard_alert_draft.series is 'Which series of the source; left out: the total.';
comment on column analytics.dashboard_alert_draft.time_range is
  'The days that the figure is about: today, yesterday, last_7_days (up to today) and next_30_days (from today) with any '
  'number up to 999, this_week, this_month, this_quarter or this_year (up to today), last_week, last_month, last_quarter or '
  'last_year. Left out: last_7_days, or what it was.';
comment on column analytics.dashboard_alert_draft.measure is
  'What is compared: the value, its change against the span before, or that change in percent. Left out: value, or what it '
  'was.';
comment on column analytics.dashboard_alert_draft.comparison is 'Which side of the threshold is told; needed.';
comment on column analytics.dashboard_alert_draft.threshold is
  'What the figure is compared with: in its own unit, or in percent when the measure is change_percent. Needed.';
comment on column analytics.dashboard_alert_draft.clear_threshold is
  'Where it is well again: at the threshold or on the good side of it. Left out: as soon as it is not beyond the threshold.';
comment on column analytics.dashboard_alert_draft.for_minutes is
  'For how long the figure has to be beyond the threshold before anybody is told, 0 to 44640 (31 days). Left out: 0, or '
  'what it was.';
comment on column analytics.dashboard_alert_draft.check_every_minutes is
  'How often it is looked at, every 1 to 1440 minutes. Left out: 15, or what it was.';
comment on column analytics.dashboard_alert_draft.is_active is 'Whether it is looked at. Left out: yes, or what it was.';
comment on column analytics.dashboard_alert_draft.recipient_ids is
  'Members who are told, 50 at most. Left out: the caller alone, or who it was.';
