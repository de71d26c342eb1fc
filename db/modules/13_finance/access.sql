grant usage on schema finance to callboard_anonymous, callboard_member, callboard_service;

select authz.define_permission('finance.read', 'Read accounts, budgets and postings.', '{owner,admin}');
select authz.define_permission('finance.write', 'Write accounts, budgets and postings.', '{owner,admin}');

call platform.protect('finance.accounts', 'tenant');
call platform.protect('finance.budgets', 'tenant', parent => 'project_id');
call tenancy.define_onboarding_step(
  'plan_budget', 'organization', 6, 'Plan a budget', 'Say what the production may cost.', 'finance.write',
  completed_by => 'finance.budgets');
call platform.protect('finance.budget_line_items', 'tenant', parent => 'budget_id');
-- The ledger stays whole when a project is archived.
call platform.protect('finance.transactions', 'tenant', parent => 'project_id', outlives_parent => true);

call platform.allow_transitions('finance.budgets', 'status', '{
  "draft": ["submitted", "approved", "cancelled"],
  "submitted": ["draft", "approved", "cancelled"],
  "approved": ["draft", "closed"],
  "closed": ["approved"],
  "cancelled": ["draft"]
}');
call platform.allow_transitions('finance.transactions', 'status', '{
  "draft": ["posted"],
  "posted": ["void"]
}');

create or replace trigger _150_budget before insert or update on finance.transactions
  for each row execute function finance.find_budget_trigger();
create or replace trigger _250_posted_stays before update on finance.transactions
  for each row when (old.status <> 'draft') execute function finance.keep_posted_trigger();
create or replace trigger _250_currency_stays before update of currency on finance.budgets
  for each row when (old.currency <> new.currency) execute function finance.keep_budget_currency_trigger();
create or replace trigger _250_project_stays before update of project_id on finance.budgets
  for each row when (old.project_id is distinct from new.project_id)
  execute function finance.keep_budget_project_trigger();
