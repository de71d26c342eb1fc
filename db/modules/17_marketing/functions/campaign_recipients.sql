create or replace function marketing.add_campaign_recipients(row_id uuid, lead_ids uuid[]) returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  campaign constant marketing.campaigns := marketing.take_campaign(row_id);
  unknown uuid;
  added integer;
begin
  if campaign.status not in ('draft', 'scheduled') then
    perform platform.refuse(
      'CB006', format('Nobody is added to a campaign that is %s.', campaign.status), field => 'row_id');
  end if;
  if lead_ids is null or cardinality(lead_ids) > 10000 then
    perform platform.refuse('CB002', 'Name up to 10000 leads at a time.', field => 'lead_ids');
  end if;
  select wanted.id into unknown
    from unnest(lead_ids) as wanted (id)
   where not marketing.sees_lead(campaign.organization_id, wanted.id)
   limit 1;
  if found then
    perform platform.refuse('CB004', 'There is no such lead.', field => 'lead_ids', detail => coalesce(unknown::text, 'null'));
  end if;
  insert into marketing.campaign_recipients (organization_id, campaign_id, lead_id, added_by)
  select distinct campaign.organization_id, campaign.id, wanted.id, authz.actor_id()
    from unnest(lead_ids) as wanted (id)
  on conflict on constraint campaign_recipients_organization_id_campaign_id_lead_id_key do nothing;
  get diagnostics added = row_count;
  return added;
end
$$;

comment on function marketing.add_campaign_recipients(uuid, uuid[]) is
  E'@resultFieldName added\nPuts leads on the list of a campaign that has not started, up to 10000 at a time, and returns how many were not on it. '
  'Needs marketing.write. Errors: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND_OR_FORBIDDEN for the campaign or a lead (the detail '
  'names it), INVALID_TRANSITION, INVALID_INPUT. Definer: recipients are written by functions alone.';
grant execute on function marketing.add_campaign_recipients(uuid, uuid[]) to callboard_member;

create or replace function marketing.remove_campaign_recipients(row_id uuid, lead_ids uuid[]) returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  campaign constant marketing.campaigns := marketing.take_campaign(row_id);
  removed integer;
begin
  if campaign.status not in ('draft', 'scheduled') then
    perform platform.refuse(
      'CB006', format('Nobody is taken off a campaign that is %s.', campaign.status), field => 'row_id');
  end if;
  if lead_ids is null or cardinality(lead_ids) > 10000 then
    perform platform.refuse('CB002', 'Name up to 10000 leads at a time.', field => 'lead_ids');
  end if;
  delete from marketing.campaign_recipients r
   where r.organization_id = campaign.organization_id and r.campaign_id = campaign.id and r.lead_id = any (lead_ids);
  get diagnostics removed = row_count;
  return removed;
end
$$;

comment on function marketing.remove_campaign_recipients(uuid, uuid[]) is
  E'@resultFieldName removed\nTakes leads off the list of a campaign that has not started, and returns how many were on it. Needs marketing.write. '
  'Errors: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND_OR_FORBIDDEN, INVALID_TRANSITION, INVALID_INPUT. Definer: recipients are '
  'written by functions alone.';
grant execute on function marketing.remove_campaign_recipients(uuid, uuid[]) to callboard_member;
