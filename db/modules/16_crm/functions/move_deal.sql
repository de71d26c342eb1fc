create or replace function crm.move_deal(
  deal_id uuid,
  stage_id uuid,
  "position" integer default null,
  lost_reason text default null
) returns crm.deals
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('crm.write');
  target text;
  present record;
  place numeric;
  moved crm.deals;
begin
  if move_deal.position < 0 then
    perform platform.refuse('CB002', 'Places begin with 0.', field => 'position');
  end if;
  select s.kind
    into target
    from crm.pipeline_stages s
   where s.organization_id = organization and s.id = move_deal.stage_id and s.deleted_at is null;
  if target is null then
    perform platform.refuse('CB004', 'There is no such stage.', field => 'stage_id');
  end if;
  -- A place is between two others: those who put deals into one stage do it one after the other.
  perform pg_advisory_xact_lock(hashtextextended(move_deal.stage_id::text, 5678045));
  select d.stage_id, d.position, d.lead_id, d.status
    into present
    from crm.deals d
   where d.organization_id = organization and d.id = move_deal.deal_id and d.deleted_at is null;
  if present.stage_id is null then
    perform platform.refuse('CB004', 'There is no such deal, or you may not move it.', field => 'deal_id');
  end if;
  if target = 'won' or present.status = 'won' then
    -- Winning changes the lead too. The lead comes first, as when leads are merged, so that neither waits for the other.
    perform from crm.leads l
      where l.organization_id = organization and l.id = present.lead_id
      for no key update;
  end if;
  place := case
    when present.stage_id = move_deal.stage_id and move_deal.position is null then present.position
    else crm.place_in_stage(organization, move_deal.stage_id, move_deal.deal_id, move_deal.position)
  end;
  -- Of two who move the same deal the second waits here, and moves it from where the first has put it.
  update crm.deals d
     set stage_id = move_deal.stage_id,
         position = place,
         lost_reason = coalesce(nullif(btrim(move_deal.lost_reason), ''), d.lost_reason)
   where d.organization_id = organization and d.id = move_deal.deal_id and d.deleted_at is null
  returning d.* into moved;
  if moved.id is null then
    perform platform.refuse('CB004', 'There is no such deal, or you may not move it.', field => 'deal_id');
  end if;
  return moved;
end
$$;

comment on function crm.move_deal(uuid, uuid, integer, text) is
  'Moves a deal to a stage, and there to a place (0 is the top; the end when left out, or where it is when the stage stays '
  'the same). Into a lost stage it takes a reason, into a won one the deal needs an amount; from won to lost, or back, it goes '
  'by an open stage. Winning makes a conversion and a client of the lead, reopening takes that back. Needs crm.write. Errors: '
  'NOT_FOUND_OR_FORBIDDEN, INVALID_TRANSITION, INVALID_INPUT.';
grant execute on function crm.move_deal(uuid, uuid, integer, text) to callboard_member, callboard_service;

create or replace function crm.place_in_stage(organization_id uuid, stage_id uuid, deal_id uuid, index integer)
returns numeric
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  above numeric;
  below numeric;
begin
  if index is null then
    return 1 + coalesce((
      select max(d.position)
        from crm.deals d
       where d.organization_id = place_in_stage.organization_id
         and d.stage_id = place_in_stage.stage_id
         and d.deleted_at is null), 0);
  end if;
  for attempt in 1 .. 2 loop
    select max(n.position) filter (where n.number = index), max(n.position) filter (where n.number = index + 1)
      into above, below
      from (
             select d.position, row_number() over (order by d.position, d.id) as number
               from crm.deals d
              where d.organization_id = place_in_stage.organization_id
                and d.stage_id = place_in_stage.stage_id
                and d.id <> place_in_stage.deal_id
                and d.deleted_at is null
              order by d.position, d.id
              limit index + 1
           ) n;
    if below is null then
      -- at the end, or past it
      return crm.place_in_stage(organization_id, stage_id, deal_id, null);
    end if;
    if above is null then
      return below - 1;
    end if;
    -- exact: a product keeps all its digits
    if above < below and scale((above + below) * 0.5) <= 40 then
      return (above + below) * 0.5;
    end if;
    update crm.deals d
       set position = n.number
      from (
             select o.id, row_number() over (order by o.position, o.id) as number
               from crm.deals o
              where o.organization_id = place_in_stage.organization_id
                and o.stage_id = place_in_stage.stage_id
                and o.deleted_at is null
           ) n
     where d.organization_id = place_in_stage.organization_id and d.id = n.id and d.position <> n.number;
  end loop;
  return below;
end
$$;

comment on function crm.place_in_stage(uuid, uuid, uuid, integer) is
  'A position between the deals that the caller sees in a stage; numbers them anew when there is no room.';
grant execute on function crm.place_in_stage(uuid, uuid, uuid, integer) to callboard_member, callboard_service;
