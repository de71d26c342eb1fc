create or replace function finance.budget_variance_entries(budget_id uuid, as_of date default null)
returns setof finance.budget_variance_entry
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('finance.read');
  until constant date := coalesce(budget_variance_entries.as_of, platform.today(organization));
begin
  if not exists (
    select
      from finance.budgets b
     where b.organization_id = organization and b.id = budget_variance_entries.budget_id
  ) then
    perform platform.refuse('CB004', 'There is no such budget, or you may not read it.', field => 'budget_id');
  end if;
  return query
    select l.category, 'planned', 'finance.budget_line_items', l.id, l.id, l.name, null::date, l.planned_amount,
           b.currency
      from finance.budget_line_items l
      join finance.budgets b on b.organization_id = l.organization_id and b.id = l.budget_id
     where l.organization_id = organization
       and l.budget_id = budget_variance_entries.budget_id
       and l.deleted_at is null
    union all
    select l.category, 'estimate', 'finance.budget_line_items', l.id, l.id, l.name, null, l.estimate_to_complete,
           b.currency
      from finance.budget_line_items l
      join finance.budgets b on b.organization_id = l.organization_id and b.id = l.budget_id
     where l.organization_id = organization
       and l.budget_id = budget_variance_entries.budget_id
       and l.deleted_at is null
       and l.estimate_to_complete is not null
    union all
    select coalesce(l.category, t.category, 'Uncategorized'), 'actual', 'finance.transactions', t.id,
           l.id, coalesce(t.description, t.counterparty, t.reference, t.kind),
           t.posted_on, t.amount, t.currency
      from finance.transactions t
      left join finance.budget_line_items l
             on l.organization_id = t.organization_id and l.id = t.budget_line_item_id and l.deleted_at is null
     where t.organization_id = organization
       and t.budget_id = budget_variance_entries.budget_id
       and t.kind in ('expense', 'payroll', 'invoice_received', 'adjustment')
       and t.posted_on <= until
       and t.status <> 'draft'
       and (t.voided_on is null or t.voided_on > until);
end
$$;

comment on function finance.budget_variance_entries(uuid, date) is
  'The rows behind get_budget_variance: each figure is the sum of those with its category and measure. as_of is a day of '
  'the organization, today when left out; postings count up to its end. Needs finance.read. Errors: '
  'NOT_FOUND_OR_FORBIDDEN.';
grant execute on function finance.budget_variance_entries(uuid, date) to callboard_member, callboard_service;
