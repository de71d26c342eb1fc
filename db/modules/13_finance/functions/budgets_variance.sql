create or replace function finance.budgets_variance(budget finance.budgets, as_of date default null)
returns finance.budget_variance
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select finance.get_budget_variance(budget.id, budgets_variance.as_of)
$$;

comment on function finance.budgets_variance(finance.budgets, date) is
  'Plan, actual cost and forecast of the budget: see getBudgetVariance.';
grant execute on function finance.budgets_variance(finance.budgets, date) to callboard_member, callboard_service;
