create or replace function marketing.note_interactions(organization_id uuid, events jsonb) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  event record;
  mail marketing.email_queue;
  lead uuid;
  had bigint;
  is_repeat boolean;
  added integer;
  noted integer := 0;
begin
  for event in
    select e.*
      from jsonb_to_recordset(events) as e (
             id uuid, kind text, source text, occurred_at timestamptz, is_machine boolean, is_hard boolean, url text,
             reason text, external_id text)
     order by e.id, e.occurred_at
  loop
    -- Two at once are told apart by who comes second.
    select q.* into mail
      from marketing.email_queue q
     where q.organization_id = note_interactions.organization_id and q.id = event.id
       for update;
    -- What never left cannot have been opened.
    continue when not found or mail.status in ('queued', 'paused', 'suppressed', 'cancelled') and mail.attempts = 0;
    select count(*), coalesce(bool_or(not i.is_machine and i.url is not distinct from event.url), false)
      into had, is_repeat
      from marketing.email_interactions i
     where i.organization_id = note_interactions.organization_id
       and i.queued_email_id = mail.id
       and i.kind = event.kind;
    -- Whoever has a link could ask for it for ever; a hundred tell enough.
    continue when had >= 100;
    -- Who got the mail may have become one with another lead since.
    select coalesce(l.merged_into_lead_id, l.id) into lead
      from crm.leads l
     where l.organization_id = mail.organization_id and l.id = mail.lead_id;
    insert into marketing.email_interactions
      (organization_id, occurred_at, queued_email_id, lead_id, campaign_id, kind, source, is_machine, is_repeat,
       is_hard_bounce, url, reason, external_id)
    values (note_interactions.organization_id, least(coalesce(event.occurred_at, now()), now()), mail.id, lead,
            mail.campaign_id, event.kind, event.source, coalesce(event.is_machine, false),
            is_repeat and not coalesce(event.is_machine, false),
            case event.kind when 'bounced' then coalesce(event.is_hard, false) end,
            case event.kind when 'clicked' then event.url end,
            left(event.reason, 1000), event.external_id)
    on conflict on constraint email_interactions_organization_id_external_id_key do nothing;
    get diagnostics added = row_count;
    continue when added = 0;
    noted := noted + 1;
    perform marketing.follow_interaction(
      mail, event.kind, least(coalesce(event.occurred_at, now()), now()), coalesce(event.is_machine, false),
      coalesce(event.is_hard, false), event.reason);
    if event.kind = 'clicked' and mail.campaign_id is not null and not coalesce(event.is_machine, false) then
      perform marketing.add_click_touchpoint(mail, lead, least(coalesce(event.occurred_at, now()), now()), event.url);
    end if;
  end loop;
  return noted;
end
$$;

comment on function marketing.note_interactions(uuid, jsonb) is
  'Records what happened to mails, a list of {id, kind, source, occurred_at, is_machine, is_hard, url, reason, external_id}, and '
  'what follows: bounces and complaints suppress the address, an unsubscription withdraws consent. What was reported '
  'before, mails of other organizations and mails that never left are passed over. Returns how many are new.';
grant execute on function marketing.note_interactions(uuid, jsonb) to callboard_service;

