-- What sales give to dashboards. Amounts in different currencies are never added.

create or replace function analytics.source_leads_new(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select analytics.bucket_of(d.day, grain, from_day), null::text, null::integer,
         case when (parameters ->> 'bySource')::boolean then coalesce(s.name, 'Unknown') end, null::integer,
         count(*)::numeric, null::text
    from crm.leads l
   cross join (select o.time_zone from tenancy.organizations o where o.id = (select authz.organization_id())) z
   cross join lateral (select (l.created_at at time zone z.time_zone)::date as day) d
    left join crm.lead_sources s on s.organization_id = l.organization_id and s.id = l.lead_source_id
   where l.organization_id = (select authz.organization_id())
     and l.merged_into_lead_id is null
     and d.day between from_day and to_day
   group by 1, 4
$$;

create or replace function analytics.source_leads_by_status(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select null::date, initcap(l.status),
         array_position('{new,contacted,qualified,converted,unqualified,lost}', l.status), null::text, null::integer,
         count(*)::numeric, null::text
    from crm.leads l
   where l.organization_id = (select authz.organization_id()) and l.deleted_at is null
   group by l.status
$$;

create or replace function analytics.source_deals_by_stage(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with home as (
    select o.currency from tenancy.organizations o where o.id = (select authz.organization_id())
  ),
  stages as (
    select s.id, s.name, row_number() over (order by s.position, s.id) as place
      from crm.pipeline_stages s
     where s.organization_id = (select authz.organization_id()) and s.deleted_at is null and s.kind = 'open'
  )
  select null::date, s.name, s.place::integer,
         case when m.is_amount and d.currency is not null then d.currency::text end, null::integer,
         case when m.is_amount then coalesce(sum(d.amount), 0) else count(d.id)::numeric end,
         case when m.is_amount then coalesce(d.currency, h.currency)::text else 'deals' end
    from stages s
   cross join home h
   cross join (select parameters ->> 'measure' = 'amount' as is_amount) m
    left join crm.deals d
           on d.organization_id = (select authz.organization_id()) and d.stage_id = s.id and d.status = 'open'
          and d.deleted_at is null
          and (not m.is_amount or d.currency = coalesce(parameters ->> 'currency', h.currency))
   group by s.name, s.place, m.is_amount, h.currency, case when m.is_amount then d.currency end, d.currency
$$;

create or replace function analytics.source_pipeline(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select null::date, d.currency::text, (d.currency <> h.currency)::integer, null::text, null::integer,
         coalesce(sum(d.amount), 0), d.currency::text
    from (select o.currency, o.time_zone from tenancy.organizations o where o.id = (select authz.organization_id())) h
    join crm.deals d on d.organization_id = (select authz.organization_id())
   where d.deleted_at is null
     -- open by the end of the last day, whatever became of it since
     and (d.created_at at time zone h.time_zone)::date <= to_day
     and (d.closed_at is null or (d.closed_at at time zone h.time_zone)::date > to_day)
   group by d.currency, h.currency
$$;

create or replace function analytics.source_deals_won(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select analytics.bucket_of((d.closed_at at time zone h.time_zone)::date, grain, from_day), null::text, null::integer,
         d.currency::text, (d.currency <> h.currency)::integer, sum(d.amount), d.currency::text
    from (select o.currency, o.time_zone from tenancy.organizations o where o.id = (select authz.organization_id())) h
    join crm.deals d
      on d.organization_id = (select authz.organization_id())
     and d.closed_at >= platform.begins_at(from_day, h.time_zone)
     and d.closed_at < platform.begins_at(to_day + 1, h.time_zone)
   where d.status = 'won'
     and d.deleted_at is null
     and (parameters ->> 'currency' is null or d.currency = parameters ->> 'currency')
   group by 1, d.currency, h.currency
$$;

create or replace function analytics.source_forecast(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select case when grain = 'total' then from_day else l.bucket end, null::text, null::integer, f.series, f.place, sum(f.value),
         l.currency::text
    from (select o.currency from tenancy.organizations o where o.id = (select authz.organization_id())) h
   cross join lateral crm.forecast_lines(
           (select authz.organization_id()), from_day, to_day, case when grain = 'total' then 'millennium' else grain end) l
   cross join lateral (
           values ('Won', 1, l.closed_won::numeric), ('Committed', 2, l.committed::numeric),
                  ('Weighted', 3, l.weighted::numeric), ('Open', 4, l.open_amount::numeric)
         ) as f (series, place, value)
   where l.currency = coalesce(parameters ->> 'currency', h.currency)
     -- deals without a day are in no span
     and l.bucket is not null
   group by 1, 4, 5, 7
$$;
