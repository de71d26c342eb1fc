-- Messages of invitations that did not go out. Replaying the open one sends it: here it lands in /dev/mail.

with failed as (
  select i.organization_id, i.id as invitation_id, i.email, i.sent_at, f.*, p.user_id
    from (values
           ('dimmer.hire@harborlights.test', 'Greeting never received', 12, interval '10 hours', null),
           ('mistyped@lumen.tset', '550 5.1.2 <…@lumen.tset>: Recipient address rejected: Domain not found', 12,
            interval '11 hours', 'discarded'),
           ('marketing@harborandvine.test', '421 4.7.0 Too many connections, try again later', 12, interval '9 hours',
            'replayed')
         ) as f (address, error, attempts, after, became)
    join pg_temp.demo_organizations o on o.key = 'lumen'
    join tenancy.invitations i on i.organization_id = o.id and i.email = f.address
    join pg_temp.demo_people p on p.organization = o.key and p.role = 'owner'
), letters as (
  insert into ops.dead_letters
    (organization_id, task, payload, error, attempts, max_attempts, queued_at, failed_at, status, resolved_at, resolved_by)
  select f.organization_id, 'send_mail',
         ops.safe_payload(
           jsonb_build_object(
             'template', 'invitation', 'to', f.email, 'variables', '{}'::jsonb, 'token',
             jsonb_build_object(
               'purpose', 'invitation', 'organization_id', f.organization_id, 'invitation_id', f.invitation_id))),
         f.error, f.attempts, f.attempts, f.sent_at, f.sent_at + f.after, coalesce(f.became, 'open'),
         case when f.became is not null then f.sent_at + f.after + interval '40 minutes' end,
         case when f.became is not null then f.user_id end
    from failed f
  returning id, payload #>> '{token,invitation_id}' as invitation_id
)
insert into ops.dead_letter_payloads (dead_letter_id, job_id, payload, job_key, priority, flags)
select l.id, 0,
       jsonb_build_object(
         'template', 'invitation', 'to', f.email, 'variables', '{}'::jsonb, 'token',
         jsonb_build_object(
           'purpose', 'invitation', 'organization_id', f.organization_id, 'invitation_id', f.invitation_id)),
       'invitation:' || f.invitation_id, 0, '{}'
  from letters l
  join failed f on f.invitation_id::text = l.invitation_id;
