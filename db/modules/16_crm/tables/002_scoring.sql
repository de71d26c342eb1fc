create table crm.crm_settings (
  organization_id uuid not null default authz.organization_id() references tenancy.organizations,
  id uuid not null default platform.uuidv7(),
  fit_weight numeric(5,2) not null default 40 check (fit_weight between 0 and 100),
  behaviour_weight numeric(5,2) not null default 35 check (behaviour_weight between 0 and 100),
  engagement_weight numeric(5,2) not null default 25 check (engagement_weight between 0 and 100),
  negative_weight numeric(5,2) not null default 100 check (negative_weight between 0 and 100),
  half_life_days numeric(6,2) not null default 14 check (half_life_days between 0.04 and 3650),
  behaviour_half_points numeric(8,2) not null default 20 check (behaviour_half_points between 0.01 and 100000),
  engagement_half_points numeric(8,2) not null default 10 check (engagement_half_points between 0.01 and 100000),
  lookback_days integer not null default 90 check (lookback_days between 1 and 3650),
  attribution_half_life_days numeric(6,2) not null default 7 check (attribution_half_life_days between 0.04 and 3650),
  attribution_model text not null default 'linear'
    check (attribution_model in ('first', 'last', 'linear', 'position_based', 'time_decay')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (organization_id, id),
  unique (organization_id),
  constraint crm_settings_weights_rule check (fit_weight + behaviour_weight + engagement_weight > 0)
);
comment on table crm.crm_settings is
  'How an organization scores its leads, and which touchpoints earned its revenue: one row each, made along with it.';
comment on constraint crm_settings_weights_rule on crm.crm_settings is 'At least one of the weights is above zero.';
comment on column crm.crm_settings.fit_weight is
  'How much the fit counts in the score, beside the weights of behaviour and engagement: only their proportion matters.';
comment on column crm.crm_settings.negative_weight is
  'How many points of the score a negative part of 100 takes away.';
comment on column crm.crm_settings.half_life_days is
  'After so many days a touchpoint, or what was done with a mail, is worth half of its points.';
comment on column crm.crm_settings.behaviour_half_points is
  'With so many points left of all touchpoints the behaviour is 50, with twice as many 75, and so on: it never passes 100.';
comment on column crm.crm_settings.engagement_half_points is 'The same for what was done with mails.';
comment on column crm.crm_settings.lookback_days is
  'Touchpoints earn credit for a conversion when they lie at most so many days before it.';
comment on column crm.crm_settings.attribution_half_life_days is
  'For the model time_decay: a touchpoint so many days before the conversion gets half the credit of one at its moment.';
comment on column crm.crm_settings.attribution_model is
  'Who gets the credit, where a question does not say: first or last touchpoint, all alike (linear), 40 % each for the first '
  'and the last (position_based), or more the later (time_decay).';

create table crm.lead_score_rules (
  like platform.tenant_row including all,
  part text not null check (part in ('fit', 'behaviour', 'engagement', 'negative')),
  name text not null check (btrim(name) <> '' and length(name) <= 200),
  signal text not null check (length(signal) <= 120),
  operator text not null
    check (operator in ('is_set', 'is_missing', 'one_of', 'contains', 'starts_with', 'ends_with', 'at_least', 'at_most',
                        'happens')),
  operands text[] not null default '{}' check (array_position(operands, null) is null and cardinality(operands) <= 500),
  points numeric(6,2) not null check (points > 0 and points <= 1000),
  is_active boolean not null default true,
  position integer not null default 0,
  constraint lead_score_rules_signal_rule check (
    case
      when part = 'behaviour' then operator = 'happens' and signal in (
        'page_view', 'content_viewed', 'download', 'form_submitted', 'quote_requested', 'event_attended', 'call', 'meeting',
        'chat', 'ad_click', 'email_click', 'social_engagement', 'referral', 'proposal_viewed', 'site_visit', 'other')
      when part = 'engagement' then operator = 'happens' and signal in ('mail_opened', 'mail_clicked', 'mail_replied')
      when operator = 'happens'
        then part = 'negative' and signal in ('mail_bounced', 'mail_complained', 'mail_unsubscribed')
      when signal = 'inactive_days' then part = 'negative' and operator = 'at_least'
      else signal in (
             'email', 'email_domain', 'full_name', 'company_name', 'job_title', 'phone', 'website', 'industry', 'employees',
             'city', 'country', 'time_zone', 'locale', 'status', 'email_consent', 'budget_amount', 'interests', 'source',
             'source_channel')
           or signal ~ '^custom_fields\.[a-z][a-z0-9_]*$'
    end),
  constraint lead_score_rules_operands_rule check (
    case
      when operator in ('is_set', 'is_missing', 'happens') then operands = '{}'
      -- added to a moment, a century still leaves a moment
      when signal = 'inactive_days' then
        cardinality(operands) = 1
        and coalesce(substring(operands[1] from '^[0-9]{1,5}(?:\.[0-9]{1,6})?$')::numeric <= 36500, false)
      when operator in ('at_least', 'at_most')
        then cardinality(operands) = 1 and operands[1] ~ '^-?[0-9]{1,15}(\.[0-9]{1,6})?$'
      else cardinality(operands) > 0
    end)
);
create index on crm.lead_score_rules (organization_id, part, signal);
comment on table crm.lead_score_rules is
  'What is worth points in the score of a lead. Every organization begins with a set that suits a production studio.';
comment on constraint lead_score_rules_signal_rule on crm.lead_score_rules is
  'Each part has its own signals and operators; the documentation of signal lists them.';
comment on constraint lead_score_rules_operands_rule on crm.lead_score_rules is
  'One number for at_least and at_most, of inactive_days 0 to 36500; nothing for is_set, is_missing and happens; one '
  'or more values for the others.';
comment on column crm.lead_score_rules.part is
  'fit: the lead''s fields. behaviour: its touchpoints. engagement: what it did with mails. negative: what speaks against it.';
comment on column crm.lead_score_rules.signal is
  'For fit and negative a field of the lead, also email_domain, source, source_channel and custom_fields.name; for behaviour '
  'a kind of touchpoint; for engagement mail_opened, mail_clicked or mail_replied; for negative also mail_bounced, '
  'mail_complained, mail_unsubscribed, and inactive_days with at_least.';
comment on column crm.lead_score_rules.operator is
  'How a field is compared with the operands, without regard to case; happens for touchpoints and mails, each time.';
comment on column crm.lead_score_rules.operands is
  'Any of them is enough; one number for at_least and at_most, of inactive_days 0 to 36500; none for is_set, is_missing and '
  'happens.';
comment on column crm.lead_score_rules.points is
  'For fit and negative: of the 100 that the part can have. For behaviour and engagement: each time, before it fades.';

create table crm.leads_to_score (
  organization_id uuid not null,
  lead_id uuid not null,
  id uuid not null default platform.uuidv7(),
  primary key (organization_id, id)
);
comment on table crm.leads_to_score is
  'Leads whose score an input of which has changed: a job empties it. Rows are added and never looked for, so that nobody '
  'who writes waits for another.';

create type crm.lead_score_entry as (
  part text,
  rule_id uuid,
  name text,
  signal text,
  times integer,
  -- as many as an integer counts, each worth the most that a rule may say
  points numeric(15,2)
);
comment on type crm.lead_score_entry is 'What one rule brings to a score.';
comment on column crm.lead_score_entry.times is 'How often it happened; 1 for a field.';
comment on column crm.lead_score_entry.points is 'What is left of its points by now.';

create type crm.lead_score as (
  lead_id uuid,
  score integer,
  fit integer,
  behaviour integer,
  engagement integer,
  negative integer,
  fit_weight numeric(5,2),
  behaviour_weight numeric(5,2),
  engagement_weight numeric(5,2),
  negative_weight numeric(5,2),
  next_change_at timestamptz,
  entries crm.lead_score_entry[]
);
comment on type crm.lead_score is 'The score of a lead at this moment, with what it is made of.';
comment on column crm.lead_score.score is
  '0 to 100: the mean of fit, behaviour and engagement by their weights, less what the negative part takes away.';
comment on column crm.lead_score.next_change_at is 'When it moves by itself because time goes by; null: it does not.';
comment on column crm.lead_score.entries is 'The rules that bring points, those with the most first.';
