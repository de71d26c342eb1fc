create or replace function finance.get_budget_variance(budget_id uuid, as_of date default null)
returns finance.budget_variance
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('finance.read');
  budget record;
  result finance.budget_variance;
begin
  with entries as materialized (
    select * from finance.budget_variance_entries(get_budget_variance.budget_id, get_budget_variance.as_of)
  ),
  lines as (
    select e.category, e.line_item_id,
           coalesce(sum(e.amount) filter (where e.measure = 'planned'), 0) as planned,
           coalesce(sum(e.amount) filter (where e.measure in ('committed', 'actual')), 0) as spent,
           sum(e.amount) filter (where e.measure = 'estimate') as estimate
      from entries e
     where e.line_item_id is not null
     group by e.category, e.line_item_id
  ),
  -- What a line has left of its plan, unless somebody has estimated it. A credit is planned below zero.
  left_over as (
    select l.category,
           coalesce(sum(l.estimate), 0) as estimated,
           coalesce(sum(greatest(l.planned - l.spent, 0)) filter (where l.estimate is null and l.planned >= 0), 0)
             as assumed_cost,
           coalesce(sum(least(l.planned - l.spent, 0)) filter (where l.estimate is null and l.planned < 0), 0)
             as assumed_credit
      from lines l
     group by l.category
  ),
  places as (
    select l.id, row_number() over (order by l.position, l.id) as place
      from finance.budget_line_items l
     where l.organization_id = organization
       and l.budget_id = get_budget_variance.budget_id
       and l.deleted_at is null
  ),
  sums as (
    select e.category,
           coalesce(sum(e.amount) filter (where e.measure = 'planned'), 0) as planned,
           coalesce(sum(e.amount) filter (where e.measure = 'committed'), 0) as committed,
           coalesce(sum(e.amount) filter (where e.measure = 'actual'), 0) as actual,
           -- spent on the category without saying on which line
           coalesce(sum(e.amount) filter (where e.measure in ('committed', 'actual') and e.line_item_id is null), 0)
             as unallocated,
           min(p.place) as first_line
      from entries e
      left join places p on p.id = e.line_item_id
     group by e.category
  ),
  forecasts as (
    select s.*,
           s.committed + s.actual + coalesce(o.estimated, 0)
             -- what was spent without a line uses up what cost lines have left, what came in what credits have left
             + greatest(coalesce(o.assumed_cost, 0) - greatest(s.unallocated, 0), 0)
             + least(coalesce(o.assumed_credit, 0) - least(s.unallocated, 0), 0) as forecast
      from sums s
      left join left_over o on o.category = s.category
  )
  select b.currency, b.organization_id, b.under_below_percent, b.at_risk_above_percent, b.over_above_percent,
         coalesce(sum(f.planned), 0) as planned, coalesce(sum(f.committed), 0) as committed,
         coalesce(sum(f.actual), 0) as actual, coalesce(sum(f.forecast), 0) as forecast,
         coalesce(
           array_agg(
             (f.category, f.planned, f.committed, f.actual, f.forecast, f.planned - f.forecast,
              round(100 * (f.planned - f.forecast) / nullif(abs(f.planned), 0), 2),
              finance.variance_status(f.planned, f.forecast, b.under_below_percent, b.at_risk_above_percent,
                                      b.over_above_percent)
             )::finance.budget_variance_category
             order by f.first_line nulls last, f.category
           ) filter (where f.category is not null), '{}') as categories
    into budget
    from finance.budgets b
    left join forecasts f on true
   where b.organization_id = organization and b.id = get_budget_variance.budget_id
   group by b.organization_id, b.id;
  if budget.organization_id is null then
    perform platform.refuse('CB004', 'There is no such budget, or you may not read it.', field => 'budget_id');
  end if;

  result.budget_id := get_budget_variance.budget_id;
  result.as_of := coalesce(get_budget_variance.as_of, platform.today(budget.organization_id));
  result.currency := budget.currency;
  result.planned := budget.planned;
  result.committed := budget.committed;
  result.actual := budget.actual;
  result.forecast := budget.forecast;
  result.variance := budget.planned - budget.forecast;
  result.variance_percent := round(100 * (budget.planned - budget.forecast) / nullif(abs(budget.planned), 0), 2);
  result.status := finance.variance_status(
    budget.planned, budget.forecast, budget.under_below_percent, budget.at_risk_above_percent,
    budget.over_above_percent);
  result.categories := budget.categories;
  return result;
end
$$;

comment on function finance.get_budget_variance(uuid, date) is
  'Planned, committed, actual, forecast at completion and variance of a budget, per category and in total, in its '
  'currency, with a status against the thresholds kept on the budget. Counts what was posted by the end of as_of (a day '
  'of the organization, today when left out). budget_variance_entries has the rows behind each figure. Needs '
  'finance.read. Errors: NOT_FOUND_OR_FORBIDDEN.';
grant execute on function finance.get_budget_variance(uuid, date) to callboard_member, callboard_service;

create or replace function finance.variance_status(
  planned numeric,
  forecast numeric,
  under_below_percent numeric,
  at_risk_above_percent numeric,
  over_above_percent numeric
) returns text
language sql immutable parallel safe
return case
  -- in percent of the size of the plan, so that a planned credit is judged like a planned cost
  when forecast - planned > abs(planned) * (over_above_percent - 100) / 100 then 'over'
  when forecast - planned > abs(planned) * (at_risk_above_percent - 100) / 100 then 'at_risk'
  when forecast - planned < abs(planned) * (under_below_percent - 100) / 100 then 'under'
  else 'on_track'
end;

comment on function finance.variance_status(numeric, numeric, numeric, numeric, numeric) is
  E'@behavior -*\nunder, on_track, at_risk or over: a forecast against a plan and the thresholds of a budget.';
grant execute on function finance.variance_status(numeric, numeric, numeric, numeric, numeric)
  to callboard_member, callboard_service;
