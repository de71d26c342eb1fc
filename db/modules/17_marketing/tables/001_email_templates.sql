-- Name, description and category are written by plain mutations; what is rendered only by save_email_template, after the
-- server has parsed it.
create table marketing.email_templates (
  like platform.tenant_row including all,
  name text not null check (btrim(name) <> '' and length(name) <= 200),
  description text check (length(description) <= 2000),
  category text check (btrim(category) <> '' and length(category) <= 60),
  version integer not null default 1 check (version > 0),
  subject text not null check (btrim(subject) <> '' and length(subject) <= 1000),
  html_source text check (length(html_source) <= 262144),
  text_source text check (length(text_source) <= 262144),
  variables jsonb not null default '[]' check (jsonb_typeof(variables) = 'array'),
  check (html_source is not null or text_source is not null)
);
create unique index email_templates_name on marketing.email_templates (organization_id, lower(name))
  where deleted_at is null;
create index on marketing.email_templates (organization_id, name);
comment on table marketing.email_templates is
  E'@behavior -insert\nWhat mails to leads say (seed email_templates): subject, HTML and text in Liquid. saveEmailTemplate writes them, and '
  'refuses what would not render; updateEmailTemplate renames them.';
comment on column marketing.email_templates.category is 'A word to sort them by, such as welcome or reminder.';
comment on column marketing.email_templates.version is 'The present version; each change of what is rendered makes another.';
comment on column marketing.email_templates.subject is 'Liquid, without markup.';
comment on column marketing.email_templates.html_source is
  'Liquid in HTML. What is put in is escaped. Null: the mail is text only.';
comment on column marketing.email_templates.text_source is 'Liquid in plain text. Null: made of the HTML.';
comment on column marketing.email_templates.variables is
  'Variables of its own: a list of {"name", "description", "default", "sample"}. One without a default has to be given with '
  'each mail. lead, organization and unsubscribe_url are always there.';

create table marketing.email_template_versions (
  like platform.tenant_log_row including all,
  template_id uuid not null,
  version integer not null check (version > 0),
  subject text not null,
  html_source text,
  text_source text,
  variables jsonb not null default '[]',
  created_by uuid references identity.users,
  primary key (organization_id, id),
  unique (organization_id, template_id, version),
  foreign key (organization_id, template_id) references marketing.email_templates (organization_id, id)
);
comment on table marketing.email_template_versions is
  'What a template said and says, version by version, so that a mail that went out can still be shown.';
comment on column marketing.email_template_versions.occurred_at is 'Since when it is the version that mails are made of.';
