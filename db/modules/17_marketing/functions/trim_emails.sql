create or replace function marketing.emails_kept_from(organization_id uuid) returns timestamptz
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select now() - greatest(d.days, 90, 20 * s.half_life_days)::double precision * interval '1 day'
    from (select (tenancy.setting(emails_kept_from.organization_id, 'marketing') ->> 'keepMailsDays')::integer as days) d
    left join crm.crm_settings s on s.organization_id = emails_kept_from.organization_id
   where d.days > 0
$$;

comment on function marketing.emails_kept_from(uuid) is
  'The time before which an organization keeps no mails; null: it keeps all. By its settings, but as long as the frequency cap '
  'may look back, and until what leads did with mails has faded from their scores (twenty half-lives: a millionth).';
grant execute on function marketing.emails_kept_from(uuid) to callboard_service;

create or replace function marketing.first_id_of(moment timestamptz) returns uuid
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select (lpad(to_hex(greatest(floor(extract(epoch from moment) * 1000), 0)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

comment on function marketing.first_id_of(timestamptz) is 'Ids that were made before a moment are less than this.';
grant execute on function marketing.first_id_of(timestamptz) to callboard_service;

create or replace function marketing.trim_emails(organization_id uuid, after_id uuid default null, at_most integer default 1000)
returns uuid
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  organization constant uuid := trim_emails.organization_id;
  kept_from constant timestamptz := marketing.emails_kept_from(organization);
  last_id uuid;
  gone uuid[];
begin
  -- Ids are in the order of time, so the old ones are next to each other in the key.
  select max(o.id::text)::uuid
    into last_id
    from (
           select q.id
             from marketing.email_queue q
            where q.organization_id = organization
              and q.id > coalesce(after_id, '00000000-0000-0000-0000-000000000000')
              and q.id < marketing.first_id_of(kept_from)
            order by q.id
            limit at_most
         ) o;
  if last_id is null then
    return null;
  end if;
  select array_agg(o.id)
    into gone
    from (
           select q.id
             from marketing.email_queue q
            where q.organization_id = organization
              and q.id > coalesce(after_id, '00000000-0000-0000-0000-000000000000')
              and q.id <= last_id
              and q.status in ('sent', 'failed', 'suppressed', 'cancelled', 'uncertain')
              -- Whatever happened to it since has touched it.
              and q.updated_at < kept_from
              -- What is to be sent once only has to be known while it could be sent.
              and (q.campaign_id is null or exists (
                    select
                      from marketing.campaigns c
                     where c.organization_id = organization
                       and c.id = q.campaign_id
                       and (c.status in ('completed', 'cancelled') or c.deleted_at is not null)))
              and (q.enrollment_id is null or exists (
                    select
                      from marketing.nurturing_enrollments e
                     where e.organization_id = organization
                       and e.id = q.enrollment_id
                       and e.status in ('completed', 'exited')))
            order by q.id
              for update skip locked
         ) o;
  if gone is null then
    return last_id;
  end if;
  perform marketing.trim_interactions(organization, gone);
  update marketing.email_suppressions s
     set queued_email_id = null
   where s.organization_id = organization and s.queued_email_id = any (gone);
  with listed as (
    delete from marketing.campaign_recipients r
     where r.organization_id = organization and r.queued_email_id = any (gone)
    returning r.queued_email_id
  )
  insert into marketing.email_tallies as t
    (organization_id, workspace_id, campaign_id, step_id, status, mails, delivered, opened, clicked, replied, bounced,
     complained, unsubscribed, recipients)
  select organization, q.workspace_id, q.campaign_id, q.step_id, q.status, count(*), count(q.delivered_at),
         count(q.opened_at), count(q.clicked_at), count(q.replied_at), count(q.bounced_at), count(q.complained_at),
         count(q.unsubscribed_at), coalesce(sum(r.recipients), 0)
    from marketing.email_queue q
    left join (select l.queued_email_id, count(*) as recipients from listed l group by l.queued_email_id) r
      on r.queued_email_id = q.id
   where q.organization_id = organization
     and q.id = any (gone)
     and num_nonnulls(q.campaign_id, q.step_id) > 0
   group by q.workspace_id, q.campaign_id, q.step_id, q.status
   order by q.campaign_id, q.step_id, q.workspace_id, q.status
  on conflict on constraint email_tallies_once do update
    set mails = t.mails + excluded.mails,
        delivered = t.delivered + excluded.delivered,
        opened = t.opened + excluded.opened,
        clicked = t.clicked + excluded.clicked,
        replied = t.replied + excluded.replied,
        bounced = t.bounced + excluded.bounced,
        complained = t.complained + excluded.complained,
        unsubscribed = t.unsubscribed + excluded.unsubscribed,
        recipients = t.recipients + excluded.recipients;
  insert into marketing.trimmed_emails (organization_id, id, email)
  select q.organization_id, q.id, q.email
    from marketing.email_queue q
   where q.organization_id = organization and q.id = any (gone) and q.email is not null;
  delete from marketing.email_queue q where q.organization_id = organization and q.id = any (gone);
  return last_id;
end
$$;

comment on function marketing.trim_emails(uuid, uuid, integer) is
  'Deletes mails of an organization that are over, and older than it keeps them, with what became of them: of those whose id '
  'comes after after_id it looks at so many, and returns the last; null: there are none left. Mails of campaigns and '
  'enrolments that are not over stay, since none may go out twice. What figures count is tallied before, and where a mail '
  'went stays known, so that its reader can unsubscribe. For jobs.';
grant execute on function marketing.trim_emails(uuid, uuid, integer) to callboard_service;

create or replace function marketing.trim_interactions(organization_id uuid, mail_ids uuid[]) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  organization constant uuid := trim_interactions.organization_id;
begin
  -- What still counts in the score of a lead: what never fades, and that it was active at all.
  update marketing.email_interactions i
     set queued_email_id = null
   where i.organization_id = organization
     and i.queued_email_id = any (mail_ids)
     and not i.is_machine
     and (i.kind in ('complained', 'unsubscribed') and not i.is_repeat
          or i.kind = 'bounced' and i.is_hard_bounce and not i.is_repeat
          or i.kind in ('opened', 'clicked', 'replied')
             and not exists (
                   select
                     from marketing.email_interactions n
                    where n.organization_id = organization
                      and n.lead_id = i.lead_id
                      and n.kind in ('opened', 'clicked', 'replied')
                      and not n.is_machine
                      and (n.occurred_at, n.id) > (i.occurred_at, i.id)));
  with gone as (
    delete from marketing.email_interactions i
     where i.organization_id = organization and i.queued_email_id = any (mail_ids)
    returning i.workspace_id, i.occurred_at, i.kind, i.is_machine or i.is_repeat as is_uncounted
  )
  insert into marketing.interaction_tallies as t (organization_id, workspace_id, day, kind, interactions)
  select organization, g.workspace_id, (g.occurred_at at time zone o.time_zone)::date, g.kind, count(*)
    from gone g
   cross join (select o.time_zone from tenancy.organizations o where o.id = organization) o
   where not g.is_uncounted
   group by 2, 3, 4
   order by 3, 4, 2
  on conflict on constraint interaction_tallies_once do update set interactions = t.interactions + excluded.interactions;
end
$$;

comment on function marketing.trim_interactions(uuid, uuid[]) is
  'Deletes what became of mails that are about to be deleted, after it was tallied by day. What counts in the scores of leads '
  'stays, without the mail: complaints, unsubscribing, dead addresses, and what a lead did last. Part of trim_emails.';
grant execute on function marketing.trim_interactions(uuid, uuid[]) to callboard_service;

create or replace function marketing.untrimmed_mailers() returns setof uuid
language sql stable
set search_path = pg_catalog, pg_temp
rows 100
as $$
  select o.id
    from tenancy.organizations o
   where exists (
           select
             from marketing.email_queue q
            where q.organization_id = o.id and q.id < marketing.first_id_of(marketing.emails_kept_from(o.id)))
$$;

comment on function marketing.untrimmed_mailers() is 'The organizations that have mails older than they keep them. For jobs.';
grant execute on function marketing.untrimmed_mailers() to callboard_service;
