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
comment on column crm.lead_draft.email is 'By which the lead is found, whatever its case; needed.';
comment on column crm.lead_draft.first_name is 'In 200 characters at most.';
comment on column crm.lead_draft.last_name is 'In 200 characters at most.';
comment on column crm.lead_draft.company_name is 'Who they come from, in 200 characters at most.';
comment on column crm.lead_draft.job_title is 'What they do there, in 200 characters at most.';
comment on column crm.lead_draft.phone is 'As it is dialled, in 40 characters at most.';
comment on column crm.lead_draft.website is 'An address that begins with http:// or https://, in 2000 characters at most.';
comment on column crm.lead_draft.industry is 'In words, in 100 characters at most.';
comment on column crm.lead_draft.employees is 'How many people work there, 0 or more.';
comment on column crm.lead_draft.city is 'In 200 characters at most.';
comment on column crm.lead_draft.country is 'ISO 3166, two letters, such as DE.';
comment on column crm.lead_draft.time_zone is
  'An IANA name, such as Europe/Berlin. A lead without one has that of the organization.';
comment on column crm.lead_draft.locale is 'A language tag such as en or pt-BR.';
comment on column crm.lead_draft.email_consent is
  'Whether they agreed to be written to for marketing; left out, a new lead has unknown. A lead that has withdrawn its '
  'consent does not get it back by an import.';
comment on column crm.lead_draft.email_consent_source is
  'What shows the consent: the form, the sentence, the person who was told; in 500 characters at most. Taken along when the '
  'consent changes.';
comment on column crm.lead_draft.source is
  'The name of a source that there is, whatever its case. A lead that has a source keeps it.';
comment on column crm.lead_draft.budget_amount is
  'What they may spend, in the currency, which is that of the organization when left out; 0 or more.';
comment on column crm.lead_draft.currency is
  'ISO 4217, three letters, such as EUR. Without a budget_amount a lead that is there keeps its own.';
comment on column crm.lead_draft.interests is
  'What they are interested in, 100 at most. They take the place of those that the lead had.';
comment on column crm.lead_draft.notes is 'In words. They take the place of those that the lead had.';

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
