create or replace function finance.find_budget_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  line record;
  budget record;
begin
  if new.status <> 'draft' and new.deleted_at is not null and tg_op = 'UPDATE' and old.status = 'draft' then
    perform platform.refuse('CB005', 'This draft is archived: restore it first.', field => 'status');
  end if;
  if new.status = 'posted' and new.posted_on is null then
    new.posted_on := platform.today(new.organization_id);
  end if;
  if new.status = 'void' and new.voided_on is null then
    new.voided_on := greatest(platform.today(new.organization_id), new.posted_on);
  end if;
  if tg_op = 'UPDATE' and old.status <> 'draft' then
    return new;
  end if;
  if new.budget_line_item_id is not null then
    select l.budget_id, l.category
      into line
      from finance.budget_line_items l
     where l.organization_id = new.organization_id and l.id = new.budget_line_item_id;
    new.budget_id := coalesce(new.budget_id, line.budget_id);
    new.category := coalesce(new.category, line.category);
  end if;
  if new.budget_id is null and new.project_id is not null then
    select min(b.id::text)::uuid
      into new.budget_id
      from finance.budgets b
     where b.organization_id = new.organization_id
       and b.project_id = new.project_id
       and b.status = 'approved'
       and b.currency = new.currency
       and b.deleted_at is null
    having count(*) = 1;
  end if;
  if new.budget_id is not null then
    select b.currency, b.project_id
      into budget
      from finance.budgets b
     where b.organization_id = new.organization_id and b.id = new.budget_id
       -- a posting that comes at this moment and a change of the budget's currency wait for each other
       for share;
    if budget.currency <> new.currency then
      perform platform.refuse(
        'CB002', format('The budget is kept in %s, this amount is in %s.', budget.currency, new.currency),
        field => 'currency');
    end if;
    if new.project_id is null and budget.project_id is not null then
      new.project_id := budget.project_id;
      -- platform.follow_parent_trigger has run before the project was known
      select p.workspace_id
        into new.workspace_id
        from projects.projects p
       where p.organization_id = new.organization_id and p.id = new.project_id;
    end if;
    if new.project_id is distinct from budget.project_id and budget.project_id is not null then
      perform platform.refuse('CB002', 'The budget is another project''s.', field => 'budget_id');
    end if;
  end if;
  return new;
end
$$;

comment on function finance.find_budget_trigger() is
  'Fills what follows from the rest of a posting: its day, its budget, category, project and workspace; refuses a currency '
  'that is not the budget''s. Definer: the rule holds whatever the caller sees.';
