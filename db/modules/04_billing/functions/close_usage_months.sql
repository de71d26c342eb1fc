create or replace function billing.close_usage_months(as_of timestamptz default now()) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  -- Transactions that began before midnight still count towards the month that was.
  settled constant timestamptz := as_of - interval '1 hour';
  closed integer;
  noted integer;
begin
  with over as (
    delete from billing.usage_counters c
     using tenancy.organizations o
     where o.id = c.organization_id
       and c.period > '-infinity'
       -- where the month begins first; the index serves this
       and c.period < date_trunc('month', settled at time zone 'UTC' + interval '14 hours')::date
       and c.period < date_trunc('month', settled at time zone o.time_zone)::date
    returning c.organization_id, c.metric_key, c.period, c.used
  )
  insert into tenancy.organization_usage as u (organization_id, metric_key, month, used, limit_value)
  select v.organization_id, v.metric_key, v.period, sum(v.used), billing.limit_of(v.organization_id, v.metric_key)
    from over v
   group by v.organization_id, v.metric_key, v.period
  having sum(v.used) > 0
  on conflict (organization_id, metric_key, month) do update set used = u.used + excluded.used;
  get diagnostics closed = row_count;

  insert into tenancy.organization_usage (organization_id, metric_key, month, used, limit_value)
  select g.organization_id, g.metric_key, g.month, g.used, billing.limit_of(g.organization_id, g.metric_key)
    from (
           select c.organization_id, c.metric_key, sum(c.used) as used,
                  (date_trunc('month', settled at time zone o.time_zone) - interval '1 month')::date as month
             from billing.usage_counters c
             join tenancy.organizations o
               on o.id = c.organization_id
              and o.created_at < date_trunc('month', settled at time zone o.time_zone) at time zone o.time_zone
            where c.period = '-infinity'
              -- once noted there is nothing to look for until the next month
              and extract(day from settled at time zone o.time_zone) <= 7
            group by c.organization_id, c.metric_key, o.time_zone
           having sum(c.used) > 0
         ) g
   where not exists (
           select from tenancy.organization_usage u
            where u.organization_id = g.organization_id and u.metric_key = g.metric_key and u.month = g.month
         )
  on conflict (organization_id, metric_key, month) do nothing;
  get diagnostics noted = row_count;
  return closed + noted;
end
$$;

comment on function billing.close_usage_months(timestamptz) is
  'Moves what was counted in months that are over, in the time zone of each organization, to tenancy.organization_usage, '
  'and notes there what gauges stood at, in the first week of the next one. A job calls it every hour; a second time it changes nothing. Returns how many '
  'rows it wrote.';
grant execute on function billing.close_usage_months(timestamptz) to callboard_service;
