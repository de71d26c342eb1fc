create or replace function billing.close_usage_months(as_of timestamptz default now()) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  -- Transactions that began before midnight still count towards the month that was.
  settled constant timestamptz := as_of - interval '1 hour';
  written integer;
begin
  -- Two at once would note the same twice.
  perform pg_advisory_xact_lock(5678052);
  with over as (
    delete from billing.usage_counters c
     using tenancy.organizations o
     where o.id = c.organization_id
       and c.period > '-infinity'
       -- where the month begins first; the index serves this
       and c.period < date_trunc('month', settled at time zone 'UTC' + interval '14 hours')::date
       and c.period < date_trunc('month', settled at time zone o.time_zone)::date
    returning c.organization_id, c.metric_key, c.period, c.used
  ),
  standing as (
    -- Nothing is a figure too: what was not noted would be looked for again, and found to be what is there by then.
    select o.id as organization_id, m.key as metric_key, d.month,
           (
             select greatest(coalesce(sum(c.used), 0), 0)
               from billing.usage_counters c
              where c.organization_id = o.id and c.metric_key = m.key and c.period = '-infinity'
           ) as used
      from tenancy.organizations o
     cross join lateral (select date_trunc('month', settled at time zone o.time_zone) as this_month) t
     cross join lateral (select (t.this_month - interval '1 month')::date as month) d
      join billing.usage_metrics m on m.kind = 'gauge'
     where o.created_at < platform.begins_at(t.this_month::date, o.time_zone)
       -- once noted there is nothing to look for until the next month
       and extract(day from settled at time zone o.time_zone) <= 7
       and not exists (
             select from tenancy.organization_usage u
              where u.organization_id = o.id and u.metric_key = m.key and u.month = d.month
           )
  ),
  noted as (
    select v.organization_id, v.metric_key, v.period as month, sum(v.used) as used
      from over v
     group by v.organization_id, v.metric_key, v.period
    having sum(v.used) > 0
     union all
    select * from standing
  )
  insert into tenancy.organization_usage as u (organization_id, metric_key, month, used, limit_value)
  select n.organization_id, n.metric_key, n.month, n.used,
         case when m.is_per_seat then greatest(l.limit_value, s.seats) else l.limit_value end
    from noted n
    join billing.usage_metrics m on m.key = n.metric_key
    left join billing.subscriptions s on s.organization_id = n.organization_id and s.ended_at is null
    left join billing.plan_limits l
      on l.plan_id = s.plan_id and l.metric_key = n.metric_key and l.limit_value is not null
  -- what came late is added
  on conflict (organization_id, metric_key, month) do update set used = u.used + excluded.used;
  get diagnostics written = row_count;
  return written;
end
$$;

comment on function billing.close_usage_months(timestamptz) is
  'Moves what was counted in months that are over, in the time zone of each organization, to tenancy.organization_usage, '
  'and notes there what gauges stood at, in the first week of the next one. A job calls it every hour; a second time it '
  'changes nothing. Returns how many rows it wrote.';
grant execute on function billing.close_usage_months(timestamptz) to callboard_service;
