create or replace function finance.save_budget(budget finance.budget_draft, lines finance.budget_line_draft[])
returns finance.budgets
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('finance.write');
  saved finance.budgets;
  unknown_line integer;
begin
  if (budget).row_id is null then
    insert into finance.budgets (project_id, name, status, currency, starts_on, ends_on, notes)
    values (
      (budget).project_id, (budget).name, coalesce((budget).status, 'draft'),
      coalesce(
        (budget).currency, (select o.currency from tenancy.organizations o where o.id = organization)),
      (budget).starts_on, (budget).ends_on, (budget).notes)
    returning * into saved;
  else
    update finance.budgets b
       set project_id = (budget).project_id,
           name = (budget).name,
           status = coalesce((budget).status, b.status),
           currency = coalesce((budget).currency, b.currency),
           starts_on = (budget).starts_on,
           ends_on = (budget).ends_on,
           notes = (budget).notes
     where b.organization_id = organization
       and b.id = (budget).row_id
       and b.deleted_at is null
       and ((budget).expected_updated_at is null or b.updated_at = (budget).expected_updated_at)
    returning * into saved;
    if saved.id is null then
      perform platform.refuse_unsaved('finance.budgets', (budget).row_id, 'budget');
    end if;
  end if;

  if lines is null then
    return saved;
  end if;
  select n.number
    into unknown_line
    from unnest(lines) with ordinality
           as n (row_id, account_id, category, name, quantity, unit, unit_cost, estimate_to_complete, notes, number)
   where n.row_id is not null
     and not exists (
           select
             from finance.budget_line_items l
            where l.organization_id = organization
              and l.budget_id = saved.id
              and l.id = n.row_id
              and l.deleted_at is null
         )
   order by n.number
   limit 1;
  if unknown_line is not null then
    perform platform.refuse(
      'CB004', format('Line %s is not a line of this budget.', unknown_line),
      field => format('lines.%s.row_id', unknown_line - 1));
  end if;

  if (select count(n.row_id) <> count(distinct n.row_id) from unnest(lines) n) then
    perform platform.refuse('CB002', 'The same line is given twice.', field => 'lines');
  end if;

  update finance.budget_line_items l
     set deleted_at = now()
   where l.organization_id = organization
     and l.budget_id = saved.id
     and l.deleted_at is null
     and l.id not in (select n.row_id from unnest(lines) n where n.row_id is not null);
  update finance.budget_line_items l
     set account_id = n.account_id,
         category = n.category,
         name = n.name,
         quantity = coalesce(n.quantity, 1),
         unit = n.unit,
         unit_cost = coalesce(n.unit_cost, 0),
         estimate_to_complete = n.estimate_to_complete,
         notes = n.notes,
         position = n.number
    from unnest(lines) with ordinality
           as n (row_id, account_id, category, name, quantity, unit, unit_cost, estimate_to_complete, notes, number)
   where l.organization_id = organization and l.budget_id = saved.id and l.id = n.row_id;
  insert into finance.budget_line_items
    (budget_id, account_id, category, name, quantity, unit, unit_cost, estimate_to_complete, notes, position)
  select saved.id, n.account_id, n.category, n.name, coalesce(n.quantity, 1), n.unit, coalesce(n.unit_cost, 0),
         n.estimate_to_complete, n.notes, n.number
    from unnest(lines) with ordinality
           as n (row_id, account_id, category, name, quantity, unit, unit_cost, estimate_to_complete, notes, number)
   where n.row_id is null
   order by n.number;
  return saved;
end
$$;

comment on function finance.save_budget(finance.budget_draft, finance.budget_line_draft[]) is
  'A budget with all its lines in one call: what is given is how it will be. Lines with a row_id change, those without '
  'are new, those that are missing are archived; their order is kept. Without lines at all they stay as they are. '
  'Nothing is saved when anything is wrong. Needs finance.write. Errors: NOT_FOUND_OR_FORBIDDEN, CONFLICT when it has changed since expected_updated_at, and those of '
  'the columns.';
grant execute on function finance.save_budget(finance.budget_draft, finance.budget_line_draft[])
  to callboard_member, callboard_service;
