create type crm.lead_draft as (
  email text,
  first_name text,
  last_name text,
  company_name text,
  job_title text,
  phone text,
  website text,
  industry text,
  employees integer,
  city text,
  country text,
  time_zone text,
  locale text,
  email_consent text,
  email_consent_source text,
  source text,
  budget_amount numeric,
  currency text,
  interests text[],
  notes text
);
comment on type crm.lead_draft is
  'A row of an import. What is empty leaves the field of a lead that is there as it is.';
comment on column crm.lead_draft.email is 'By which the lead is found.';
comment on column crm.lead_draft.source is 'The name of a source that there is.';
comment on column crm.lead_draft.email_consent is
  'unknown, granted or withdrawn. A lead that has withdrawn its consent does not get it back by an import.';
comment on column crm.lead_draft.budget_amount is 'In the currency, which is that of the organization when left out.';

create type crm.lead_outcome as (
  number integer,
  email text,
  outcome text,
  lead_id uuid,
  field text,
  reason text
);
comment on type crm.lead_outcome is 'What became of a row of an import.';
comment on column crm.lead_outcome.number is 'Which row, from 1.';
comment on column crm.lead_outcome.outcome is 'created, updated, unchanged or rejected.';
comment on column crm.lead_outcome.field is 'For a row that was rejected: what was wrong.';
comment on column crm.lead_outcome.reason is 'For a row that was rejected: why, in a sentence. Also what of another row was not taken over.';