create or replace function marketing.follow_interaction(
  mail marketing.email_queue,
  kind text,
  occurred_at timestamptz,
  is_machine boolean,
  is_hard boolean,
  reason text
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  update marketing.email_queue q
     set delivered_at = case kind when 'delivered' then least(q.delivered_at, follow_interaction.occurred_at) else q.delivered_at end,
         opened_at = case
           when kind in ('opened', 'clicked') and not is_machine then least(q.opened_at, follow_interaction.occurred_at)
           else q.opened_at
         end,
         clicked_at = case
           when kind = 'clicked' and not is_machine then least(q.clicked_at, follow_interaction.occurred_at)
           else q.clicked_at
         end,
         replied_at = case kind when 'replied' then least(q.replied_at, follow_interaction.occurred_at) else q.replied_at end,
         bounced_at = case kind when 'bounced' then least(q.bounced_at, follow_interaction.occurred_at) else q.bounced_at end,
         complained_at = case kind when 'complained' then least(q.complained_at, follow_interaction.occurred_at) else q.complained_at end,
         unsubscribed_at = case kind
           when 'unsubscribed' then least(q.unsubscribed_at, follow_interaction.occurred_at)
           else q.unsubscribed_at
         end,
         -- Nobody knew whether it had gone out: now it is known.
         status = case when q.status = 'uncertain' then 'sent' else q.status end,
         sent_at = case when q.status = 'uncertain' then coalesce(q.sent_at, q.attempted_at) else q.sent_at end,
         updated_at = now()
   where q.organization_id = mail.organization_id and q.id = mail.id;
  if kind = 'bounced' then
    perform marketing.suppress_email(
      mail.organization_id, mail.email, case when is_hard then 'hard_bounce' else 'soft_bounce' end,
      reason, mail.id, case when not is_hard then now() + interval '3 days' end);
  elsif kind = 'complained' then
    perform marketing.suppress_email(mail.organization_id, mail.email, 'complaint', reason, mail.id);
  elsif kind = 'unsubscribed' then
    perform marketing.unsubscribe(mail.organization_id, mail.email, reason, mail.id);
  end if;
end
$$;

comment on function marketing.follow_interaction(marketing.email_queue, text, timestamptz, boolean, boolean, text) is
  'What follows of something that happened to a mail. Part of note_interactions.';
grant execute on function marketing.follow_interaction(marketing.email_queue, text, timestamptz, boolean, boolean, text)
  to callboard_service;

create or replace function marketing.add_click_touchpoint(
  mail marketing.email_queue,
  lead_id uuid,
  occurred_at timestamptz,
  url text
) returns void
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  insert into crm.lead_touchpoints
    (organization_id, occurred_at, lead_id, kind, channel, campaign, title, url, client_key, is_mail_click)
  select mail.organization_id, add_click_touchpoint.occurred_at, add_click_touchpoint.lead_id, 'email_click', 'email',
         lower(btrim(c.name)), c.name, add_click_touchpoint.url, 'mail:' || mail.id, true
    from marketing.campaigns c
   where c.organization_id = mail.organization_id
     and c.id = mail.campaign_id
     -- a page that was as quick
     and not exists (
           select
             from crm.lead_touchpoints t
            where t.organization_id = mail.organization_id
              and t.lead_id = add_click_touchpoint.lead_id
              and t.kind = 'email_click'
              and t.campaign = lower(btrim(c.name))
              and t.occurred_at between add_click_touchpoint.occurred_at - interval '5 minutes'
                                    and add_click_touchpoint.occurred_at + interval '30 minutes')
  on conflict on constraint lead_touchpoints_client_key do nothing
$$;

comment on function marketing.add_click_touchpoint(marketing.email_queue, uuid, timestamptz, text) is
  'The first link that a lead follows in a mail of a campaign is a touchpoint, so that attribution knows of it: one for each '
  'mail, whatever else is followed, and none where a page has told of it already. Part of note_interactions.';
grant execute on function marketing.add_click_touchpoint(marketing.email_queue, uuid, timestamptz, text)
  to callboard_service;

create or replace function marketing.unsubscribe(
  organization_id uuid,
  email text,
  reason text default null,
  queued_email_id uuid default null,
  consent_source text default 'Unsubscribed by the link of a mail'
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  perform marketing.suppress_email(organization_id, email, 'unsubscribed', reason, queued_email_id);
  update crm.leads l
     set email_consent = 'withdrawn', email_consent_source = unsubscribe.consent_source
   where l.organization_id = unsubscribe.organization_id
     and l.deleted_at is null
     and l.email_consent <> 'withdrawn'
     -- Who had the address, or the mail, may have become one with another since.
     and l.id in (
           select coalesce(a.merged_into_lead_id, a.id)
             from crm.leads a
            where a.organization_id = unsubscribe.organization_id and a.email = unsubscribe.email
           union all
           select m.merged_into_lead_id
             from marketing.email_queue q
             join crm.leads m on m.organization_id = q.organization_id and m.id = q.lead_id
            where q.organization_id = unsubscribe.organization_id and q.id = unsubscribe.queued_email_id
         );
end
$$;

comment on function marketing.unsubscribe(uuid, text, text, uuid, text) is
  'Whoever reads mail at an address wants none of an organization any more, nor at the address of the lead that theirs has '
  'become one with. For functions that have checked who asks.';
grant execute on function marketing.unsubscribe(uuid, text, text, uuid, text) to callboard_service;

create or replace function marketing.reader_at(organization_id uuid, email text) returns uuid
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(l.merged_into_lead_id, l.id)
    from crm.leads l
   where l.organization_id = reader_at.organization_id
     and l.email = reader_at.email
     and (l.deleted_at is null or l.merged_into_lead_id is not null)
   -- whoever has the address now, before who had it last
   order by l.deleted_at desc nulls first
   limit 1
$$;

comment on function marketing.reader_at(uuid, text) is
  'The lead who reads mail at an address: who has it, or else whom a lead who had it has become. Null: nobody.';
grant execute on function marketing.reader_at(uuid, text) to callboard_service;

create or replace function marketing.unsubscribe_trimmed(organization_id uuid, mail_id uuid, source text) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  address text;
begin
  -- Two at once: the second sees what the first did.
  select t.email into address
    from marketing.trimmed_emails t
   where t.organization_id = unsubscribe_trimmed.organization_id and t.id = mail_id
     for update;
  if not found then
    return false;
  end if;
  if not marketing.is_unsubscribed(organization_id, address) then
    insert into marketing.email_interactions (organization_id, lead_id, kind, source)
    values (
      unsubscribe_trimmed.organization_id, marketing.reader_at(organization_id, address), 'unsubscribed',
      unsubscribe_trimmed.source);
    perform marketing.unsubscribe(organization_id, address);
  end if;
  return true;
end
$$;

comment on function marketing.unsubscribe_trimmed(uuid, uuid, text) is
  'Unsubscribes by the link of a mail that was deleted because of its age. Returns whether there was such a mail.';
grant execute on function marketing.unsubscribe_trimmed(uuid, uuid, text) to callboard_service;

create or replace function marketing.note_visit(
  organization_id uuid,
  mail_id uuid,
  kind text,
  source text,
  is_machine boolean default false,
  url text default null,
  reason text default null
) returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  taken_at timestamptz;
begin
  select coalesce(q.sent_at, q.attempted_at) into taken_at
    from marketing.email_queue q
   where q.organization_id = note_visit.organization_id and q.id = mail_id;
  if not found then
    -- What else is done with a mail that old is of no interest.
    return kind = 'unsubscribed' and marketing.unsubscribe_trimmed(organization_id, mail_id, source);
  end if;
  perform marketing.note_interactions(
    organization_id,
    jsonb_build_array(jsonb_build_object(
      'id', mail_id, 'kind', kind, 'source', source, 'url', url, 'reason', reason,
      -- Nobody reads within two seconds of the mail server taking it.
      'is_machine', is_machine or kind in ('opened', 'clicked') and clock_timestamp() < taken_at + interval '2 seconds')));
  return true;
end
$$;

comment on function marketing.note_visit(uuid, uuid, text, text, boolean, text, text) is
  'Somebody followed a signed link of a mail; the server has checked the signature. Returns whether there is such a mail. '
  'Definer: whoever has a mail need not be signed in. Granted to the server''s login alone.';
grant execute on function marketing.note_visit(uuid, uuid, text, text, boolean, text, text) to callboard_authenticator;

create or replace function marketing.read_unsubscription(organization_id uuid, mail_id uuid) returns table (
  organization_name text,
  is_unsubscribed boolean,
  sent_at timestamptz
)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select o.name,
         -- Whoever is kept from mails by something else for the moment may still say that they want none.
         marketing.is_unsubscribed(m.organization_id, m.email), m.sent_at
    from (
           select q.organization_id, coalesce(q.email, l.email) as email, coalesce(q.sent_at, q.attempted_at) as sent_at
             from marketing.email_queue q
             join crm.leads l on l.organization_id = q.organization_id and l.id = q.lead_id
            where q.organization_id = read_unsubscription.organization_id and q.id = mail_id
           union all
           select t.organization_id, t.email, null
             from marketing.trimmed_emails t
            where t.organization_id = read_unsubscription.organization_id and t.id = mail_id
         ) m
    join tenancy.organizations o on o.id = m.organization_id
$$;

comment on function marketing.read_unsubscription(uuid, uuid) is
  'What the page behind an unsubscribe link says: whose mails they are, and whether the reader has said no to them. Never an address. '
  'Definer: whoever has a mail need not be signed in. Granted to the server''s login alone.';
grant execute on function marketing.read_unsubscription(uuid, uuid) to callboard_authenticator;
