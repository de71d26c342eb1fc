create table marketing.campaign_recipients (
  like platform.tenant_log_row including all,
  workspace_id uuid,
  campaign_id uuid not null,
  lead_id uuid not null,
  queued_email_id uuid,
  added_by uuid references identity.users,
  primary key (organization_id, id),
  unique (organization_id, campaign_id, lead_id),
  foreign key (organization_id, workspace_id) references tenancy.workspaces,
  foreign key (organization_id, campaign_id) references marketing.campaigns (organization_id, id),
  foreign key (organization_id, lead_id) references crm.leads (organization_id, id),
  foreign key (organization_id, queued_email_id) references marketing.email_queue (organization_id, id)
);
create index on marketing.campaign_recipients (organization_id, workspace_id);
create index on marketing.campaign_recipients (organization_id, lead_id);
create index on marketing.campaign_recipients (organization_id, queued_email_id);
create index campaign_recipients_waiting on marketing.campaign_recipients (organization_id, campaign_id, id)
  where queued_email_id is null;
comment on table marketing.campaign_recipients is
  'Who gets a campaign''s mail, once each (seed waitlist_campaign_recipients): written down when it starts, or by '
  'addCampaignRecipients before.';
comment on column marketing.campaign_recipients.workspace_id is 'That of the lead: who does not see the lead does not see this.';
comment on column marketing.campaign_recipients.queued_email_id is 'The mail; null until it is queued.';
comment on column marketing.campaign_recipients.added_by is 'Who put the lead on it; null: the audience did.';
