create table crm.lead_sources (
  like platform.tenant_row including all,
  name text not null check (btrim(name) <> '' and length(name) <= 200),
  channel text not null default 'other'
    check (channel in ('direct', 'organic_search', 'paid_search', 'organic_social', 'paid_social', 'email', 'referral',
                       'event', 'partner', 'outbound', 'content', 'phone', 'other')),
  description text,
  is_active boolean not null default true
);
create unique index lead_sources_name_key on crm.lead_sources (organization_id, lower(btrim(name)))
  where deleted_at is null;
create index on crm.lead_sources (organization_id, channel);
comment on table crm.lead_sources is
  'Where leads come from, in the organization''s own words: a festival, the form on its site (seed lead_sources).';
comment on column crm.lead_sources.name is 'Unique among those that are not archived, whatever the case.';
comment on column crm.lead_sources.channel is 'The way it reaches people, the same for all organizations.';
comment on column crm.lead_sources.is_active is 'Whether new leads are still said to come from it.';

create table crm.leads (
  like platform.tenant_row including all,
  email text not null check (platform.is_email_address(email)),
  first_name text check (btrim(first_name) <> '' and length(first_name) <= 200),
  last_name text check (btrim(last_name) <> '' and length(last_name) <= 200),
  full_name text generated always as
    (nullif(btrim(coalesce(first_name, '') || ' ' || coalesce(last_name, '')), '')) stored,
  company_name text check (btrim(company_name) <> '' and length(company_name) <= 200),
  job_title text check (btrim(job_title) <> '' and length(job_title) <= 200),
  phone text check (btrim(phone) <> '' and length(phone) <= 40),
  website text check (website ~ '^https?://' and length(website) <= 2000),
  industry text check (btrim(industry) <> '' and length(industry) <= 100),
  employees integer check (employees >= 0),
  city text check (btrim(city) <> '' and length(city) <= 200),
  country char(2) check (country ~ '^[A-Z]{2}$'),
  time_zone text check (platform.is_time_zone(time_zone)),
  locale text check (locale ~ '^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$'),
  status text not null default 'new'
    check (status in ('new', 'contacted', 'qualified', 'unqualified', 'converted', 'lost')),
  email_consent text not null default 'unknown' check (email_consent in ('unknown', 'granted', 'withdrawn')),
  email_consent_at timestamptz,
  email_consent_source text check (length(email_consent_source) <= 500),
  lead_source_id uuid,
  owner_id uuid references identity.users,
  budget_amount numeric(14,2) check (budget_amount >= 0),
  currency char(3) check (currency ~ '^[A-Z]{3}$'),
  interests text[] not null default '{}' check (array_position(interests, null) is null and cardinality(interests) <= 100),
  notes text,
  score smallint check (score between 0 and 100),
  score_fit smallint check (score_fit between 0 and 100),
  score_behaviour smallint check (score_behaviour between 0 and 100),
  score_engagement smallint check (score_engagement between 0 and 100),
  score_negative smallint check (score_negative between 0 and 100),
  scored_at timestamptz,
  rescore_at timestamptz,
  last_activity_at timestamptz,
  converted_at timestamptz,
  merged_into_lead_id uuid,
  constraint leads_budget_rule check (budget_amount is null or currency is not null),
  constraint leads_converted_rule check ((status = 'converted') = (converted_at is not null)),
  constraint leads_merged_rule check (merged_into_lead_id <> id and deleted_at is not null or merged_into_lead_id is null),
  foreign key (organization_id, lead_source_id) references crm.lead_sources,
  foreign key (organization_id, merged_into_lead_id) references crm.leads
);
create unique index leads_email_key on crm.leads (organization_id, email) where deleted_at is null;
-- That of the kernel, with the id: what is hidden from a caller is looked up without the rows (crm.hidden_lead_ids).
create index on crm.leads (organization_id, workspace_id, id);
create index on crm.leads (organization_id, email);
create index on crm.leads (organization_id, created_at);
create index on crm.leads (organization_id, lead_source_id);
create index on crm.leads (organization_id, owner_id);
create index on crm.leads (organization_id, merged_into_lead_id);
create index on crm.leads (organization_id, status, score);
create index leads_rescore on crm.leads (organization_id, rescore_at) where rescore_at is not null and deleted_at is null;
create index on crm.leads (organization_id, score);
create index on crm.leads (organization_id, last_activity_at);
create index on crm.leads (organization_id, company_name);
create index on crm.leads (organization_id, last_name);
comment on table crm.leads is
  'Somebody who may become a client, and can be written to (seed leads). One for each e-mail address and organization.';
comment on constraint leads_budget_rule on crm.leads is 'An amount needs its currency.';
comment on column crm.leads.email is
  'In lower case, without spaces around it, however it is given; unique among the leads that are not archived.';
comment on column crm.leads.full_name is 'First and last name; null without either.';
comment on column crm.leads.company_name is 'Who they come from, in words.';
comment on column crm.leads.employees is 'How many people work there.';
comment on column crm.leads.country is 'ISO 3166, two letters.';
comment on column crm.leads.time_zone is 'An IANA name; null: that of the organization.';
comment on column crm.leads.locale is 'A language tag such as en or pt-BR; null: unknown.';
comment on column crm.leads.status is
  'new → contacted → qualified; unqualified and lost can be taken up again. converted follows from a conversion that makes '
  'the lead a client: convertLead, or a deal that is won.';
comment on column crm.leads.email_consent is
  'Whether they agreed to be written to for marketing. Withdrawn stands until they agree anew; a lead made where somebody has '
  'unsubscribed has it withdrawn, whatever was given, until it is changed.';
comment on column crm.leads.email_consent_at is 'When the consent became what it is; the moment of the change when left out.';
comment on column crm.leads.email_consent_source is 'What shows it: the form, the sentence, the person who was told.';
comment on column crm.leads.owner_id is 'Who looks after them.';
comment on column crm.leads.budget_amount is 'What they may spend, in the currency, as far as is known.';
comment on column crm.leads.score is
  'How likely they become a client, 0 to 100, out of its four parts: see calculateLeadScore. Kept by a job; null until then.';
comment on column crm.leads.score_fit is 'How well their fields fit, 0 to 100.';
comment on column crm.leads.score_behaviour is 'What they did, 0 to 100; fades with time.';
comment on column crm.leads.score_engagement is 'What they did with mails, 0 to 100; fades with time.';
comment on column crm.leads.score_negative is 'What speaks against them, 0 to 100: more is worse.';
comment on column crm.leads.scored_at is 'When the score became what it is.';
comment on column crm.leads.rescore_at is
  E'@behavior -*\nWhen the score moves next because time goes by: nothing else has to be looked at until then.';
comment on column crm.leads.last_activity_at is 'The last time that they did something or somebody did something about them. Kept along with the score.';
comment on column crm.leads.converted_at is 'When they became a client.';
comment on constraint leads_organization_id_merged_into_lead_id_fkey on crm.leads is '@foreignFieldName mergedLeads';
comment on column crm.leads.merged_into_lead_id is
  'The lead that this one was merged into; it is archived then, and not restored.';
