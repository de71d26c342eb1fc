create or replace function marketing.retry_delay(attempts integer) returns interval
language sql immutable parallel safe
return (array['1 min', '5 min', '15 min', '1 h', '3 h', '6 h', '12 h']::interval[])[attempts];

comment on function marketing.retry_delay(integer) is
  'How long a mail waits after so many attempts; null: there is no further one.';
grant execute on function marketing.retry_delay(integer) to callboard_service;

create or replace function marketing.is_sent_again(outcome text, attempts integer) returns boolean
language sql immutable parallel safe
return outcome = 'returned' or outcome = 'retry' and marketing.retry_delay(attempts) is not null;

comment on function marketing.is_sent_again(text, integer) is
  'Whether a mail waits again after so many attempts, the last of which had this outcome.';
grant execute on function marketing.is_sent_again(text, integer) to callboard_service;

create or replace function marketing.emails_held_back(organization_id uuid, claim_id uuid, outcomes jsonb) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  organization constant uuid := emails_held_back.organization_id;
  waiting uuid[];
  campaign_ids uuid[];
  enrollment_ids uuid[];
begin
  -- Mails that are on their way first, then what they are of: whoever stops that locks it, and then mails that wait.
  select array_agg(m.id), array_agg(distinct m.campaign_id), array_agg(distinct m.enrollment_id)
    into waiting, campaign_ids, enrollment_ids
    from (
           select q.id, q.campaign_id, q.enrollment_id
             from jsonb_to_recordset(outcomes) as o (id uuid, outcome text)
             join marketing.email_queue q on q.organization_id = organization and q.id = o.id
            where q.claim_id = emails_held_back.claim_id
              and q.status in ('sending', 'uncertain')
              and num_nonnulls(q.campaign_id, q.enrollment_id) > 0
              and marketing.is_sent_again(o.outcome, q.attempts)
            order by q.id
              for update of q
         ) m;
  if waiting is null then
    return jsonb_build_object();
  end if;
  perform
     from marketing.campaigns c
    where c.organization_id = organization and c.id = any (campaign_ids)
    order by c.id
      for share;
  perform
     from marketing.nurturing_enrollments e
    where e.organization_id = organization and e.id = any (enrollment_ids)
    order by e.id
      for share;
  return (
    select coalesce(jsonb_object_agg(h.id, jsonb_build_object('status', h.status, 'reason', h.reason)), jsonb_build_object())
      from (
             select q.id,
                    case when o.is_over then 'cancelled' else 'paused' end as status,
                    case when o.is_over then 'campaign_cancelled' end as reason
               from marketing.email_queue q
               join marketing.campaigns c on c.organization_id = organization and c.id = q.campaign_id
              cross join lateral (select c.status = 'cancelled' or c.deleted_at is not null as is_over) o
              where q.organization_id = organization and q.id = any (waiting) and (o.is_over or c.status = 'paused')
             union all
             -- Who has completed a sequence still gets its last mail.
             select q.id, 'cancelled', 'left the sequence: ' || e.exit_reason
               from marketing.email_queue q
               join marketing.nurturing_enrollments e on e.organization_id = organization and e.id = q.enrollment_id
              where q.organization_id = organization and q.id = any (waiting) and e.status = 'exited'
           ) h);
end
$$;

comment on function marketing.emails_held_back(uuid, uuid, jsonb) is
  'Of mails that would wait again, those whose campaign was paused, cancelled or archived, or whose lead has left the '
  'sequence, while they were on their way: {id: {status, reason}}. Holds the mails, campaigns and enrolments until the end of '
  'the transaction, so that whoever stops them comes before or after. Part of record_emails.';
grant execute on function marketing.emails_held_back(uuid, uuid, jsonb) to callboard_service;

create or replace function marketing.has_shown_life(mail marketing.email_queue) returns boolean
language sql immutable parallel safe
return num_nonnulls(
  mail.delivered_at, mail.opened_at, mail.clicked_at, mail.replied_at, mail.bounced_at, mail.complained_at,
  mail.unsubscribed_at) > 0;

comment on function marketing.has_shown_life(marketing.email_queue) is
  'Whether something is known of a mail that happens to those alone that went out. What a program did with one that is on its '
  'way is not: mail servers look into mails that they then do not take.';
grant execute on function marketing.has_shown_life(marketing.email_queue) to callboard_service;

create or replace function marketing.record_emails(organization_id uuid, claim_id uuid, outcomes jsonb) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  bounce record;
  recorded uuid[];
  given_back bigint;
  held_back jsonb := jsonb_build_object();
