create or replace function marketing.queue_email(
  organization_id uuid,
  lead_id uuid,
  template_id uuid,
  send_after timestamptz default now(),
  variables jsonb default '{}',
  purpose text default 'marketing',
  campaign_id uuid default null
) returns uuid
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  email_id uuid;
  missing text;
begin
  perform
     from crm.leads l
    where l.organization_id = queue_email.organization_id and l.id = queue_email.lead_id and l.deleted_at is null;
  if not found then
    perform platform.refuse('CB004', 'There is no such lead.', field => 'lead_id');
  end if;
  perform
     from marketing.email_templates t
    where t.organization_id = queue_email.organization_id and t.id = queue_email.template_id and t.deleted_at is null;
  if not found then
    perform platform.refuse('CB004', 'There is no such template.', field => 'template_id');
  end if;
  missing := marketing.missing_variable(organization_id, template_id, variables);
  if missing is not null then
    perform platform.refuse(
      'CB002', format('The template needs the variable %s.', missing), field => 'variables.' || missing);
  end if;
  insert into marketing.email_queue
    (organization_id, lead_id, template_id, send_after, variables, purpose, campaign_id, created_by)
  values (queue_email.organization_id, queue_email.lead_id, queue_email.template_id,
          coalesce(queue_email.send_after, now()), coalesce(queue_email.variables, '{}'), queue_email.purpose,
          queue_email.campaign_id, authz.actor_id())
  returning id into email_id;
  return email_id;
end
$$;

comment on function marketing.queue_email(uuid, uuid, uuid, timestamptz, jsonb, text, uuid) is
  'Puts a mail to a lead into the queue and returns its id; it goes out after this transaction, not before send_after. '
  'For functions that have checked who asks. Those that queue many insert them into marketing.email_queue at once: the job '
  'is added by a trigger. Whether the lead may get it (suppression, consent, frequency cap, quiet hours) is decided when it '
  'is sent. Errors: CB004 for an unknown or archived lead or template, CB002 for a variable that the template lacks.';
grant execute on function marketing.queue_email(uuid, uuid, uuid, timestamptz, jsonb, text, uuid) to callboard_service;

create or replace function marketing.missing_variable(organization_id uuid, template_id uuid, variables jsonb) returns text
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select v.value ->> 'name'
    from marketing.email_templates t
   cross join lateral jsonb_array_elements(t.variables) v
   where t.organization_id = missing_variable.organization_id
     and t.id = missing_variable.template_id
     and not v.value ? 'default'
     and coalesce(missing_variable.variables -> (v.value ->> 'name'), 'null') = 'null'
   limit 1
$$;

comment on function marketing.missing_variable(uuid, uuid, jsonb) is
  'The first variable of a template that has no default and is not given; null when none is missing.';
grant execute on function marketing.missing_variable(uuid, uuid, jsonb) to callboard_member, callboard_service;

create or replace function marketing.send_queued_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  -- What is due later is found by the timetable (send_due_emails).
  perform marketing.send_soon(r.organization_id)
     from new_rows r
    where r.status = 'queued' and r.send_after <= now()
    group by r.organization_id;
  return null;
end
$$;

comment on function marketing.send_queued_trigger() is 'Has mails sent that are due as soon as they are queued.';

create or replace function marketing.send_soon(organization_id uuid) returns void
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  select platform.enqueue(
    'send_emails',
    jsonb_build_object('organization_id', organization_id),
    job_key => 'send_emails:' || organization_id)
$$;

comment on function marketing.send_soon(uuid) is
  'Adds the job that sends what is due of an organization; one that waits already is the same.';
grant execute on function marketing.send_soon(uuid) to callboard_service;
