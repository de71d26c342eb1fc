create or replace function crm.forecast_lines(organization_id uuid, from_day date, to_day date, grain text)
returns setof crm.forecast_line
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with zone as (
    select o.time_zone as name from tenancy.organizations o where o.id = forecast_lines.organization_id
  ),
  found as (
    select date_trunc(grain, d.expected_close_on::timestamp)::date as bucket, d.currency, d.status,
           coalesce(d.amount, 0) as amount,
           coalesce(d.probability, s.probability) as probability,
           coalesce(d.forecast_category, s.forecast_category) as category
      from crm.deals d
      join crm.pipeline_stages s on s.organization_id = d.organization_id and s.id = d.stage_id
     where d.organization_id = forecast_lines.organization_id
       and d.status = 'open'
       and d.deleted_at is null
       and (d.expected_close_on between from_day and to_day or d.expected_close_on is null)
    union all
    select date_trunc(grain, d.closed_at at time zone z.name)::date, d.currency, d.status, d.amount, null, null
      from zone z
      join crm.deals d
        on d.organization_id = forecast_lines.organization_id
       and d.status = 'won'
       and d.deleted_at is null
       and d.closed_at >= platform.begins_at(from_day, z.name)
       and d.closed_at < platform.begins_at(to_day + 1, z.name)
  ),
  lines as (
    -- a line for each span, also for those in which nothing is expected
    select b.bucket::date as bucket, c.currency
      from generate_series(
             date_trunc(grain, from_day::timestamp), to_day::timestamp,
             case grain when 'quarter' then interval '3 months' else ('1 ' || grain)::interval end) as b (bucket)
     cross join (select distinct f.currency from found f) c
    union
    select null, f.currency from found f where f.bucket is null
  )
  select l.bucket, l.currency,
         coalesce(sum(f.amount) filter (where f.category = 'committed'), 0)::numeric(20,2),
         coalesce(sum(f.amount) filter (where f.category in ('committed', 'best_case')), 0)::numeric(20,2),
         coalesce(sum(round(f.amount * f.probability / 100, 2)) filter (where f.status = 'open'), 0)::numeric(20,2),
         coalesce(sum(f.amount) filter (where f.status = 'won'), 0)::numeric(20,2),
         coalesce(sum(f.amount) filter (where f.status = 'open'), 0)::numeric(20,2),
         count(*) filter (where f.status = 'open')::integer,
         count(*) filter (where f.status = 'won')::integer
    from lines l
    left join found f on f.currency = l.currency and f.bucket is not distinct from l.bucket
   group by l.bucket, l.currency
   order by l.bucket nulls last, l.currency
$$;

comment on function crm.forecast_lines(uuid, date, date, text) is
  'The forecast of an organization, as far as whoever asks sees its deals.';
grant execute on function crm.forecast_lines(uuid, date, date, text) to callboard_member, callboard_service;

create or replace function crm.get_pipeline_forecast(from_day date, to_day date, grain text default 'month')
returns setof crm.forecast_line
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('crm.read');
begin
  perform crm.check_days(from_day, to_day, grain);
  return query select * from crm.forecast_lines(organization, from_day, to_day, grain);
end
$$;

comment on function crm.get_pipeline_forecast(date, date, text) is
  'What deals may bring and what they have brought from one day to another, both included, per week, month, quarter or year '
  '(grain) and currency. Open deals count on the day by which they should be decided, won ones on the day they were won, '
  'where the organization is. A line without bucket has open deals without a day. A line for each span and currency, also '
  'where nothing is expected. Needs crm.read. Errors: INVALID_INPUT.';
grant execute on function crm.get_pipeline_forecast(date, date, text) to callboard_member, callboard_service;

create or replace function crm.check_days(from_day date, to_day date, grain text default 'month') returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if from_day is null or not isfinite(from_day) then
    perform platform.refuse('CB002', 'Say the first day.', field => 'from_day');
  end if;
  if to_day is null or not isfinite(to_day) then
    perform platform.refuse('CB002', 'Say the last day.', field => 'to_day');
  end if;
  if to_day < from_day then
    perform platform.refuse('CB002', 'The last day is before the first.', field => 'to_day');
  end if;
  if grain is null or grain not in ('week', 'month', 'quarter', 'year') then
    perform platform.refuse('CB002', 'The grain is week, month, quarter or year.', field => 'grain');
  end if;
  if to_day - from_day > 3700 then
    perform platform.refuse('CB002', 'That is more than ten years.', field => 'to_day');
  end if;
end
$$;

comment on function crm.check_days(date, date, text) is
  E'@behavior -*\nRefuses days that make no span of at most ten years, and grains that are none. Errors: CB002.';
grant execute on function crm.check_days(date, date, text) to callboard_member, callboard_service;