begin
  if outcomes @> '[{"outcome": "retry"}]' or outcomes @> '[{"outcome": "returned"}]' then
    held_back := marketing.emails_held_back(organization_id, claim_id, outcomes);
  end if;
  -- The claim is asked for: after a mail was sent anew by hand, what became of it before does not count.
  with changed as (
    update marketing.email_queue q
       set status = case
             -- Also what came to be known of it a moment ago, by whoever held it.
             when o.outcome = 'uncertain' and marketing.has_shown_life(q) then 'sent'
             when o.outcome in ('sent', 'uncertain') then o.outcome
             when marketing.is_sent_again(o.outcome, q.attempts)
               then coalesce(held_back -> q.id::text ->> 'status', 'queued')
             else 'failed'
           end,
           send_after = case o.outcome
             when 'retry' then coalesce(now() + marketing.retry_delay(q.attempts), q.send_after)
             else q.send_after
           end,
           attempts = q.attempts - (o.outcome = 'returned')::integer,
           -- Nobody heard of it, so it does not count as a mail that the lead had.
           attempted_at = case o.outcome when 'returned' then null else q.attempted_at end,
           sent_at = case
             when o.outcome = 'sent' then coalesce(q.sent_at, clock_timestamp())
             when o.outcome = 'uncertain' and marketing.has_shown_life(q) then coalesce(q.sent_at, q.attempted_at)
           end,
           bounced_at = case o.outcome when 'bounced' then clock_timestamp() else q.bounced_at end,
           reason = case
             when o.outcome <> 'uncertain' or not marketing.has_shown_life(q)
               then left(coalesce(held_back -> q.id::text ->> 'reason', o.reason), 1000)
           end,
           reply_code = left(o.code, 20),
           claim_expires_at = null,
           updated_at = clock_timestamp()
      from jsonb_to_recordset(outcomes) as o (id uuid, outcome text, reason text, code text)
     where q.organization_id = record_emails.organization_id
       and q.id = o.id
       and q.claim_id = record_emails.claim_id
       and q.status in ('sending', 'uncertain')
    returning q.id
  )
  select array_agg(c.id) into recorded from changed c;
  -- Whoever got no answer records once more: what follows from an outcome follows once.
  if recorded is null then
    return 0;
  end if;

  if outcomes @> '[{"outcome": "returned"}]' then
    -- They count towards the plan when they go out.
    select count(*) into given_back
      from jsonb_to_recordset(outcomes) as o (id uuid, outcome text)
      join marketing.email_queue q on q.organization_id = record_emails.organization_id and q.id = o.id
     where q.id = any (recorded) and o.outcome = 'returned' and q.attempts = 0;
    if given_back > 0 then
      perform billing.take_usage(organization_id, 'emails', billing.usage_period(organization_id, 'emails'), -given_back);
    end if;
  end if;

  if outcomes @> '[{"outcome": "bounced"}]' then
    for bounce in
      select q.id, q.email, q.lead_id, q.campaign_id, q.reason
        from jsonb_to_recordset(outcomes) as o (id uuid, outcome text)
        join marketing.email_queue q on q.organization_id = record_emails.organization_id and q.id = o.id
       where q.id = any (recorded) and o.outcome = 'bounced'
       order by q.email
    loop
      insert into marketing.email_interactions
        (organization_id, queued_email_id, lead_id, campaign_id, kind, source, is_hard_bounce, reason)
      values (record_emails.organization_id, bounce.id, bounce.lead_id, bounce.campaign_id, 'bounced', 'smtp', true,
              bounce.reason);
      perform marketing.suppress_email(organization_id, bounce.email, 'hard_bounce', bounce.reason, bounce.id);
    end loop;
  end if;
  return cardinality(recorded);
end
$$;

comment on function marketing.record_emails(uuid, uuid, jsonb) is
  'Records what became of mails of a batch, a list of {id, outcome, reason, code}: sent; retry: later, with longer and longer '
  'waits; returned: nobody has heard of it, at once again; failed; bounced: failed, and the address is suppressed; uncertain: '
  'sent, if it has shown life. '
  'What would be sent again of a campaign or a sequence that was stopped meanwhile is not. Returns how many it recorded: those '
  'that another claim has by now are left alone.';
grant execute on function marketing.record_emails(uuid, uuid, jsonb) to callboard_service;

create or replace function marketing.find_uncertain_emails() returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  found_mails integer;
begin
  with dropped as (
    update marketing.email_queue q
       set status = case when marketing.has_shown_life(q) then 'sent' else 'uncertain' end,
           sent_at = case when marketing.has_shown_life(q) then coalesce(q.sent_at, q.attempted_at) else q.sent_at end,
           reason = case when not marketing.has_shown_life(q) then 'worker_died' end,
           claim_expires_at = null,
           updated_at = now()
     where q.status = 'sending' and q.claim_expires_at < now()
    returning q.status
  )
  select count(*) into found_mails from dropped d where d.status = 'uncertain';
  return found_mails;
end
$$;

comment on function marketing.find_uncertain_emails() is
  'Mails whose worker has not told in time what became of them: nobody knows whether a mail server has them, so they are not '
  'sent again by themselves; those that have shown life have been sent. Returns of how many nobody knows.';
grant execute on function marketing.find_uncertain_emails() to callboard_service;

create or replace function marketing.send_due_emails() returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  due_organization uuid;
  organizations integer := 0;
begin
  -- From one organization to the next in the index, however many mails each has.
  select q.organization_id into due_organization
    from marketing.email_queue q
   where q.status = 'queued'
   order by q.organization_id
   limit 1;
  while due_organization is not null loop
    if exists (
      select
        from marketing.email_queue q
       where q.organization_id = due_organization and q.status = 'queued' and q.send_after <= now()
    ) then
      perform marketing.send_soon(due_organization);
      organizations := organizations + 1;
    end if;
    select q.organization_id into due_organization
      from marketing.email_queue q
     where q.status = 'queued' and q.organization_id > due_organization
     order by q.organization_id
     limit 1;
    exit when not found;
  end loop;
  return organizations;
end
$$;

comment on function marketing.send_due_emails() is
  'Adds a job for every organization that has mails which are due. Returns for how many. The timetable calls it every minute.';
grant execute on function marketing.send_due_emails() to callboard_service;
