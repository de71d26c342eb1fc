create table analytics.sessions (
  organization_id uuid not null default authz.organization_id() references tenancy.organizations,
  id uuid not null default platform.uuidv7(),
  workspace_id uuid,
  user_id uuid references identity.users,
  lead_id uuid,
  anonymous_id text,
  session_key text,
  started_at timestamptz not null,
  ended_at timestamptz not null,
  event_count integer not null check (event_count > 0),
  source text not null,
  entry_event text not null,
  entry_url text,
  exit_url text,
  primary key (organization_id, id),
  check (ended_at >= started_at),
  check (num_nonnulls(user_id, lead_id, anonymous_id) = 1),
  foreign key (organization_id, lead_id) references crm.leads
);
create index on analytics.sessions (organization_id, started_at);
create index on analytics.sessions (organization_id, user_id, started_at);
create index on analytics.sessions (organization_id, lead_id, started_at);
create index on analytics.sessions (organization_id, anonymous_id, started_at) where anonymous_id is not null;
comment on table analytics.sessions is
  E'@name visitor_session\n'
  'Visits: the events of somebody with no longer pause than half an hour, or what the client says is one visit (seed '
  'sessions). Built out of the events by a job, also when they come late or out of order.';
comment on column analytics.sessions.workspace_id is 'The workspace of the lead, who may be private to it.';
comment on column analytics.sessions.user_id is 'Who it was: a member, a lead or somebody unknown, one of the three.';
comment on column analytics.sessions.session_key is 'The visit as the client names it.';
comment on column analytics.sessions.started_at is 'The time of its first event.';
comment on column analytics.sessions.ended_at is 'The time of its last event.';
comment on column analytics.sessions.source is 'Where it began, such as web.';

create table analytics.activation_rules (
  like platform.tenant_row including all,
  event_name text not null check (event_name ~ '^[a-z][a-z0-9_.]*$' and length(event_name) <= 100),
  event_count integer not null default 1 check (event_count between 1 and 1000),
  within_days integer not null default 14 check (within_days between 1 and 365)
);
create unique index activation_rules_event_key on analytics.activation_rules (organization_id, event_name)
  where deleted_at is null;
comment on table analytics.activation_rules is
  'What a new member has done when the product is said to work for them: all of an organization''s rules. Without any, one '
  'event of any kind in the first two weeks.';
comment on column analytics.activation_rules.event_count is 'How often.';
comment on column analytics.activation_rules.within_days is 'In how many days from joining, each of 24 hours.';

create table analytics.user_activations (
  organization_id uuid not null default authz.organization_id() references tenancy.organizations,
  id uuid not null default platform.uuidv7(),
  user_id uuid not null references identity.users,
  joined_at timestamptz not null,
  activated_at timestamptz not null,
  primary key (organization_id, id),
  constraint user_activations_user_key unique (organization_id, user_id),
  constraint user_activations_member foreign key (organization_id, user_id)
    references tenancy.organization_members (organization_id, user_id)
);
create index on analytics.user_activations (organization_id, activated_at);
comment on constraint user_activations_member on analytics.user_activations is '@behavior -*';
comment on table analytics.user_activations is
  'Members for whom all activation rules have come true, and when the last of them did (seed user_activations). Kept by a '
  'job, also when rules change.';

create table analytics.nps_responses (
  like platform.tenant_row including all,
  score smallint not null check (score between 0 and 10),
  category text generated always as
    (case when score >= 9 then 'promoter' when score >= 7 then 'passive' else 'detractor' end) stored,
  comment text check (btrim(comment) <> '' and length(comment) <= 5000),
  user_id uuid references identity.users,
  lead_id uuid,
  survey text not null default 'product' check (survey ~ '^[a-z][a-z0-9_]*$' and length(survey) <= 60),
  answered_at timestamptz not null default now()
    constraint nps_responses_answered_rule check (answered_at <= created_at + interval '1 day'),
  constraint nps_responses_subject_rule check (num_nonnulls(user_id, lead_id) <= 1),
  foreign key (organization_id, lead_id) references crm.leads
);
create index on analytics.nps_responses (organization_id, answered_at);
create index on analytics.nps_responses (organization_id, lead_id);
create index on analytics.nps_responses (organization_id, user_id, answered_at);
comment on table analytics.nps_responses is
  'Answers to the question how likely one would recommend us, from 0 to 10. Of somebody who answers again the last answer '
  'counts.';
comment on constraint nps_responses_answered_rule on analytics.nps_responses is 'Nobody has answered in the future.';
comment on constraint nps_responses_subject_rule on analytics.nps_responses is
  'An answer is of a user, of a lead, or of nobody who is known.';
comment on column analytics.nps_responses.category is '9 and 10 are promoters, 7 and 8 passives, the rest detractors.';
comment on column analytics.nps_responses.user_id is 'The member who answered; a lead did, or nobody knows who, without.';
comment on column analytics.nps_responses.survey is 'What was asked about.';

