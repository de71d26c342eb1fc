create or replace function finance.keep_posted_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  wrong text := (
    select a.key
      from jsonb_each(to_jsonb(new)) a
      join jsonb_each(to_jsonb(old)) b on b.key = a.key and b.value is distinct from a.value
     where a.key in ('account_id', 'project_id', 'budget_id', 'budget_line_item_id', 'kind', 'category', 'amount',
                     'currency', 'posted_on', 'deleted_at')
        or a.key = 'voided_on' and old.status = 'void'
     order by a.key
     limit 1
  );
begin
  if wrong is not null then
    perform platform.refuse(
      'CB005', 'What is posted stays as it is.', field => wrong, hint => 'Void it and post it anew.');
  end if;
  return new;
end
$$;

comment on function finance.keep_posted_trigger() is
  'A posted amount is never edited or archived (CB005): it is voided, and posted anew.';

create or replace function finance.keep_budget_currency_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (
    select from finance.transactions t where t.organization_id = new.organization_id and t.budget_id = new.id
  ) then
    perform platform.refuse(
      'CB005', 'Amounts in the old currency count against this budget.', field => 'currency');
  end if;
  return new;
end
$$;

comment on function finance.keep_budget_currency_trigger() is
  'A budget that something was posted against keeps its currency (CB005). Definer: postings that the caller does not '
  'see count too.';

create or replace function finance.keep_budget_project_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (
    select
      from finance.transactions t
     where t.organization_id = new.organization_id and t.budget_id = new.id and t.project_id <> new.project_id
  ) then
    perform platform.refuse(
      'CB005', 'Amounts of another project count against this budget.', field => 'project_id');
  end if;
  return new;
end
$$;

comment on function finance.keep_budget_project_trigger() is
  'A budget does not move to another project than that of its postings (CB005). Definer: postings that the caller does '
  'not see count too.';
