create or replace function billing.limit_of(organization_id uuid, metric text) returns bigint
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select case when m.is_per_seat then greatest(l.limit_value, s.seats) else l.limit_value end
    from billing.usage_metrics m
    left join billing.subscriptions s on s.organization_id = limit_of.organization_id and s.ended_at is null
    join billing.plan_limits l
      on l.metric_key = m.key
     and l.plan_id = coalesce(s.plan_id, (select p.id from billing.subscription_plans p where p.is_default))
   where m.key = limit_of.metric and l.limit_value is not null
$$;

comment on function billing.limit_of(uuid, text) is
  'How much of a metric an organization may have, in units of the metric; null when there is no limit. An organization '
  'whose subscription is not there yet has the default plan.';
grant execute on function billing.limit_of(uuid, text) to callboard_service;

create or replace function billing.hard_limit_of(organization_id uuid, metric text) returns bigint
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select billing.limit_of(hard_limit_of.organization_id, m.key)
    from billing.usage_metrics m
   where m.key = hard_limit_of.metric and m.is_hard
$$;

comment on function billing.hard_limit_of(uuid, text) is
  'How much of a metric an organization may have before more is refused; null when nothing is.';
grant execute on function billing.hard_limit_of(uuid, text) to callboard_service;
