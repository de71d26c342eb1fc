create or replace function billing.usage_period(
  organization_id uuid,
  metric text,
  at timestamptz default now()
) returns date
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select case m.kind
           when 'gauge' then '-infinity'
           else (
             select date_trunc('month', usage_period.at at time zone o.time_zone)::date
               from tenancy.organizations o
              where o.id = usage_period.organization_id
           )
         end
    from billing.usage_metrics m
   where m.key = usage_period.metric
$$;

comment on function billing.usage_period(uuid, text, timestamptz) is
  'What a metric is counted for: the calendar month in the organization''s time zone, by its first day; -infinity for '
  'gauges. Days rather than instants, so that an organization that moves to another time zone keeps its count.';
grant execute on function billing.usage_period(uuid, text, timestamptz) to callboard_service;
