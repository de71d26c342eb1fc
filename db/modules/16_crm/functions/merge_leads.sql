create or replace function crm.merge_leads(kept_id uuid, merged_id uuid) returns crm.leads
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('crm.write');
  kept crm.leads;
  merged crm.leads;
  one crm.leads;
begin
  if kept_id is null or merged_id is null or kept_id = merged_id then
    perform platform.refuse('CB002', 'Name two leads.', field => 'merged_id');
  end if;
  -- In the order of their ids, so that two who merge the same leads, in whatever direction, wait in turn.
  for one in
    select l.*
      from crm.leads l
     where l.organization_id = organization and l.id in (kept_id, merged_id) and l.deleted_at is null
     order by l.id
       -- mails that are queued for them meanwhile do not wait
       for no key update
  loop
    if one.id = kept_id then
      kept := one;
    else
      merged := one;
    end if;
  end loop;
  if kept.id is null or merged.id is null then
    perform platform.refuse(
      'CB004', 'There is no such lead, or you may not change it.',
      field => case when kept.id is null then 'kept_id' else 'merged_id' end);
  end if;

  perform crm.move_lead_rows(kept.id, merged.id);
  update crm.leads l
     set first_name = coalesce(l.first_name, merged.first_name),
         last_name = coalesce(l.last_name, merged.last_name),
         company_name = coalesce(l.company_name, merged.company_name),
         job_title = coalesce(l.job_title, merged.job_title),
         phone = coalesce(l.phone, merged.phone),
         website = coalesce(l.website, merged.website),
         industry = coalesce(l.industry, merged.industry),
         employees = coalesce(l.employees, merged.employees),
         city = coalesce(l.city, merged.city),
         country = coalesce(l.country, merged.country),
         time_zone = coalesce(l.time_zone, merged.time_zone),
         locale = coalesce(l.locale, merged.locale),
         -- an amount and its currency stay together
         budget_amount = case when l.budget_amount is null then merged.budget_amount else l.budget_amount end,
         currency = case when l.budget_amount is null and merged.budget_amount is not null
                      then merged.currency else l.currency end,
         lead_source_id = coalesce(l.lead_source_id, merged.lead_source_id),
         owner_id = coalesce(l.owner_id, merged.owner_id),
         interests = (array(
           select i.name
             from unnest(l.interests || merged.interests) with ordinality as i (name, number)
            group by i.name
            order by min(i.number)
            limit 100)),
         notes = nullif(concat_ws(E'\n\n', l.notes, merged.notes), ''),
         custom_fields = merged.custom_fields || l.custom_fields,
         -- the strictest of the two: withdrawn, then unknown, then granted
         (email_consent, email_consent_at, email_consent_source) = (
           select c.consent, c.since, c.source
             from (values (l.email_consent, l.email_consent_at, l.email_consent_source, 1),
                          (merged.email_consent, merged.email_consent_at, merged.email_consent_source, 2))
                    as c (consent, since, source, number)
            order by case c.consent when 'withdrawn' then 1 when 'unknown' then 2 else 3 end, c.number
            limit 1)
   where l.organization_id = organization and l.id = kept.id
  returning l.* into kept;
  return kept;
end
$$;

comment on function crm.merge_leads(uuid, uuid) is
  'Two leads that are the same person become one: what belongs to the second, such as activities, touchpoints, deals, '
  'conversions, referrals, events, visits, answers, variants of A/B tests and what it did with mails, belongs to the first '
  'from now on, which takes over the fields that it lacks; the second is archived for good. Mails that wait for the second go '
  'to the first, none twice: in nurturing sequences the first goes on where the second was; where both were, with the one that '
  'has come further. Of the two consents the strictest holds. Needs crm.write. Errors: NOT_FOUND_OR_FORBIDDEN, INVALID_INPUT.';
grant execute on function crm.merge_leads(uuid, uuid) to callboard_member, callboard_service;

create or replace function crm.move_lead_rows(kept_id uuid, merged_id uuid) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('crm.write');
begin
  -- Before anything moves, so that nothing of it is archived along with the lead.
  update crm.lead_touchpoints t set lead_id = kept_id where t.organization_id = organization and t.lead_id = merged_id;
  update crm.lead_sessions s set lead_id = kept_id where s.organization_id = organization and s.lead_id = merged_id;
  update crm.lead_activities a set lead_id = kept_id where a.organization_id = organization and a.lead_id = merged_id;
  -- two first conversions become one
  update crm.conversions c
     set makes_customer = false
   where c.organization_id = organization
     and c.lead_id = merged_id
     and c.makes_customer
     and exists (
           select
             from crm.conversions k
            where k.organization_id = organization and k.lead_id = kept_id and k.makes_customer and k.deleted_at is null);
  update crm.conversions c set lead_id = kept_id where c.organization_id = organization and c.lead_id = merged_id;
  -- after their conversions, which each would bring along by itself
  update crm.deals d set lead_id = kept_id where d.organization_id = organization and d.lead_id = merged_id;
  -- who is a contact of the same deal twice is it once
  update crm.deal_contacts c
     set deleted_at = clock_timestamp()
   where c.organization_id = organization
     and c.lead_id = merged_id
     and c.deleted_at is null
     and exists (
           select
             from crm.deal_contacts k
            where k.organization_id = organization
              and k.lead_id = kept_id
              and k.deal_id = c.deal_id
              and k.deleted_at is null);
  update crm.deal_contacts c set lead_id = kept_id where c.organization_id = organization and c.lead_id = merged_id;
  update marketing.email_interactions i
     set lead_id = kept_id
   where i.organization_id = organization and i.lead_id = merged_id;
  perform analytics.merge_lead_events(organization, kept_id, merged_id);
  perform marketing.merge_mails(organization, kept_id, merged_id);
  perform marketing.merge_ab_assignments(organization, kept_id, merged_id);
  perform community.merge_referrals(organization, kept_id, merged_id);
  -- who was merged into the second before
  update crm.leads l
     set merged_into_lead_id = kept_id
   where l.organization_id = organization and l.merged_into_lead_id = merged_id;
  update crm.leads l
     set merged_into_lead_id = kept_id, deleted_at = clock_timestamp()
   where l.organization_id = organization and l.id = merged_id;
end
$$;

comment on function crm.move_lead_rows(uuid, uuid) is
  E'@behavior -*\nThe part of crm.merge_leads that moves rows, after both leads have been locked with the caller''s rights. '
  'Definer: what is logged can be written by functions alone, and deals of other workspaces name their contacts too.';
grant execute on function crm.move_lead_rows(uuid, uuid) to callboard_member, callboard_service;
