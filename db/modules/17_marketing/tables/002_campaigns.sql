create table marketing.campaigns (
  like platform.tenant_row including all,
  name text not null check (btrim(name) <> '' and length(name) <= 200),
  description text check (length(description) <= 10000),
  template_id uuid not null,
  audience text not null default 'list' check (audience in ('list', 'leads', 'segment')),
  segment_id uuid,
  lead_statuses text[] not null default '{}'
    check (lead_statuses <@ '{new,contacted,qualified,unqualified,converted,lost}'),
  minimum_score smallint check (minimum_score between 0 and 100),
  variables jsonb not null default '{}' check (jsonb_typeof(variables) = 'object' and length(variables::text) <= 65536),
  status text not null default 'draft'
    check (status in ('draft', 'scheduled', 'running', 'paused', 'completed', 'cancelled')),
  scheduled_at timestamptz,
  started_at timestamptz,
  audience_taken_at timestamptz,
  finished_at timestamptz,
  constraint campaigns_segment_rule check ((audience = 'segment') = (segment_id is not null)),
  check (status <> 'scheduled' or scheduled_at is not null),
  foreign key (organization_id, template_id) references marketing.email_templates (organization_id, id)
);
create index on marketing.campaigns (organization_id, template_id);
create index on marketing.campaigns (organization_id, status);
create index on marketing.campaigns (organization_id, name);
create index on marketing.campaigns (scheduled_at) where status = 'scheduled' and deleted_at is null;
comment on table marketing.campaigns is
  'One mail to many leads (seed waitlist_campaigns). startCampaign writes down who gets it, and queues the mails.';
comment on constraint campaigns_segment_rule on marketing.campaigns is
  'The audience segment needs a segment, and no other has one.';
comment on column marketing.campaigns.audience is
  'list: who was put on it by addCampaignRecipients. leads: all leads with these statuses and at least this score. segment: '
  'the members of a segment. Whoever was put on it gets it in any case.';
comment on column marketing.campaigns.segment_id is 'The segment of leads, where the audience is one.';
comment on column marketing.campaigns.lead_statuses is 'For the audience leads: those with one of these; none: all.';
comment on column marketing.campaigns.minimum_score is 'For the audience leads: those with at least this score; null: all.';
comment on column marketing.campaigns.variables is 'Values of the template''s variables, the same for everybody.';
comment on column marketing.campaigns.status is
  'Changed by scheduleCampaign, startCampaign, pauseCampaign, resumeCampaign and cancelCampaign; completed when no mail of it '
  'waits any more. Archived, one that runs or is paused is cancelled, a scheduled one a draft again.';
comment on column marketing.campaigns.scheduled_at is 'When it starts by itself.';
comment on column marketing.campaigns.audience_taken_at is 'When it was written down who gets it; who comes later does not.';
comment on column marketing.campaigns.finished_at is 'When it was completed or cancelled.';
