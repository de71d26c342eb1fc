create table analytics.segment_fields (
  subject text not null check (subject in ('user', 'lead')),
  field text not null check (field ~ '^[a-z][a-z0-9_]*$'),
  type text not null check (type in ('text', 'number', 'time', 'boolean', 'list')),
  expression text not null,
  description text not null,
  primary key (subject, field)
);
comment on table analytics.segment_fields is
  E'@behavior -insert -update -delete\n'
  'What the rules of segments can ask of users and leads. Part of the product.';
comment on column analytics.segment_fields.type is 'What it is compared with: list is a list of texts.';
comment on column analytics.segment_fields.expression is E'@behavior -*\nIn SQL, of the row s.';

insert into analytics.segment_fields (subject, field, type, expression, description)
values
  ('user', 'email', 'text', 's.email', 'The address.'),
  ('user', 'email_domain', 'text', 'split_part(s.email, ''@'', 2)', 'What follows the @.'),
  ('user', 'name', 'text', 's.name', 'The name.'),
  ('user', 'role', 'text', 's.role_key', 'owner, admin, member, guest or a role of the organization''s own.'),
  ('user', 'status', 'text', 's.status', 'active or suspended.'),
  ('user', 'title', 'text', 's.title', 'What the member does.'),
  ('user', 'time_zone', 'text', 's.time_zone', 'An IANA name.'),
  ('user', 'joined_at', 'time', 's.joined_at', 'When the member joined.'),
  ('user', 'activated_at', 'time',
   '(select a.activated_at from analytics.user_activations a where a.organization_id = $1 and a.user_id = s.id)',
   'When the member was activated.'),
  ('lead', 'email', 'text', 's.email', 'The address.'),
  ('lead', 'email_domain', 'text', 'split_part(s.email, ''@'', 2)', 'What follows the @.'),
  ('lead', 'full_name', 'text', 's.full_name', 'First and last name.'),
  ('lead', 'company_name', 'text', 's.company_name', 'Who they come from.'),
  ('lead', 'job_title', 'text', 's.job_title', 'What they do there.'),
  ('lead', 'industry', 'text', 's.industry', 'What their company does.'),
  ('lead', 'employees', 'number', 's.employees', 'How many people work there.'),
  ('lead', 'city', 'text', 's.city', 'Where they are.'),
  ('lead', 'country', 'text', 's.country::text', 'Two letters.'),
  ('lead', 'locale', 'text', 's.locale', 'A language tag.'),
  ('lead', 'status', 'text', 's.status', 'new, contacted, qualified, unqualified, converted or lost.'),
  ('lead', 'email_consent', 'text', 's.email_consent', 'unknown, granted or withdrawn.'),
  ('lead', 'score', 'number', 's.score', 'From 0 to 100.'),
  ('lead', 'budget_amount', 'number', 's.budget_amount', 'What they may spend.'),
  ('lead', 'interests', 'list', 's.interests', 'What they are interested in.'),
  ('lead', 'lead_source', 'text',
   '(select l.name from crm.lead_sources l where l.organization_id = $1 and l.id = s.lead_source_id)',
   'The name of where they come from.'),
  ('lead', 'has_owner', 'boolean', '(s.owner_id is not null)', 'Whether somebody looks after them.'),
  ('lead', 'created_at', 'time', 's.created_at', 'Since when they are known.'),
  ('lead', 'last_activity_at', 'time', 's.last_activity_at', 'When they last did something.'),
  ('lead', 'converted_at', 'time', 's.converted_at', 'When they became a client.');

create table analytics.segments (
  like platform.tenant_row including all,
  name text not null check (btrim(name) <> '' and length(name) <= 200),
  description text,
  subject text not null check (subject in ('user', 'lead')),
  rule jsonb not null check (jsonb_typeof(rule) = 'object' and length(rule::text) <= 20000),
  is_active boolean not null default true
);
create unique index segments_name_key on analytics.segments (organization_id, lower(btrim(name))) where deleted_at is null;
create index on analytics.segments (organization_id, name);
comment on table analytics.segments is
  'Users or leads that have something in common, by a rule (seed segments). A job keeps up who is in.';
