create or replace function crm.snapshot_pipeline(organization_id uuid) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  today constant date := platform.today(organization_id);
  this_month constant date := date_trunc('month', today)::date;
  written integer;
begin
  -- Two at once would each write what the other has not seen yet.
  perform pg_advisory_xact_lock(hashtextextended(organization_id::text, 5678046));
  delete from crm.pipeline_forecasts f
   where f.organization_id = snapshot_pipeline.organization_id and f.snapshot_on = today;
  insert into crm.pipeline_forecasts
    (organization_id, snapshot_on, month, currency, committed, best_case, weighted, closed_won, open_deals, won_deals)
  select snapshot_pipeline.organization_id, today, l.bucket, l.currency, l.committed, l.best_case, l.weighted, l.closed_won,
         l.open_deals, l.won_deals
    from crm.forecast_lines(
           snapshot_pipeline.organization_id, this_month, (this_month + interval '1 year' - interval '1 day')::date,
           'month') l
   where l.bucket is not null;
  get diagnostics written = row_count;
  perform crm.measure_pipeline(organization_id, (this_month - interval '12 months')::date, this_month);
  return written;
end
$$;

comment on function crm.snapshot_pipeline(uuid) is
  'Writes down the forecast of the twelve months from this one as it is today, in place of what was written today before, and '
  'measures the last thirteen months. Returns the lines of the forecast.';
grant execute on function crm.snapshot_pipeline(uuid) to callboard_service;

create or replace function crm.measure_pipeline(organization_id uuid, from_month date, to_month date) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  zone constant text := (select o.time_zone from tenancy.organizations o where o.id = measure_pipeline.organization_id);
  from_time constant timestamptz := platform.begins_at(from_month, zone);
  to_time constant timestamptz := platform.begins_at((to_month + interval '1 month')::date, zone);
begin
  delete from crm.pipeline_metrics m
   where m.organization_id = measure_pipeline.organization_id and m.month between from_month and to_month;

  insert into crm.pipeline_metrics (organization_id, month, metric, stage_id, numerator, denominator)
  -- each deal counts once in the month in which it came into the stage, however often it did
  select measure_pipeline.organization_id, e.month, 'stage_conversion', e.to_stage_id,
         count(*) filter (where exists (
           select
             from crm.deal_stage_changes n
             left join crm.pipeline_stages r on r.organization_id = n.organization_id and r.id = n.to_stage_id
            where n.organization_id = measure_pipeline.organization_id
              and n.deal_id = e.deal_id
              and n.id > e.first_id
              and (n.to_status = 'won' or n.to_status = 'open' and r.position > e.position))),
         count(*)
    from (
           select date_trunc('month', c.occurred_at at time zone zone)::date as month, c.to_stage_id, c.deal_id, s.position,
                  min(c.id::text)::uuid as first_id
             from crm.deal_stage_changes c
             join crm.pipeline_stages s on s.organization_id = c.organization_id and s.id = c.to_stage_id and s.kind = 'open'
             join crm.deals d on d.organization_id = c.organization_id and d.id = c.deal_id and d.deleted_at is null
            where c.organization_id = measure_pipeline.organization_id
              and c.occurred_at >= from_time and c.occurred_at < to_time
            group by 1, 2, 3, 4
         ) e
   group by e.month, e.to_stage_id
  union all
  select measure_pipeline.organization_id, date_trunc('month', c.occurred_at at time zone zone)::date, 'stage_days',
         c.from_stage_id, round(sum(c.seconds_in_stage) / 86400.0, 6), count(*)
    from crm.deal_stage_changes c
    join crm.deals d on d.organization_id = c.organization_id and d.id = c.deal_id and d.deleted_at is null
   where c.organization_id = measure_pipeline.organization_id
     and c.occurred_at >= from_time and c.occurred_at < to_time
     and c.from_stage_id is not null
     and c.from_status = 'open'
   group by 2, 4;

  with months as (
    select m.month::date as month, d.starts_at, d.closes_at, least(d.closes_at, now()) as ends_at
      from generate_series(from_month::timestamp, to_month::timestamp, interval '1 month') as m (month)
     cross join lateral (
             select platform.begins_at(m.month::date, zone) as starts_at,
                    platform.begins_at((m.month + interval '1 month')::date, zone) as closes_at
           ) d
  ),
  closed as (
    select m.month, d.status, d.currency, d.amount, extract(epoch from d.closed_at - d.created_at)::numeric / 86400 as days
      from months m
      join crm.deals d
        on d.organization_id = measure_pipeline.organization_id
       and d.closed_at >= m.starts_at and d.closed_at < m.closes_at
       and d.deleted_at is null
  ),
  open_then as (
    select m.month, d.currency, extract(epoch from m.ends_at - d.created_at)::numeric / 86400 as days
      from months m
      join crm.deals d
        on d.organization_id = measure_pipeline.organization_id
       and d.created_at < m.ends_at
       and (d.closed_at is null or m.ends_at < now() and d.closed_at >= m.ends_at)
       and d.deleted_at is null
     where m.starts_at < now()
  )
  insert into crm.pipeline_metrics (organization_id, month, metric, currency, numerator, denominator)
  select measure_pipeline.organization_id, c.month, 'win_rate', null::char(3), count(*) filter (where c.status = 'won'), count(*)
    from closed c
   group by c.month
  union all
  select measure_pipeline.organization_id, c.month, 'days_to_win', null, round(sum(greatest(c.days, 0)), 6), count(*)
    from closed c
   where c.status = 'won'
   group by c.month
  union all
  select measure_pipeline.organization_id, o.month, 'average_age', null, round(sum(o.days), 6), count(*)
    from open_then o
   group by o.month
  union all
  -- open × (won ÷ closed) × (money ÷ won) ÷ (days ÷ won)
  select measure_pipeline.organization_id, c.month, 'velocity', c.currency,
         coalesce(o.deals, 0) * sum(c.amount) filter (where c.status = 'won') * count(*) filter (where c.status = 'won'),
         count(*) * round(sum(greatest(c.days, 0)) filter (where c.status = 'won'), 6)
    from closed c
    left join (select p.month, p.currency, count(*) as deals from open_then p group by p.month, p.currency) o
      on o.month = c.month and o.currency = c.currency
   group by c.month, c.currency, o.deals
  having count(*) filter (where c.status = 'won') > 0;
end
$$;

comment on function crm.measure_pipeline(uuid, date, date) is
  'Computes the metrics of the pipeline of these months (their first days) anew. For functions that hold the lock of '
  'crm.snapshot_pipeline.';
grant execute on function crm.measure_pipeline(uuid, date, date) to callboard_service;
