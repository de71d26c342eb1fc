create or replace function platform.enqueue(
  task text,
  payload jsonb default '{}',
  job_key text default null,
  run_at timestamptz default null,
  max_attempts integer default null,
  queue_name text default null,
  priority integer default null
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  perform graphile_worker.add_job(
            identifier => enqueue.task,
            payload => case
                         when authz.request_id() is null then enqueue.payload
                         else jsonb_build_object('request_id', authz.request_id()) || enqueue.payload
                       end::json,
            run_at => enqueue.run_at,
            max_attempts => enqueue.max_attempts,
            job_key => enqueue.job_key,
            queue_name => enqueue.queue_name,
            priority => enqueue.priority);
end
$$;

comment on function platform.enqueue(text, jsonb, text, timestamptz, integer, text, integer) is
  'Adds a job for worker/tasks/<task>.ts: it runs after this transaction has been committed, and not at all when it is '
  'undone. Of jobs with the same key that have not begun only the newest stays. The request it comes from is added to the '
  'payload, an object, as request_id: the worker''s log names it. Jobs of one queue_name run one after another; have few of '
  'those names. Those with a lower priority run first; it is 0 unless told. For functions that have checked who asks.';
grant execute on function platform.enqueue(text, jsonb, text, timestamptz, integer, text, integer) to callboard_service;

create or replace function platform.send_mail(
  template text,
  recipient text,
  variables jsonb default '{}',
  token jsonb default null,
  job_key text default null
) returns void
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  -- Twelve attempts are about ten hours: a mail server that is down comes back, or the mail is no longer of use.
  select platform.enqueue(
    'send_mail',
    jsonb_strip_nulls(jsonb_build_object(
      'template', template, 'to', recipient, 'variables', variables,
      'token', token || jsonb_build_object('asked_at', now()))),
    job_key => job_key,
    max_attempts => 12)
$$;

comment on function platform.send_mail(text, text, jsonb, jsonb, text) is
  'A mail, sent after this transaction has been committed. template is one of worker/mail/templates, variables are texts '
  'that it names. A link that stands for its reader gets its token when the mail is sent, so that none waits in the queue: '
  'token says which, {"purpose": "password_reset"} (identity.issue_one_time_token).';
grant execute on function platform.send_mail(text, text, jsonb, jsonb, text) to callboard_service;
