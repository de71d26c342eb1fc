create or replace function community.merge_referrals(organization_id uuid, kept_id uuid, merged_id uuid) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  organization constant uuid := merge_referrals.organization_id;
begin
  -- Nobody recommends themselves, and a lead comes by one referral: the first.
  update community.referrals r
     set deleted_at = clock_timestamp()
   where r.organization_id = organization
     and r.lead_id in (kept_id, merged_id)
     and r.deleted_at is null
     and (
           r.referrer_lead_id in (kept_id, merged_id)
           or exists (
                select
                  from community.referrals o
                 where o.organization_id = organization
                   and o.lead_id in (kept_id, merged_id)
                   and o.referrer_lead_id is distinct from kept_id
                   and o.referrer_lead_id is distinct from merged_id
                   and o.deleted_at is null
                   and (coalesce(o.used_at, 'infinity'), o.id) < (coalesce(r.used_at, 'infinity'), r.id)));
  update community.referrals r
     set referrer_lead_id = kept_id
   where r.organization_id = organization and r.referrer_lead_id = merged_id and r.lead_id is distinct from kept_id;
  update community.referrals r
     set lead_id = kept_id
   where r.organization_id = organization and r.lead_id = merged_id and r.deleted_at is null;
end
$$;

comment on function community.merge_referrals(uuid, uuid, uuid) is
  'Two leads become one: the one that is kept has recommended whom the other has, and came by the referral by which one of them '
  'came first. Part of crm.merge_leads, before the other lead is archived.';
grant execute on function community.merge_referrals(uuid, uuid, uuid) to callboard_service;
