create or replace function crm.record_conversion(
  lead_id uuid,
  kind text default 'customer',
  amount numeric default null,
  currency text default null,
  occurred_at timestamptz default null,
  client_key text default null,
  notes text default null
) returns crm.conversions
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('crm.write');
  made crm.conversions;
begin
  if record_conversion.amount < 0 or record_conversion.amount = 'NaN' then
    perform platform.refuse('CB002', 'A conversion brings nothing or more.', field => 'amount');
  end if;
  if record_conversion.occurred_at > now() then
    perform platform.refuse('CB002', 'This has not happened yet.', field => 'occurred_at');
  end if;
  perform from crm.leads l
    where l.organization_id = organization and l.id = record_conversion.lead_id and l.deleted_at is null
    for no key update;
  if not found then
    perform platform.refuse('CB004', 'There is no such lead, or you may not change it.', field => 'lead_id');
  end if;
  insert into crm.conversions (lead_id, kind, occurred_at, client_key, notes)
  values (
    record_conversion.lead_id, record_conversion.kind, coalesce(record_conversion.occurred_at, now()),
    record_conversion.client_key, record_conversion.notes)
  on conflict on constraint conversions_client_key do nothing
  returning * into made;
  if made.id is null then
    select c.* into made
      from crm.conversions c
     where c.organization_id = organization and c.client_key = record_conversion.client_key;
    if made.lead_id is distinct from record_conversion.lead_id then
      perform platform.refuse('CB005', 'Another conversion has this key.', field => 'client_key');
    end if;
    return made;
  end if;
  if record_conversion.amount <> 0 then
    insert into crm.revenue_events (conversion_id, kind, amount, currency, occurred_at)
    values (
      made.id, 'new', round(record_conversion.amount, 2),
      coalesce(
        record_conversion.currency, (select o.currency from tenancy.organizations o where o.id = organization)),
      made.occurred_at);
  end if;
  -- what triggers made of it
  select c.* into made from crm.conversions c where c.organization_id = organization and c.id = made.id;
  return made;
end
$$;

comment on function crm.record_conversion(uuid, text, numeric, text, timestamptz, text, text) is
  'Writes down that a lead did what was hoped for, with the money that it brought at once (in the organization''s currency '
  'when none is given). With a client key that is there already it gives that conversion and changes nothing. customer, '
  'deal_won and purchase make the lead a client. Needs crm.write. Errors: NOT_FOUND_OR_FORBIDDEN, INVALID_INPUT, CONFLICT.';
grant execute on function crm.record_conversion(uuid, text, numeric, text, timestamptz, text, text)
  to callboard_member, callboard_service;

create or replace function crm.convert_lead(
  lead_id uuid,
  amount numeric default null,
  currency text default null,
  occurred_at timestamptz default null
) returns crm.conversions
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('crm.write');
  present text;
begin
  select l.status
    into present
    from crm.leads l
   where l.organization_id = organization and l.id = convert_lead.lead_id and l.deleted_at is null
     for no key update;
  if present is null then
    perform platform.refuse('CB004', 'There is no such lead, or you may not change it.', field => 'lead_id');
  end if;
  if present = 'converted' then
    perform platform.refuse('CB006', 'This lead is a client already.', field => 'lead_id');
  end if;
  return crm.record_conversion(convert_lead.lead_id, 'customer', convert_lead.amount, convert_lead.currency, convert_lead.occurred_at);
end
$$;

comment on function crm.convert_lead(uuid, numeric, text, timestamptz) is
  'Makes a lead a client, with the money that it brought at once. A deal that is won does the same by itself. Needs '
  'crm.write. Errors: NOT_FOUND_OR_FORBIDDEN, INVALID_TRANSITION for one that is a client, INVALID_INPUT.';
grant execute on function crm.convert_lead(uuid, numeric, text, timestamptz) to callboard_member, callboard_service;
