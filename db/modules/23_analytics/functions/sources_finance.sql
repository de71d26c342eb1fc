-- What the ledger gives to dashboards. Amounts in different currencies are never added: each is a series of its own.

create or replace function analytics.source_ledger(
  kinds text[],
  sign integer,
  from_day date,
  to_day date,
  grain text,
  parameters jsonb
) returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with home as (
    select o.currency from tenancy.organizations o where o.id = (select authz.organization_id())
  ),
  postings as materialized (
    select analytics.bucket_of(t.posted_on, grain, from_day) as bucket, t.currency,
           case when (parameters ->> 'byCategory')::boolean
                then coalesce(l.category, t.category, 'Uncategorized')
                     || case when t.currency = h.currency then '' else ' ' || t.currency end
           end as category,
           sum(case when t.kind = 'revenue' then t.amount else sign * t.amount end) as amount
      from home h
      join finance.transactions t on t.organization_id = (select authz.organization_id())
      left join finance.budget_line_items l
             on l.organization_id = t.organization_id and l.id = t.budget_line_item_id and l.deleted_at is null
     where t.kind = any (kinds)
       and t.posted_on between from_day and to_day
       and t.status <> 'draft'
       and (t.voided_on is null or t.voided_on > to_day)
       and (parameters ->> 'currency' is null or t.currency = parameters ->> 'currency')
       and (parameters ->> 'projectId' is null or t.project_id = (parameters ->> 'projectId')::uuid)
     group by 1, 2, 3
  ),
  categories as (
    select c.category, c.currency, analytics.series_place(c.category, c.place, parameters) as place
      from (
        select p.category, p.currency,
               row_number() over (
                 partition by parameters -> 'first' ? p.category
                 order by sum(abs(p.amount)) desc, p.category) as place
          from postings p
         where p.category is not null
         group by p.category, p.currency
      ) c
  )
  select p.bucket, null::text, null::integer,
         case when p.category is null then p.currency::text
              when c.place <= (parameters ->> 'limit')::integer then p.category
              else 'Other' || case when p.currency = h.currency then '' else ' ' || p.currency end end,
         case when p.category is null then (p.currency <> h.currency)::integer
              else least(c.place, (parameters ->> 'limit')::integer + 1)::integer end,
         sum(p.amount), p.currency::text
    from postings p
   cross join home h
    left join categories c on c.category = p.category and c.currency = p.currency
   group by 1, 4, 5, 7
  union all
  -- Nothing has been posted at all: that is zero, in the currency of the organization.
  select from_day, null, null, o.currency::text, null, 0, o.currency::text
    from tenancy.organizations o
   where o.id = (select authz.organization_id())
     and grain = 'total'
     and coalesce(parameters ->> 'currency', o.currency) = o.currency
     and not coalesce((parameters ->> 'byCategory')::boolean, false)
$$;

comment on function analytics.source_ledger(text[], integer, date, date, text, jsonb) is
  E'@behavior -*\nPostings of some kinds by day: those that were not void by the end of to_day.';

create or replace function analytics.source_revenue(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select * from analytics.source_ledger('{revenue}', 1, from_day, to_day, grain, parameters)
$$;

create or replace function analytics.source_expense(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select * from analytics.source_ledger(
    '{expense,payroll,invoice_received,adjustment}', 1, from_day, to_day, grain, parameters)
$$;

create or replace function analytics.source_profit(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select * from analytics.source_ledger(
    '{revenue,expense,payroll,invoice_received,adjustment}', -1, from_day, to_day, grain, parameters)
$$;

create or replace function analytics.source_budgets(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with budgets as materialized (
    select b.id, b.name, b.currency, row_number() over (order by b.starts_on desc nulls last, b.id desc) as place
      from finance.budgets b
     where b.organization_id = (select authz.organization_id())
       and b.deleted_at is null
       and b.status = 'approved'
       and b.currency = coalesce(
             parameters ->> 'currency',
             (select o.currency from tenancy.organizations o where o.id = (select authz.organization_id())))
       and (parameters ->> 'projectId' is null or b.project_id = (parameters ->> 'projectId')::uuid)
     order by b.starts_on desc nulls last, b.id desc
     limit (parameters ->> 'limit')::integer
  )
  select null::date, n.name, n.place, f.series, f.place, f.value, b.currency::text
    from budgets b
    join analytics.distinct_names(array(select o.name from budgets o order by o.place)) n on n.place = b.place
   cross join lateral finance.get_budget_variance(b.id, to_day) v
   cross join lateral (
           values ('Planned', 1, v.planned::numeric), ('Spent', 2, v.actual::numeric), ('Forecast', 3, v.forecast::numeric)
         ) as f (series, place, value)
$$;

create or replace function analytics.source_budget_variance(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select null::date, c.category, c.place::integer, f.series, f.place, f.value, v.currency::text
    from finance.get_budget_variance((parameters ->> 'budgetId')::uuid, to_day) v
   cross join lateral unnest(v.categories) with ordinality
                as c (category, planned, committed, actual, forecast, variance, variance_percent, status, place)
   cross join lateral (
           values ('Planned', 1, c.planned::numeric), ('Committed', 2, c.committed::numeric),
                  ('Spent', 3, c.actual::numeric), ('Forecast', 4, c.forecast::numeric)
         ) as f (series, place, value)
$$;

create or replace function analytics.source_budget_left(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with budgets as (
    select b.id, b.currency
      from finance.budgets b
     where b.organization_id = (select authz.organization_id()) and b.deleted_at is null and b.status = 'approved'
  )
  select null::date, m.currency::text, null::integer, null::text, null::integer, sum(m.amount), m.currency::text
    from (
      select b.currency, l.planned_amount as amount
        from budgets b
        join finance.budget_line_items l
          on l.organization_id = (select authz.organization_id()) and l.budget_id = b.id and l.deleted_at is null
       union all
      select b.currency, -t.amount
        from budgets b
        join finance.transactions t
          on t.organization_id = (select authz.organization_id()) and t.budget_id = b.id
       where t.kind in ('expense', 'payroll', 'invoice_received', 'adjustment')
         and t.posted_on <= to_day
         and t.status <> 'draft'
         and (t.voided_on is null or t.voided_on > to_day)
    ) m
   group by m.currency
$$;
