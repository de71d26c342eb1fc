create or replace function marketing.cost_within(
  amount numeric,
  starts_on date,
  ends_on date,
  from_day date,
  to_day date
) returns numeric
language sql immutable parallel safe
-- The difference of two sums that are rounded: neighbouring spans add up to the whole amount.
return round(amount * (least(ends_on, to_day) - starts_on + 1) / (ends_on - starts_on + 1), 2)
  - round(amount * (greatest(starts_on, from_day) - starts_on) / (ends_on - starts_on + 1), 2);

comment on function marketing.cost_within(numeric, date, date, date, date) is
  E'@behavior -*\nHow much of a cost falls into some days, where any of its days does. Spans that follow each other add up, to the cent.';
grant execute on function marketing.cost_within(numeric, date, date, date, date) to callboard_member, callboard_service;

create or replace function marketing.roi_lines(
  organization_id uuid,
  from_day date,
  to_day date,
  model text,
  dimension text
) returns setof marketing.roi_line
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with organization as materialized (
    select o.currency, platform.begins_at(from_day, o.time_zone) as from_time,
           platform.begins_at(to_day + 1, o.time_zone) as to_time
      from tenancy.organizations o
     where o.id = roi_lines.organization_id
  ),
  found as (
    select case dimension when 'channel' then c.channel else c.campaign end as key, c.currency,
           marketing.cost_within(c.amount, c.starts_on, c.ends_on, from_day, to_day) as cost,
           0::numeric as revenue, 0 as leads, 0::numeric as conversions, 0::numeric as customers
      from marketing.marketing_costs c
     where c.organization_id = roi_lines.organization_id
       and c.starts_on <= to_day
       and c.ends_on >= from_day
       and c.deleted_at is null
    union all
    select a.key, a.currency, 0, a.revenue, 0, a.conversions, a.customers
      from crm.attribution_lines(roi_lines.organization_id, from_day, to_day, model, dimension) a
    union all
    -- who met a new lead first; a source speaks where nothing did
    select case dimension
             when 'channel' then coalesce(t.channel, s.channel)
             else t.campaign
           end, o.currency, 0, 0, 1, 0, 0
      from organization o
      join crm.leads l
        on l.organization_id = roi_lines.organization_id
       and l.created_at >= o.from_time and l.created_at < o.to_time
       and l.deleted_at is null
      left join crm.lead_sources s on s.organization_id = l.organization_id and s.id = l.lead_source_id
      left join lateral (
             select p.channel, p.campaign
               from crm.lead_touchpoints p
              where p.organization_id = roi_lines.organization_id and p.lead_id = l.id
              order by p.occurred_at, p.id
              limit 1
           ) t on true
  )
  select roi_lines.dimension, f.key, f.currency, sum(f.cost), sum(f.revenue), sum(f.leads)::integer, sum(f.conversions),
         sum(f.customers), round(sum(f.cost) / nullif(sum(f.leads), 0), 2),
         round(sum(f.cost) / nullif(sum(f.customers), 0), 2),
         round(100 * (sum(f.revenue) - sum(f.cost)) / nullif(sum(f.cost), 0), 2)
    from found f
   group by f.key, f.currency
  having sum(f.cost) <> 0 or sum(f.revenue) <> 0 or sum(f.leads) <> 0 or sum(f.conversions) <> 0
   order by sum(f.revenue) desc, sum(f.cost) desc, f.key, f.currency
$$;

comment on function marketing.roi_lines(uuid, date, date, text, text) is
  'What channels or campaigns cost and brought on some days of an organization.';
grant execute on function marketing.roi_lines(uuid, date, date, text, text) to callboard_member, callboard_service;

create or replace function marketing.get_roi(
  from_day date,
  to_day date,
  dimension text default 'channel',
  model text default null
) returns setof marketing.roi_line
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('marketing.read');
  chosen constant text := coalesce(
    model, (select s.attribution_model from crm.crm_settings s where s.organization_id = organization));
begin
  perform authz.require('crm.read');
  perform crm.check_days(from_day, to_day);
  if dimension is null or dimension not in ('channel', 'campaign') then
    perform platform.refuse('CB002', 'The dimension is channel or campaign.', field => 'dimension');
  end if;
  if chosen not in ('first', 'last', 'linear', 'position_based', 'time_decay') then
    perform platform.refuse(
      'CB002', 'There is no such model.', field => 'model',
      hint => 'first, last, linear, position_based and time_decay are.');
  end if;
  return query select * from marketing.roi_lines(organization, from_day, to_day, chosen, dimension);
end
$$;

comment on function marketing.get_roi(date, date, text, text) is
  'What each channel or campaign (dimension) cost and brought from one day to another, both included, where the organization '
  'is: costs that fall into these days, revenue by the model of attribution (that of the settings when left out), new leads, '
  'conversions, cost per lead, cost of a new client and return. What cannot be divided is null. Needs marketing.read and '
  'crm.read. Errors: INVALID_INPUT.';
grant execute on function marketing.get_roi(date, date, text, text) to callboard_member, callboard_service;
