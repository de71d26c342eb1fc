-- What is left of mails that were deleted when they were older than the organization keeps them.
create table marketing.trimmed_emails (
  organization_id uuid not null references tenancy.organizations,
  id uuid not null,
  email text not null,
  primary key (organization_id, id)
);
comment on table marketing.trimmed_emails is
  'Where mails went that are deleted by now: the link at their foot still has to unsubscribe that address.';

create table marketing.email_tallies (
  like platform.tenant_log_row including all,
  workspace_id uuid,
  campaign_id uuid,
  step_id uuid,
  status text not null,
  mails bigint not null default 0,
  delivered bigint not null default 0,
  opened bigint not null default 0,
  clicked bigint not null default 0,
  replied bigint not null default 0,
  bounced bigint not null default 0,
  complained bigint not null default 0,
  unsubscribed bigint not null default 0,
  recipients bigint not null default 0,
  primary key (organization_id, id),
  constraint email_tallies_once unique nulls not distinct (organization_id, campaign_id, step_id, workspace_id, status),
  foreign key (organization_id, workspace_id) references tenancy.workspaces,
  foreign key (organization_id, campaign_id) references marketing.campaigns (organization_id, id),
  foreign key (organization_id, step_id) references marketing.nurturing_steps (organization_id, id)
);
create index on marketing.email_tallies (organization_id, step_id);
create index on marketing.email_tallies (organization_id, workspace_id);
comment on table marketing.email_tallies is
  E'@behavior -*\nHow many mails of campaigns and steps were deleted, by what had become of them: their figures count these too.';
comment on column marketing.email_tallies.workspace_id is 'That of the leads, as it was when the mails were deleted.';
comment on column marketing.email_tallies.status is 'Of the mails, when they were deleted.';
comment on column marketing.email_tallies.opened is 'How many of them a person had opened; the same for the others.';
comment on column marketing.email_tallies.recipients is 'How many of them had a place on the list of the campaign.';

create table marketing.interaction_tallies (
  like platform.tenant_log_row including all,
  workspace_id uuid,
  day date not null,
  kind text not null,
  interactions bigint not null default 0,
  primary key (organization_id, id),
  constraint interaction_tallies_once unique nulls not distinct (organization_id, day, kind, workspace_id),
  foreign key (organization_id, workspace_id) references tenancy.workspaces
);
create index on marketing.interaction_tallies (organization_id, workspace_id);
comment on table marketing.interaction_tallies is
  E'@behavior -*\nHow often on a day people did something with mails that are deleted by now, each with each mail once.';
comment on column marketing.interaction_tallies.workspace_id is 'That of the leads, as it was when the mails were deleted.';
comment on column marketing.interaction_tallies.day is 'Of the organization, by its time zone when the mails were deleted.';
