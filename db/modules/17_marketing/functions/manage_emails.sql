create or replace function marketing.send_email(
  lead_id uuid,
  template_id uuid,
  variables jsonb default '{}',
  send_after timestamptz default null,
  purpose text default 'marketing'
) returns marketing.email_queue
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('marketing.write');
  mail_id uuid;
  mail marketing.email_queue;
  barred_by text;
begin
  if purpose is null or purpose not in ('marketing', 'transactional') then
    perform platform.refuse('CB002', 'A purpose is marketing or transactional.', field => 'purpose');
  end if;
  if jsonb_typeof(variables) is distinct from 'object' or length(variables::text) > 65536 then
    perform platform.refuse('CB002', 'Variables are an object of up to 64 KB.', field => 'variables');
  end if;
  if not isfinite(send_after) then
    perform platform.refuse('CB002', 'This is no moment.', field => 'send_after');
  end if;
  -- A lead of a workspace that the caller does not see is none.
  if not marketing.sees_lead(organization, lead_id) then
    perform platform.refuse('CB004', 'There is no such lead.', field => 'lead_id');
  end if;
  select marketing.suppression_of(organization, l.email, send_email.purpose) into barred_by
    from crm.leads l
   where l.organization_id = organization and l.id = send_email.lead_id;
  if barred_by is not null then
    perform platform.refuse(
      'CB051', 'This lead gets no mail.', field => 'lead_id', detail => barred_by);
  end if;
  mail_id := marketing.queue_email(organization, lead_id, template_id, send_after, variables, purpose);
  select q.* into mail from marketing.email_queue q where q.organization_id = organization and q.id = mail_id;
  return mail;
end
$$;

comment on function marketing.send_email(uuid, uuid, jsonb, timestamptz, text) is
  'Sends one mail to one lead, now or later. Needs marketing.write. Errors: UNAUTHENTICATED, FORBIDDEN, INVALID_INPUT (also '
  'for a variable that the template lacks), NOT_FOUND_OR_FORBIDDEN for the lead or the template, RECIPIENT_SUPPRESSED with '
  'the reason in the detail. Definer: mails are queued by functions alone.';
grant execute on function marketing.send_email(uuid, uuid, jsonb, timestamptz, text) to callboard_member;

create or replace function marketing.sees_lead(organization_id uuid, lead_id uuid) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select
      from crm.leads l
     where l.organization_id = sees_lead.organization_id
       and l.id = sees_lead.lead_id
       and l.deleted_at is null
       and authz.sees_workspace(l.workspace_id))
$$;

comment on function marketing.sees_lead(uuid, uuid) is
  'Whether a lead is there for the caller, in a workspace that the caller sees. For functions that row security does not '
  'hold for.';

create or replace function marketing.cancel_email(row_id uuid) returns marketing.email_queue
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('marketing.write');
  mail marketing.email_queue;
begin
  select q.* into mail
    from marketing.email_queue q
   where q.organization_id = organization
     and q.id = row_id
     and authz.sees_workspace(q.workspace_id)
     for update;
  if mail.id is null then
    perform platform.refuse('CB004', 'There is no such mail.', field => 'row_id');
  end if;
  if mail.status not in ('queued', 'paused') then
    perform platform.refuse('CB006', format('A mail that is %s cannot be cancelled.', mail.status), field => 'row_id');
  end if;
  update marketing.email_queue q
     set status = 'cancelled', reason = 'by_hand', updated_at = now()
   where q.organization_id = organization and q.id = row_id
  returning q.* into mail;
  return mail;
end
$$;

comment on function marketing.cancel_email(uuid) is
  'Takes a mail out of the queue that has not gone out. Needs marketing.write. Errors: UNAUTHENTICATED, FORBIDDEN, '
  'NOT_FOUND_OR_FORBIDDEN, INVALID_TRANSITION. Definer: the queue is written by functions alone.';
grant execute on function marketing.cancel_email(uuid) to callboard_member;

create or replace function marketing.resend_email(row_id uuid) returns marketing.email_queue
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('marketing.manage');
  mail marketing.email_queue;
begin
  select q.* into mail
    from marketing.email_queue q
   where q.organization_id = organization
     and q.id = row_id
     and authz.sees_workspace(q.workspace_id)
     for update;
  if mail.id is null then
    perform platform.refuse('CB004', 'There is no such mail.', field => 'row_id');
  end if;
  if mail.status not in ('uncertain', 'failed') then
    perform platform.refuse(
      'CB006', format('A mail that is %s is not sent again.', mail.status), field => 'row_id',
      hint => 'Only those that are uncertain or failed are.');
  end if;
  update marketing.email_queue q
     set status = 'queued', send_after = now(), reason = null, reply_code = null,
         -- All attempts anew, but for the plan it has counted.
         attempts = least(q.attempts, 1)
   where q.organization_id = organization and q.id = row_id
  returning q.* into mail;
  perform marketing.send_soon(organization);
  return mail;
end
$$;

comment on function marketing.resend_email(uuid) is
  'Sends a mail again that failed, or of which nobody knows whether it went out (uncertain): then it may arrive twice, both '
  'times with the same message id. Suppression and all else are asked for anew; once it is handed over again, it has not '
  'bounced. Needs marketing.manage. Errors: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND_OR_FORBIDDEN, INVALID_TRANSITION. Definer: '
  'the queue is written by functions alone.';
grant execute on function marketing.resend_email(uuid) to callboard_member;
