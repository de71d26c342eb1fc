create or replace function marketing.merge_recipients(organization_id uuid, kept_id uuid, merged_id uuid) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  organization constant uuid := merge_recipients.organization_id;
  had constant text[] := array['sending', 'sent', 'uncertain'];
begin
  -- Of two mails of a campaign that both wait, the other lead's is not sent; nor is one where the other address has had its own.
  -- What failed at the one address is sent to the other.
  update marketing.email_queue q
     set status = 'cancelled', reason = 'another address had it', updated_at = now()
    from marketing.campaign_recipients k
    join marketing.campaign_recipients m on m.organization_id = k.organization_id and m.campaign_id = k.campaign_id
    left join marketing.email_queue kept on kept.organization_id = k.organization_id and kept.id = k.queued_email_id
    left join marketing.email_queue merged on merged.organization_id = m.organization_id and merged.id = m.queued_email_id
   where k.organization_id = organization
     and k.lead_id = kept_id
     and m.lead_id = merged_id
     and q.organization_id = organization
     and q.id = case
           when merged.status = any (had) then kept.id
           when coalesce(kept.status in ('queued', 'paused') or kept.status = any (had), true) then merged.id
         end
     and q.status in ('queued', 'paused');

  -- Who is on a list twice, and has a mail by one of the two, does not get another.
  delete from marketing.campaign_recipients r
   using marketing.campaign_recipients k
    join marketing.campaign_recipients m on m.organization_id = k.organization_id and m.campaign_id = k.campaign_id
    left join marketing.email_queue merged on merged.organization_id = m.organization_id and merged.id = m.queued_email_id
   where k.organization_id = organization
     and k.lead_id = kept_id
     and m.lead_id = merged_id
     and r.organization_id = organization
     and r.queued_email_id is null
     and r.id = case when merged.status = any (had) then k.id else m.id end;
  update marketing.campaign_recipients m
     set lead_id = kept_id
   where m.organization_id = organization
     and m.lead_id = merged_id
     and not exists (
           select
             from marketing.campaign_recipients k
            where k.organization_id = organization and k.campaign_id = m.campaign_id and k.lead_id = kept_id);
end
$$;

comment on function marketing.merge_recipients(uuid, uuid, uuid) is
  'Two leads become one: the one that is kept is on the lists of campaigns that the other was on, and gets none of their mails '
  'twice. Part of marketing.merge_mails, which holds campaigns and mails.';
grant execute on function marketing.merge_recipients(uuid, uuid, uuid) to callboard_service;

create or replace function marketing.merge_mails(organization_id uuid, kept_id uuid, merged_id uuid) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  organization constant uuid := merge_mails.organization_id;
begin
  -- Nobody is enrolled meanwhile, and no step taken.
  perform
     from marketing.nurturing_sequences s
    where s.organization_id = organization
      and s.id in (
            select e.sequence_id
              from marketing.nurturing_enrollments e
             where e.organization_id = organization and e.lead_id = merged_id)
    order by s.id
      for no key update;
  -- Mails that are out or on their way, then what they are of, then mails that wait: the order in which all lock them.
  perform
     from marketing.email_queue q
    where q.organization_id = organization
      and q.lead_id in (kept_id, merged_id)
      and (q.status = 'sending' or q.status in ('sent', 'uncertain') and q.enrollment_id is not null)
    order by q.id
      for update;
  perform
     from marketing.campaigns c
    where c.organization_id = organization
      and c.id in (
            select r.campaign_id
              from marketing.campaign_recipients r
             where r.organization_id = organization and r.lead_id = merged_id)
    order by c.id
      for no key update;
  -- What is being claimed at this moment is known to be on its way before anything is decided.
  perform
     from marketing.email_queue q
    where q.organization_id = organization
      and q.lead_id in (kept_id, merged_id)
      and q.campaign_id is not null
      and q.status in ('queued', 'paused', 'sending')
    order by q.id
      for update;
  perform marketing.merge_enrollments(organization, kept_id, merged_id);
  perform marketing.merge_recipients(organization, kept_id, merged_id);
  -- What still waits, or will again if the mail server asks to come back.
  update marketing.email_queue q
     set lead_id = kept_id
   where q.organization_id = organization
     and q.lead_id = merged_id
     and q.status in ('queued', 'paused', 'sending');
end
$$;

comment on function marketing.merge_mails(uuid, uuid, uuid) is
  'Two leads become one: what waits to be sent to the one goes to the other, who is in its sequences and campaigns, and gets '
  'nothing twice. Part of crm.merge_leads, before the other lead is archived.';
grant execute on function marketing.merge_mails(uuid, uuid, uuid) to callboard_service;
