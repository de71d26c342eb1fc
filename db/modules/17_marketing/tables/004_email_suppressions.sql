create table marketing.email_suppressions (
  organization_id uuid not null references tenancy.organizations,
  id uuid not null default platform.uuidv7(),
  email text not null check (email = lower(btrim(email)) and email ~ '^[^@\s]+@[^@\s]+$' and length(email) <= 254),
  reason text not null
    check (reason in ('unsubscribed', 'hard_bounce', 'soft_bounce', 'complaint', 'manual', 'consent_withdrawn')),
  note text check (length(note) <= 1000),
  queued_email_id uuid,
  expires_at timestamptz,
  lifted_at timestamptz,
  lifted_by uuid references identity.users,
  created_by uuid references identity.users,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  foreign key (organization_id, queued_email_id) references marketing.email_queue (organization_id, id),
  check (isfinite(expires_at)),
  check (reason = 'soft_bounce' or expires_at is null)
);
create unique index email_suppressions_in_force on marketing.email_suppressions (organization_id, email, reason)
  where lifted_at is null;
create index on marketing.email_suppressions (organization_id, queued_email_id);
create index on marketing.email_suppressions (organization_id, created_at);
comment on table marketing.email_suppressions is
  'Addresses that get no mail of an organization any more, each for a reason. What was lifted stays on record.';
comment on column marketing.email_suppressions.email is 'The address in lower case, whether a lead has it or not.';
comment on column marketing.email_suppressions.reason is
  'unsubscribed and consent_withdrawn end with new consent of the lead, soft_bounce by itself, the others by '
  'liftEmailSuppression. unsubscribed and consent_withdrawn leave transactional mails alone.';
comment on column marketing.email_suppressions.queued_email_id is 'The mail that led to it.';
comment on column marketing.email_suppressions.expires_at is 'When it ends by itself; null: it does not.';
comment on column marketing.email_suppressions.lifted_at is 'Since when it does not hold any more.';
