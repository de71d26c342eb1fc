-- Written by functions alone, several times per mail: no audit and no change feed, which would cost more than the mail.
create table marketing.email_queue (
  organization_id uuid not null references tenancy.organizations,
  id uuid not null default platform.uuidv7(),
  workspace_id uuid,
  lead_id uuid not null,
  template_id uuid not null,
  campaign_id uuid,
  purpose text not null default 'marketing' check (purpose in ('marketing', 'transactional')),
  variables jsonb not null default '{}' check (jsonb_typeof(variables) = 'object'),
  status text not null default 'queued'
    check (status in ('queued', 'paused', 'sending', 'sent', 'failed', 'suppressed', 'cancelled', 'uncertain')),
  send_after timestamptz not null default now(),
  email text,
  template_version integer,
  context jsonb,
  attempts smallint not null default 0 check (attempts >= 0),
  attempted_at timestamptz,
  claim_id uuid,
  claim_expires_at timestamptz,
  sent_at timestamptz,
  reason text check (length(reason) <= 1000),
  reply_code text check (length(reply_code) <= 20),
  delivered_at timestamptz,
  opened_at timestamptz,
  clicked_at timestamptz,
  replied_at timestamptz,
  bounced_at timestamptz,
  complained_at timestamptz,
  unsubscribed_at timestamptz,
  created_by uuid references identity.users,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  foreign key (organization_id, workspace_id) references tenancy.workspaces,
  foreign key (organization_id, lead_id) references crm.leads (organization_id, id),
  foreign key (organization_id, template_id) references marketing.email_templates (organization_id, id),
  foreign key (organization_id, campaign_id) references marketing.campaigns (organization_id, id),
  check (isfinite(send_after)),
  check ((status = 'sending') = (claim_expires_at is not null)),
  check (status not in ('sending', 'uncertain') or claim_id is not null),
  check (status <> 'sent' or sent_at is not null and email is not null)
) with (fillfactor = 70);
create index email_queue_due on marketing.email_queue (organization_id, send_after, id) where status = 'queued';
create index email_queue_sending on marketing.email_queue (claim_expires_at) where status = 'sending';
create index email_queue_uncertain on marketing.email_queue (organization_id, id) where status = 'uncertain';
-- What a lead got lately (frequency cap), and what waits for it.
create index on marketing.email_queue (organization_id, lead_id, attempted_at);
create index on marketing.email_queue (organization_id, workspace_id);
create index on marketing.email_queue (organization_id, template_id);
create index on marketing.email_queue (organization_id, campaign_id, status);
comment on table marketing.email_queue is
  E'@name queued_emails\nMails to leads: those that wait, and what became of the others (seed email_queue). Rows come from functions: '
  'marketing.queue_email, or many in one insert. A mail is never sent twice by itself: it is noted as sending, for good, '
  'before a mail server hears of it.';
comment on column marketing.email_queue.workspace_id is 'That of the lead: who does not see the lead does not see this.';
comment on column marketing.email_queue.purpose is
  'marketing: needs consent, heeds quiet hours and the frequency cap, and can be unsubscribed from. transactional: an answer '
  'to what the lead did; only an address that does not work or was barred by hand, or a complaint, keeps it back.';
comment on column marketing.email_queue.variables is 'Values of the template''s variables.';
comment on column marketing.email_queue.status is
  'queued; paused with its campaign; sending; sent: the mail server took it; failed: it will not; suppressed: it may not be '
  'sent; cancelled; uncertain: the worker died or the connection broke when the mail server may have had it already, see '
  'resendEmail.';
comment on column marketing.email_queue.send_after is
  'Not before this. Moved on by quiet hours, the frequency cap and by mail servers that ask to come back later.';
comment on column marketing.email_queue.email is 'The address that it went to, as it was then.';
comment on column marketing.email_queue.template_version is 'The version of the template that it was made of.';
comment on column marketing.email_queue.context is 'What the template was given, so that the mail can be shown again.';
comment on column marketing.email_queue.attempts is 'How often it was handed to a mail server.';
comment on column marketing.email_queue.attempted_at is 'When it was last handed to a mail server.';
comment on column marketing.email_queue.claim_id is E'@behavior -*\nThe batch that has it: what another reports about it does not count.';
comment on column marketing.email_queue.claim_expires_at is E'@behavior -*\nAfter this, whoever had it is taken for dead.';
comment on column marketing.email_queue.reason is 'Why it was not sent, or not yet: in a few words.';
comment on column marketing.email_queue.reply_code is 'What the mail server answered last, such as 550 or 4.2.2.';
comment on column marketing.email_queue.opened_at is 'When it was first opened by a person, as far as one can tell.';
comment on column marketing.email_queue.clicked_at is 'When a link in it was first followed by a person, as far as one can tell.';

create table marketing.email_interactions (
  like platform.tenant_log_row including all,
  workspace_id uuid,
  queued_email_id uuid,
  lead_id uuid,
  campaign_id uuid,
  kind text not null
    check (kind in ('delivered', 'opened', 'clicked', 'replied', 'bounced', 'complained', 'unsubscribed')),
  source text not null check (source in ('pixel', 'link', 'page', 'one_click', 'webhook', 'message', 'smtp')),
  is_machine boolean not null default false,
  is_repeat boolean not null default false,
  is_hard_bounce boolean,
  url text check (length(url) <= 4000),
  reason text check (length(reason) <= 1000),
  external_id text check (length(external_id) between 1 and 255),
  primary key (organization_id, id),
  foreign key (organization_id, workspace_id) references tenancy.workspaces,
  foreign key (organization_id, queued_email_id) references marketing.email_queue (organization_id, id),
  foreign key (organization_id, lead_id) references crm.leads (organization_id, id),
  foreign key (organization_id, campaign_id) references marketing.campaigns (organization_id, id),
  unique (organization_id, external_id),
  check ((kind = 'bounced') = (is_hard_bounce is not null)),
  check ((kind = 'clicked') = (url is not null))
);
create index on marketing.email_interactions (organization_id, queued_email_id, kind);
create index on marketing.email_interactions (organization_id, lead_id, occurred_at);
create index on marketing.email_interactions (organization_id, campaign_id, kind, occurred_at);
create index on marketing.email_interactions (organization_id, occurred_at);
create index on marketing.email_interactions (organization_id, workspace_id);
comment on table marketing.email_interactions is
  'What happened to a mail after it left (seeds email_interactions, campaign_opens, campaign_clicks).';
comment on column marketing.email_interactions.workspace_id is 'That of the lead: who does not see the lead does not see this.';
comment on column marketing.email_interactions.is_machine is
  'Whether a program is the likely reader: a scanner that follows links, or a mail service that fetches all pictures ahead.';
comment on column marketing.email_interactions.is_repeat is
  'Whether a person had done the same with the same mail (the same link, for clicks) before.';
comment on column marketing.email_interactions.is_hard_bounce is 'Of a bounce: whether the address will never work.';
comment on column marketing.email_interactions.reason is 'What the other side gave as the reason.';
comment on column marketing.email_interactions.external_id is
  E'@behavior -*\nThe id of the report that told of it, which counts once.';