comment on column analytics.segments.name is 'Unique among those that are not archived.';
comment on column analytics.segments.subject is 'What it holds: users, who are members, or leads.';
comment on column analytics.segments.rule is
  'A condition, or {"all": […]}, {"any": […]}, {"not": …} of rules. Conditions: {"field": "score", "op": ">=", "value": 50}, '
  'with =, !=, >, >=, <, <=, in, not_in, contains, starts_with, is_set, is_not_set and, for times, within_days and '
  'before_days; {"event": "project_opened", "op": ">=", "count": 3, "days": 30}; {"seen": "within", "days": 14} or "before" '
  'or "never". A field is one of segment_fields, or custom.<name>.';
comment on column analytics.segments.is_active is 'Whether it is kept up; nobody enters or leaves one that is not.';

create table analytics.user_segments (
  organization_id uuid not null default authz.organization_id() references tenancy.organizations,
  id uuid not null default platform.uuidv7(),
  workspace_id uuid,
  segment_id uuid not null,
  user_id uuid references identity.users,
  lead_id uuid,
  subject_id uuid not null generated always as (coalesce(user_id, lead_id)) stored,
  entered_at timestamptz not null default now(),
  left_at timestamptz,
  primary key (organization_id, id),
  foreign key (organization_id, segment_id) references analytics.segments,
  foreign key (organization_id, lead_id) references crm.leads,
  check (num_nonnulls(user_id, lead_id) = 1),
  check (left_at >= entered_at)
);
create unique index user_segments_present_key on analytics.user_segments (organization_id, segment_id, subject_id)
  where left_at is null;
create index on analytics.user_segments (organization_id, segment_id, entered_at);
create index on analytics.user_segments (organization_id, user_id, segment_id);
create index on analytics.user_segments (organization_id, lead_id, segment_id);
comment on table analytics.user_segments is
  'Who is in a segment, and who was: from when to when (seed user_segments). Kept by a job.';
comment on column analytics.user_segments.workspace_id is 'The workspace of the lead, who may be private to it.';
comment on column analytics.user_segments.user_id is 'The member, in a segment of users.';
comment on column analytics.user_segments.lead_id is 'The lead, in a segment of leads.';
comment on column analytics.user_segments.subject_id is E'@behavior -*\nThe member or the lead.';
comment on column analytics.user_segments.left_at is 'Null as long as it is in.';

create table analytics.segment_checks (
  organization_id uuid not null,
  segment_id uuid not null,
  subject_id uuid not null,
  check_at timestamptz not null,
  primary key (organization_id, segment_id, subject_id)
);
create index on analytics.segment_checks (organization_id, check_at);
comment on table analytics.segment_checks is
  'When time alone may take somebody into a segment or out of it: an event leaves the window that it is counted in.';

create table analytics.due_segments (
  organization_id uuid not null,
  id bigint generated always as identity,
  segment_id uuid not null,
  primary key (organization_id, segment_id, id)
);
comment on table analytics.due_segments is
  'Segments that are new or have a new rule, or whose rule asks for what is called something else now, so that everybody is to '
  'be judged: a mark for each change.';

create table analytics.touched_subjects (
  organization_id uuid not null,
  id bigint generated always as identity,
  subject text not null check (subject in ('user', 'lead')),
  subject_ids uuid[] not null,
  primary key (organization_id, id)
);
comment on table analytics.touched_subjects is
  'Members and leads that have changed since segments were last brought up to date: a row for each statement.';

create type analytics.segment_condition as (
  predicate text,
  changes text[]
);
comment on type analytics.segment_condition is
  'A rule in SQL: what has to be true, and expressions for when that may change without anything happening.';
