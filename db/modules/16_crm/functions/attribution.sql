create or replace function crm.touchpoint_weight(
  model text,
  number bigint,
  touchpoints bigint,
  days_before double precision,
  half_life_days numeric
) returns bigint
language sql immutable parallel safe
return case model
  when 'first' then case when number = 1 then 1 else 0 end
  when 'last' then case when number = touchpoints then 1 else 0 end
  when 'linear' then 1
  when 'position_based' then case
    when touchpoints <= 2 then 1
    -- 40 % each for the ends, the rest for what lies between: in whole numbers
    when number in (1, touchpoints) then 2 * (touchpoints - 2)
    else 1
  end
  -- millionths, and never nothing
  when 'time_decay' then greatest(
    round(1000000 * power(0.5::double precision, least(days_before / half_life_days, 60)))::bigint, 1)
end;

comment on function crm.touchpoint_weight(text, bigint, bigint, double precision, numeric) is
  E'@behavior -*\nThe credit of one of the touchpoints before a conversion, in whole numbers that only compare with each other.';
grant execute on function crm.touchpoint_weight(text, bigint, bigint, double precision, numeric)
  to callboard_member, callboard_service;

create or replace function crm.attribution_credits(
  organization_id uuid,
  from_time timestamptz,
  to_time timestamptz,
  model text
) returns table (
  channel text,
  campaign text,
  lead_source_id uuid,
  currency char(3),
  conversion_units bigint,
  customer_units bigint,
  revenue_cents numeric
)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with settings as materialized (
    select s.lookback_days * interval '1 day' as lookback, s.attribution_half_life_days as half_life
      from crm.crm_settings s
     where s.organization_id = attribution_credits.organization_id
  ),
  -- What is to be shared out: conversions of these days as ten thousandths, money of these days in cents, of whatever
  -- conversion.
  earned as materialized (
    select c.id, c.lead_id, c.occurred_at, null::char(3) as currency,
           case when c.makes_customer then 'customer' else 'conversion' end as what, 10000::numeric as units
      from crm.conversions c
     where c.organization_id = attribution_credits.organization_id
       and c.occurred_at >= from_time and c.occurred_at < to_time
       and c.deleted_at is null
    union all
    select c.id, c.lead_id, c.occurred_at, r.currency, 'revenue', sum(r.amount) * 100
      from crm.revenue_events r
      join crm.conversions c on c.organization_id = r.organization_id and c.id = r.conversion_id and c.deleted_at is null
     where r.organization_id = attribution_credits.organization_id
       and r.occurred_at >= from_time and r.occurred_at < to_time
       and r.deleted_at is null
     group by c.id, c.lead_id, c.occurred_at, r.currency
  ),
  weighed as (
    select e.id, t.id as touchpoint_id, t.number, t.channel, t.campaign, t.lead_source_id,
           crm.touchpoint_weight(
             model, t.number, t.touchpoints,
             greatest(extract(epoch from e.occurred_at - t.occurred_at)::double precision / 86400, 0), s.half_life) as weight
      from (select distinct x.id, x.lead_id, x.occurred_at from earned x) e
     cross join settings s
     cross join lateral (
             select p.id, p.occurred_at, p.channel, p.campaign, p.lead_source_id,
                    row_number() over (order by p.occurred_at, p.id) as number, count(*) over () as touchpoints
               from crm.lead_touchpoints p
              where p.organization_id = attribution_credits.organization_id
                and p.lead_id = e.lead_id
                and p.occurred_at <= e.occurred_at
                and p.occurred_at >= e.occurred_at - s.lookback
           ) t
  ),
  shares as (
    select w.*, sum(w.weight) over (partition by w.id) as weights from weighed w where w.weight > 0
  ),
  -- Whole units for all, and what is left over one each for those with the largest remainders: it always adds up.
  divided as (
    select e.id, e.what, e.currency, sign(e.units) as side, s.channel, s.campaign, s.lead_source_id,
           case when s.id is null then abs(e.units) else div(abs(e.units) * s.weight, s.weights) end as whole,
           row_number() over (
             partition by e.id, e.what, e.currency
             order by mod(abs(e.units) * s.weight, s.weights) desc, s.number) as place,
           abs(e.units) as units
      from earned e
      left join shares s on s.id = e.id
  ),
  credits as (
    select d.*,
           d.side * (d.whole + case
             when d.place <= d.units - sum(d.whole) over (partition by d.id, d.what, d.currency) then 1
             else 0
           end) as credit
      from divided d
  )
  select c.channel, c.campaign, c.lead_source_id, c.currency,
         coalesce(sum(c.credit) filter (where c.what in ('conversion', 'customer')), 0)::bigint,
         coalesce(sum(c.credit) filter (where c.what = 'customer'), 0)::bigint,
         coalesce(sum(c.credit) filter (where c.what = 'revenue'), 0)
    from credits c
   group by c.channel, c.campaign, c.lead_source_id, c.currency
