-- What marketing gives to dashboards.

create or replace function analytics.source_campaigns(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with campaigns as materialized (
    select c as campaign, c.name, row_number() over (order by c.started_at desc, c.id desc) as place
      from marketing.campaigns c
     where c.organization_id = (select authz.organization_id()) and c.deleted_at is null and c.started_at is not null
     order by c.started_at desc, c.id desc
     limit (parameters ->> 'limit')::integer
  )
  select null::date, n.name, n.place, f.series, f.place, f.value::numeric, 'mails'::text
    from campaigns c
    join analytics.distinct_names(array(select o.name from campaigns o order by o.place)) n on n.place = c.place
   cross join lateral marketing.campaigns_progress(c.campaign) p
   cross join lateral (
           values ('Sent', 1, p.sent), ('Opened', 2, p.opened), ('Clicked', 3, p.clicked), ('Replied', 4, p.replied)
         ) as f (series, place, value)
$$;

create or replace function analytics.source_mail_interactions(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select d.bucket, null::text, null::integer, initcap(d.kind),
         array_position('{delivered,opened,clicked,replied,bounced,complained,unsubscribed}', d.kind),
         sum(d.interactions), null::text
    from (
           select analytics.bucket_of((i.occurred_at at time zone z.time_zone)::date, grain, from_day) as bucket, i.kind,
                  count(*) as interactions
             from (select o.time_zone from tenancy.organizations o where o.id = (select authz.organization_id())) z
             join marketing.email_interactions i
               on i.organization_id = (select authz.organization_id())
              and i.occurred_at >= platform.begins_at(from_day, z.time_zone)
              and i.occurred_at < platform.begins_at(to_day + 1, z.time_zone)
            where not i.is_machine
              and not i.is_repeat
            group by 1, i.kind
           union all
           -- with mails that were deleted
           select analytics.bucket_of(t.day, grain, from_day), t.kind, t.interactions
             from marketing.interaction_tallies t
            where t.organization_id = (select authz.organization_id())
              and t.day between from_day and to_day
         ) d
   where parameters -> 'kinds' is null or parameters -> 'kinds' ? d.kind
   group by d.bucket, d.kind
$$;

create or replace function analytics.source_roi(from_day date, to_day date, grain text, parameters jsonb)
returns setof analytics.data_point
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select null::date,
         -- channels are words of the product; a campaign is called what it is called
         case when r.key is null then 'Unknown'
              when parameters ->> 'dimension' = 'campaign' then r.key
              else initcap(replace(r.key, '_', ' ')) end,
         (dense_rank() over (order by r.cost + r.revenue desc, r.key))::integer, f.series, f.place, f.value, r.currency::text
    from (select o.currency from tenancy.organizations o where o.id = (select authz.organization_id())) h
   cross join lateral marketing.get_roi(from_day, to_day, parameters ->> 'dimension') r
   cross join lateral (
           values ('Cost', 1, r.cost::numeric), ('Revenue', 2, r.revenue::numeric)
         ) as f (series, place, value)
   where r.currency = coalesce(parameters ->> 'currency', h.currency) and (r.cost <> 0 or r.revenue <> 0)
$$;