create table analytics.pmf_metrics_snapshots (
  organization_id uuid not null default authz.organization_id() references tenancy.organizations,
  id uuid not null default platform.uuidv7(),
  day date not null check (isfinite(day)),
  members integer not null,
  active_users_1 integer not null,
  active_users_7 integer not null,
  active_users_28 integer not null,
  stickiness numeric(7,4),
  activated integer not null,
  activation_base integer not null,
  activation_rate numeric(7,4),
  retained_7 integer not null,
  retention_base_7 integer not null,
  retention_7 numeric(7,4),
  retained_28 integer not null,
  retention_base_28 integer not null,
  retention_28 numeric(7,4),
  nps_answers integer not null,
  nps_score numeric(7,4),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  constraint pmf_metrics_snapshots_day_key unique (organization_id, day)
);
comment on table analytics.pmf_metrics_snapshots is
  'How well the product fits its market, a row for each day (seed pmf_metrics_snapshots). Rates are in percent, null where '
  'there is nobody yet whom they could be of.';
comment on column analytics.pmf_metrics_snapshots.day is 'A day of the organization.';
comment on column analytics.pmf_metrics_snapshots.members is 'Active members.';
comment on column analytics.pmf_metrics_snapshots.active_users_1 is 'Users with an event on the day.';
comment on column analytics.pmf_metrics_snapshots.active_users_28 is 'Users with an event in the 28 days up to it.';
comment on column analytics.pmf_metrics_snapshots.stickiness is 'active_users_1 of active_users_28.';
comment on column analytics.pmf_metrics_snapshots.activation_base is
  'Members who joined in the last 90 days, and long enough ago to answer.';
comment on column analytics.pmf_metrics_snapshots.retained_7 is
  'Of retention_base_7, members who came back on the seventh day after they joined.';
comment on column analytics.pmf_metrics_snapshots.nps_answers is 'Answers of the last 90 days, one of each person.';

create type analytics.visitor as (
  user_id uuid,
  lead_id uuid,
  anonymous_id text,
  first_at timestamptz,
  last_at timestamptz
);
comment on type analytics.visitor is
  'Somebody, a member or a lead or unknown, and the stretch of time in which their new events lie.';

create type analytics.cohort_rate as (
  day date,
  numerator integer,
  denominator integer,
  rate numeric
);
comment on type analytics.cohort_rate is 'Those who joined on one day, and how many of them did what is asked.';
comment on column analytics.cohort_rate.day is 'The day on which they joined, where the organization is.';
comment on column analytics.cohort_rate.rate is 'In percent.';

create type analytics.rate_of_cohorts as (
  from_day date,
  to_day date,
  numerator integer,
  denominator integer,
  rate numeric,
  cohorts analytics.cohort_rate[]
);
comment on type analytics.rate_of_cohorts is 'Of how many members how many did what is asked, by the day on which they joined.';
comment on column analytics.rate_of_cohorts.from_day is
  'The first day of joining that counts: of retention, none whose day of coming back is older than the events that are kept.';
comment on column analytics.rate_of_cohorts.to_day is
  'The last one: who joined later has not had the time yet, and does not count as lost.';
comment on column analytics.rate_of_cohorts.rate is 'In percent; null when nobody joined.';
comment on column analytics.rate_of_cohorts.cohorts is 'Days on which somebody joined, the first one first.';

create type analytics.nps_result as (
  promoters integer,
  passives integer,
  detractors integer,
  n integer,
  score numeric
);
comment on type analytics.nps_result is 'What people answer to the question whether they would recommend us.';
comment on column analytics.nps_result.n is 'How many answered; of each person the last answer counts.';
comment on column analytics.nps_result.score is 'Promoters less detractors in percent, from -100 to 100; null without answers.';

create type analytics.trend_point as (
  day date,
  value numeric,
  moving_average numeric,
  expected numeric,
  is_anomaly boolean
);
comment on type analytics.trend_point is 'A day of a trend.';
comment on column analytics.trend_point.moving_average is 'Of the seven days up to it.';
comment on column analytics.trend_point.expected is
  'The median of the same weekday in the eight weeks before; null with fewer than four of them.';
comment on column analytics.trend_point.is_anomaly is
  'Whether the value is further from what is expected than 3.5 robust standard deviations (median absolute deviation).';

create type analytics.metric_trend as (
  metric text,
  title text,
  unit text,
  day date,
  value numeric,
  moving_average numeric,
  previous_average numeric,
  change numeric,
  change_percent numeric,
  slope numeric,
  is_anomaly boolean,
  higher_is_better boolean,
  points analytics.trend_point[]
);
comment on type analytics.metric_trend is 'Where a metric is going.';
comment on column analytics.metric_trend.day is 'The last whole day: today is not over.';
comment on column analytics.metric_trend.value is 'Of that day.';
comment on column analytics.metric_trend.moving_average is 'Of the seven days up to it.';
comment on column analytics.metric_trend.previous_average is 'Of the seven days before those.';
comment on column analytics.metric_trend.change is 'Between these two.';
comment on column analytics.metric_trend.slope is 'By how much it changes in a day: the line of least squares through all days.';
comment on column analytics.metric_trend.is_anomaly is 'Whether the last day stands out.';
comment on column analytics.metric_trend.points is 'All days, the first one first.';
