create or replace function crm.settle_customer(organization_id uuid, lead_id uuid) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  first_id uuid;
  first_at timestamptz;
begin
  -- Conversions that come at the same moment wait here for each other, and the second then sees the first.
  perform from crm.leads l
    where l.organization_id = settle_customer.organization_id and l.id = settle_customer.lead_id for no key update;
  select c.id, c.occurred_at
    into first_id, first_at
    from crm.conversions c
   where c.organization_id = settle_customer.organization_id
     and c.lead_id = settle_customer.lead_id
     and c.kind in ('customer', 'deal_won', 'purchase')
     and c.deleted_at is null
   order by c.occurred_at, c.id
   limit 1;
  update crm.conversions c
     set makes_customer = false
   where c.organization_id = settle_customer.organization_id
     and c.lead_id = settle_customer.lead_id
     and c.makes_customer
     and c.id is distinct from first_id;
  update crm.conversions c
     set makes_customer = true
   where c.organization_id = settle_customer.organization_id and c.id = first_id and not c.makes_customer;
  update crm.leads l
     set status = case when first_id is null then 'qualified' else 'converted' end,
         converted_at = first_at
   where l.organization_id = settle_customer.organization_id
     and l.id = settle_customer.lead_id
     and l.merged_into_lead_id is null
     and ((l.status = 'converted') <> (first_id is not null) or l.converted_at is distinct from first_at);
end
$$;

comment on function crm.settle_customer(uuid, uuid) is
  'The first conversion that counts makes a lead a client; without one it is none.';

create or replace function crm.settle_conversion_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'UPDATE' and old.lead_id <> new.lead_id then
    perform crm.settle_customer(old.organization_id, old.lead_id);
  end if;
  perform crm.settle_customer(new.organization_id, new.lead_id);
  return null;
end
$$;

comment on function crm.settle_conversion_trigger() is
  'Keeps leads clients that have converted, and only those. Definer: all conversions of a lead count.';

create or replace function crm.move_deal_conversion_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- In the order of their ids, so that two deals that change places wait for each other, not in a ring.
  perform
     from crm.leads l
    where l.organization_id = new.organization_id and l.id in (old.lead_id, new.lead_id)
    order by l.id
      for no key update;
  -- Which one makes whom a client is settled once it has moved.
  update crm.conversions c
     set makes_customer = false, lead_id = new.lead_id
   where c.organization_id = new.organization_id
     and c.deal_id = new.id
     and c.lead_id <> new.lead_id
     and c.deleted_at is null;
  return null;
end
$$;

comment on function crm.move_deal_conversion_trigger() is
  'A won deal that is made with another lead brings its conversion along, with the revenue. Definer: callers may not write '
  'conversions of leads that they do not see.';
