create or replace function crm.keep_deal_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  stage record;
begin
  if tg_op = 'INSERT' and new.stage_id is null then
    select s.id
      into new.stage_id
      from crm.pipeline_stages s
     where s.organization_id = new.organization_id and s.kind = 'open' and s.deleted_at is null
     order by s.position, s.id
     limit 1;
  end if;
  -- A stage without deals may have been archived meanwhile: a deal that comes back goes to another of its kind.
  if tg_op = 'UPDATE' and old.deleted_at is not null and new.deleted_at is null then
    select (array_agg(s.id order by s.id <> new.stage_id, s.position, s.id))[1]
      into new.stage_id
      from crm.pipeline_stages s
     where s.organization_id = new.organization_id and s.kind = new.status and s.deleted_at is null;
  end if;
  new.currency := coalesce(
    new.currency, (select o.currency from tenancy.organizations o where o.id = new.organization_id));
  -- A stage is not archived, and does not become another kind, while a deal comes into it.
  select s.kind, s.deleted_at
    into stage
    from crm.pipeline_stages s
   where s.organization_id = new.organization_id and s.id = new.stage_id
     for share;
  if tg_op = 'INSERT' or new.stage_id <> old.stage_id then
    if stage.kind is null or stage.deleted_at is not null then
      perform platform.refuse('CB004', 'There is no such stage.', field => 'stage_id');
    end if;
    if tg_op = 'UPDATE' and old.status <> 'open' and stage.kind <> 'open' and stage.kind <> old.status then
      perform platform.refuse(
        'CB006', format('%s cannot follow %s.', stage.kind, old.status), field => 'stage_id',
        hint => 'Move the deal to an open stage first.');
    end if;
    new.stage_entered_at := case
      when tg_op = 'INSERT' and new.stage_entered_at < now() and new.created_at < now() then new.stage_entered_at
      else now()
    end;
    new.status := stage.kind;
  elsif new.status <> old.status then
    perform platform.refuse('CB002', 'The status of a deal is that of its stage.', field => 'status', hint => 'Use moveDeal.');
  end if;

  if new.status = 'open' then
    new.closed_at := null;
    new.lost_reason := null;
  elsif tg_op = 'INSERT' or old.status = 'open' then
    new.closed_at := coalesce(new.closed_at, now());
  end if;
  if new.status <> 'lost' then
    new.lost_reason := null;
  elsif coalesce(btrim(new.lost_reason), '') = '' then
    perform platform.refuse('CB002', 'Say why the deal was lost.', field => 'lost_reason');
  end if;
  if new.status = 'won' and new.amount is null then
    perform platform.refuse('CB002', 'Say what the deal is worth before it is won.', field => 'amount');
  end if;
  if tg_op = 'UPDATE' and old.status <> 'open' and new.status = old.status
     and (new.amount, new.currency) is distinct from (old.amount, old.currency) then
    perform platform.refuse(
      'CB005', 'A deal that is closed keeps its amount.', field => 'amount', hint => 'Reopen it first.');
  end if;
  if tg_op = 'INSERT' then
    new.position := 1 + coalesce((
      select max(d.position)
        from crm.deals d
       where d.organization_id = new.organization_id and d.stage_id = new.stage_id), 0);
  end if;
  return new;
end
$$;

comment on function crm.keep_deal_trigger() is
  'What follows from the stage of a deal: its status, since when, whether it is closed. Refuses what cannot follow (CB006), a '
  'deal that is lost without a reason or won without an amount (CB002), and another amount for a closed one (CB005). Definer: '
  'the rules hold whatever the caller sees.';

create or replace function crm.note_deal_stage_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversion_id uuid;
begin
  insert into crm.deal_stage_changes
    (organization_id, occurred_at, workspace_id, deal_id, from_stage_id, to_stage_id, from_status, to_status,
     seconds_in_stage, moved_by, amount, currency, lost_reason)
  values (
    new.organization_id, new.stage_entered_at, new.workspace_id, new.id,
    case tg_op when 'UPDATE' then old.stage_id end, new.stage_id,
    case tg_op when 'UPDATE' then old.status end, new.status,
    case tg_op when 'UPDATE' then greatest(0, extract(epoch from new.stage_entered_at - old.stage_entered_at)::bigint) end,
    authz.actor_id(), new.amount, new.currency, new.lost_reason);

  if new.status = 'won' and (tg_op = 'INSERT' or old.status <> 'won') then
    insert into crm.conversions (organization_id, lead_id, deal_id, kind, occurred_at)
    values (new.organization_id, new.lead_id, new.id, 'deal_won', new.closed_at)
    returning id into conversion_id;
    if new.amount > 0 then
      insert into crm.revenue_events (organization_id, conversion_id, kind, amount, currency, occurred_at)
      values (new.organization_id, conversion_id, 'new', new.amount, new.currency, new.closed_at);
    end if;
  elsif tg_op = 'UPDATE' and old.status = 'won' and new.status <> 'won' then
    update crm.conversions c
       set deleted_at = clock_timestamp()
     where c.organization_id = new.organization_id and c.deal_id = new.id and c.deleted_at is null;
  end if;
  return null;
end
$$;

comment on function crm.note_deal_stage_trigger() is
  'Writes down the way of a deal, makes a conversion of one that is won and takes it back when it is reopened. Definer: '
  'callers may not write the history.';

create or replace function crm.keep_stage_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Changes of an organization's stages come one after the other.
  perform from tenancy.organizations o where o.id = new.organization_id for no key update;
  if (new.deleted_at is not null and old.deleted_at is null or new.kind <> old.kind)
     and exists (
       select
         from crm.deals d
        where d.organization_id = new.organization_id and d.stage_id = new.id and d.deleted_at is null
     ) then
    perform platform.refuse(
      'CB005', 'Deals are in this stage.', field => case when new.kind <> old.kind then 'kind' else 'row_id' end,
      hint => 'Move them first.');
  end if;
  if (new.deleted_at is not null or new.kind <> old.kind) and old.deleted_at is null and not exists (
    select
      from crm.pipeline_stages s
     where s.organization_id = new.organization_id and s.kind = old.kind and s.id <> new.id and s.deleted_at is null
  ) then
    perform platform.refuse(
      'CB005', format('The pipeline needs a stage of the kind %s.', old.kind),
      field => case when new.kind <> old.kind then 'kind' else 'row_id' end, hint => 'Make another one first.');
  end if;
  return new;
end
$$;

comment on function crm.keep_stage_trigger() is
  'A stage with deals stays, and there is always one of each kind (CB005). Definer: deals that the caller does not see count '
  'too.';

create or replace function crm.keep_activity_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if new.deal_id is not null then
    if new.lead_id is null then
      select d.lead_id
        into new.lead_id
        from crm.deals d
       where d.organization_id = new.organization_id and d.id = new.deal_id;
    end if;
  end if;
  return new;
end
$$;

comment on function crm.keep_activity_trigger() is
  'What is done about a deal is done about its lead. Definer: the workspace comes from the lead afterwards, and its policy '
  'decides.';