$$;

comment on function crm.attribution_credits(uuid, timestamptz, timestamptz, text) is
  'Who gets the credit for the conversions (in ten thousandths) and the revenue (in cents) of a span of time, by channel, '
  'campaign and source together: to the unit what there was. What no touchpoint came before has null for all three.';
grant execute on function crm.attribution_credits(uuid, timestamptz, timestamptz, text) to callboard_member, callboard_service;

create or replace function crm.attribution_lines(
  organization_id uuid,
  from_day date,
  to_day date,
  model text,
  dimension text
) returns setof crm.attribution_line
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select dimension, k.key,
         case when dimension = 'source' then (
           select s.name
             from crm.lead_sources s
            where s.organization_id = attribution_lines.organization_id and s.id::text = k.key) else k.key end,
         k.currency, k.conversions / 10000.0, k.customers / 10000.0, k.revenue / 100
    from (
           select case dimension
                    when 'channel' then c.channel
                    when 'campaign' then c.campaign
                    else c.lead_source_id::text
                  end as key,
                  -- conversions have no currency: they are counted with the organization's own
                  coalesce(c.currency, o.currency) as currency, sum(c.conversion_units) as conversions, sum(c.customer_units) as customers,
                  sum(c.revenue_cents) as revenue
             from tenancy.organizations o
            cross join lateral crm.attribution_credits(
                    o.id, platform.begins_at(from_day, o.time_zone), platform.begins_at(to_day + 1, o.time_zone), model) c
            where o.id = attribution_lines.organization_id
            group by 1, 2
         ) k
   order by k.currency <> (select o.currency from tenancy.organizations o where o.id = attribution_lines.organization_id),
            k.currency, k.revenue desc, k.conversions desc, k.key
$$;

comment on function crm.attribution_lines(uuid, date, date, text, text) is
  'The credits of some days of the organization by one dimension.';
grant execute on function crm.attribution_lines(uuid, date, date, text, text) to callboard_member, callboard_service;

create or replace function crm.get_attribution(
  from_day date,
  to_day date,
  model text default null,
  dimension text default 'channel'
) returns setof crm.attribution_line
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('crm.read');
  chosen constant text := coalesce(
    model, (select s.attribution_model from crm.crm_settings s where s.organization_id = organization));
begin
  perform crm.check_days(from_day, to_day);
  if chosen not in ('first', 'last', 'linear', 'position_based', 'time_decay') then
    perform platform.refuse(
      'CB002', 'There is no such model.', field => 'model',
      hint => 'first, last, linear, position_based and time_decay are.');
  end if;
  if dimension is null or dimension not in ('channel', 'campaign', 'source') then
    perform platform.refuse('CB002', 'The dimension is channel, campaign or source.', field => 'dimension');
  end if;
  return query select * from crm.attribution_lines(organization, from_day, to_day, chosen, dimension);
end
$$;

comment on function crm.get_attribution(date, date, text, text) is
  'Which channels, campaigns or sources (dimension) earned the conversions and the revenue from one day to another, both '
  'included, where the organization is. model says who gets the credit among the touchpoints of the lead up to the conversion, '
  'as far back as lookback_days: first, last, linear, position_based or time_decay; that of the settings when left out. '
  'Revenue counts on the day it came in, refunds against it. Lines add up to what there was, to the cent; conversions '
  'are counted in the lines of the organization''s currency. Needs crm.read. '
  'Errors: INVALID_INPUT.';
grant execute on function crm.get_attribution(date, date, text, text) to callboard_member, callboard_service;
