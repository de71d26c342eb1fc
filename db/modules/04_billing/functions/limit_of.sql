create or replace function billing.limits_of(organization_id uuid) returns table (metric_key text, limit_value bigint)
language sql stable
set search_path = pg_catalog, pg_temp
rows 10
as $$
  select l.metric_key, case when m.is_per_seat then greatest(l.limit_value, s.seats) else l.limit_value end
    from (select limits_of.organization_id as id) o
    left join billing.subscriptions s on s.organization_id = o.id and s.ended_at is null
    join billing.plan_limits l
      on l.plan_id = coalesce(s.plan_id, (select p.id from billing.subscription_plans p where p.is_default))
     and l.limit_value is not null
    join billing.usage_metrics m on m.key = l.metric_key
$$;

comment on function billing.limits_of(uuid) is
  'How much of each metric an organization may have, in units of the metric; none for those without a limit. An '
  'organization whose subscription is not there yet has the default plan.';
grant execute on function billing.limits_of(uuid) to callboard_service;

create or replace function billing.limit_of(organization_id uuid, metric text) returns bigint
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select l.limit_value from billing.limits_of(limit_of.organization_id) l where l.metric_key = limit_of.metric
$$;

comment on function billing.limit_of(uuid, text) is
  'How much of a metric an organization may have; null when there is no limit.';
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
