create table crm.lead_sessions (
  like platform.tenant_log_row including all,
  workspace_id uuid,
  lead_id uuid not null,
  visitor_id text not null check (btrim(visitor_id) <> '' and length(visitor_id) <= 200),
  last_seen_at timestamptz not null default now(),
  touchpoints integer not null default 0 check (touchpoints >= 0),
  landing_url text check (length(landing_url) <= 4000),
  referrer text check (length(referrer) <= 4000),
  channel text,
  campaign text,
  primary key (organization_id, id),
  check (last_seen_at >= occurred_at),
  foreign key (organization_id, lead_id) references crm.leads
);
create index on crm.lead_sessions (organization_id, lead_id, visitor_id, last_seen_at);
comment on table crm.lead_sessions is
  'Visits of a lead to the organization''s pages (seed lead_sessions): touchpoints of one visitor that follow each other '
  'within half an hour.';
comment on column crm.lead_sessions.visitor_id is 'What the page knows the visitor by, such as a cookie of its own.';
comment on column crm.lead_sessions.occurred_at is 'When it began.';
comment on column crm.lead_sessions.touchpoints is 'How many touchpoints it has.';

create table crm.lead_touchpoints (
  like platform.tenant_log_row including all,
  workspace_id uuid,
  lead_id uuid not null,
  session_id uuid,
  lead_source_id uuid,
  kind text not null
    check (kind in ('page_view', 'content_viewed', 'download', 'form_submitted', 'quote_requested', 'event_attended', 'call',
                    'meeting', 'chat', 'ad_click', 'email_click', 'social_engagement', 'referral', 'proposal_viewed',
                    'site_visit', 'other')),
  channel text not null default 'direct'
    check (channel in ('direct', 'organic_search', 'paid_search', 'organic_social', 'paid_social', 'email', 'referral',
                       'event', 'partner', 'outbound', 'content', 'phone', 'other')),
  campaign text check (campaign = lower(btrim(campaign)) and campaign <> '' and length(campaign) <= 200),
  title text check (btrim(title) <> '' and length(title) <= 500),
  url text check (length(url) <= 4000),
  referrer text check (length(referrer) <= 4000),
  metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object' and octet_length(metadata::text) <= 20000),
  client_key text check (length(client_key) between 1 and 200),
  is_mail_click boolean not null default false,
  recorded_by uuid references identity.users,
  primary key (organization_id, id),
  constraint lead_touchpoints_client_key unique (organization_id, client_key),
  check (isfinite(occurred_at)),
  foreign key (organization_id, lead_id) references crm.leads,
  foreign key (organization_id, session_id) references crm.lead_sessions,
  foreign key (organization_id, lead_source_id) references crm.lead_sources
);
create index on crm.lead_touchpoints (organization_id, lead_id, occurred_at, id);
create index on crm.lead_touchpoints (organization_id, occurred_at);
create index on crm.lead_touchpoints (organization_id, session_id);
create index on crm.lead_touchpoints (organization_id, lead_source_id);
comment on table crm.lead_touchpoints is
  'Each time that a lead met the organization (seed lead_touchpoints): a page, a form, a stand at a festival. Written by '
  'recordTouchpoint, and once for each mail of a campaign in which the lead followed a link.';
comment on column crm.lead_touchpoints.session_id is 'The visit that it is part of, where there is a visitor.';
comment on column crm.lead_touchpoints.campaign is 'Which campaign brought them, in lower case: what costs are compared by.';
comment on column crm.lead_touchpoints.client_key is
  'What the client knows it by: recording it again gives the one that is there.';
comment on constraint lead_touchpoints_client_key on crm.lead_touchpoints is '@behavior -*';
comment on column crm.lead_touchpoints.is_mail_click is
  'Whether it is a link of a mail that was followed: in scores and timelines it counts as what was done with the mail.';
comment on column crm.lead_touchpoints.recorded_by is 'On whose account it was recorded.';

create table crm.lead_activities (
  like platform.tenant_row including all,
  lead_id uuid,
  deal_id uuid,
  kind text not null default 'note'
    check (kind in ('note', 'call', 'email', 'meeting', 'task', 'site_visit', 'proposal', 'other')),
  subject text not null check (btrim(subject) <> '' and length(subject) <= 300),
  body text check (length(body) <= 50000),
  outcome text check (length(outcome) <= 500),
  occurred_at timestamptz not null default now(),
  due_at timestamptz,
  completed_at timestamptz,
  assignee_id uuid references identity.users,
  constraint lead_activities_lead_rule check (lead_id is not null),
  constraint lead_activities_task_rule check (kind = 'task' or due_at is null),
  foreign key (organization_id, lead_id) references crm.leads
);
create index on crm.lead_activities (organization_id, lead_id, occurred_at, id);
create index on crm.lead_activities (organization_id, due_at);
comment on table crm.lead_activities is
  'What was done about a lead or a deal, and what is to be done (seeds lead_activities, pipeline_activities).';
comment on constraint lead_activities_task_rule on crm.lead_activities is 'Only a task has a time by which it is due.';
comment on column crm.lead_activities.lead_id is 'Left out, it is the lead of the deal.';
comment on column crm.lead_activities.occurred_at is 'When it happened; for a task, when it was taken on.';
comment on column crm.lead_activities.due_at is 'Until when a task is to be done.';
comment on column crm.lead_activities.completed_at is 'When a task was done.';

create type crm.timeline_entry as (
  occurred_at timestamptz,
  entry_type text,
  row_id uuid,
  kind text,
  title text,
  body text,
  channel text,
  campaign text,
  url text,
  deal_id uuid,
  actor_id uuid,
  amount numeric(14,2),
  currency char(3),
  cursor text
);
comment on type crm.timeline_entry is 'Something that happened with a lead.';
comment on column crm.timeline_entry.entry_type is 'activity, touchpoint, mail, deal (it changed its stage), conversion or revenue.';
comment on column crm.timeline_entry.row_id is 'Of the activity, the touchpoint and so on.';
comment on column crm.timeline_entry.kind is 'What it was: the kind of the activity or touchpoint, opened for a mail, the status of a deal.';
comment on column crm.timeline_entry.actor_id is 'Who did it, of the organization''s own people.';
comment on column crm.timeline_entry.cursor is 'Its place: what is earlier is asked for with before.';

create type crm.lead_timeline as (
  entries crm.timeline_entry[],
  next_cursor text
);
comment on type crm.lead_timeline is 'A page of what happened with a lead, the latest first.';
comment on column crm.lead_timeline.next_cursor is 'The before of the next page; null when there is none.';
