create table platform.outbox_mails (
  id uuid primary key default platform.uuidv7(),
  template text not null,
  recipient text not null,
  subject text not null,
  text_body text not null,
  html_body text not null,
  attachments jsonb not null default '[]' check (jsonb_typeof(attachments) = 'array'),
  created_at timestamptz not null default now()
);
comment on table platform.outbox_mails is
  'Mails of a development machine without a mail server, for /dev/mail. Always empty in production.';
comment on column platform.outbox_mails.attachments is 'Files: a list of {"filename", "contentType", "content"}.';
