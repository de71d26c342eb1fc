create or replace function billing.refuse_limit(
  metric text,
  limit_value bigint,
  used bigint,
  asked bigint,
  field text default null
) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  metric_name constant text := (select m.name from billing.usage_metrics m where m.key = refuse_limit.metric);
  larger record;
begin
  select p.name, l.limit_value
    into larger
    from billing.subscription_plans p
    left join billing.plan_limits l on l.plan_id = p.id and l.metric_key = refuse_limit.metric
   where p.retired_at is null
     and (l.limit_value is null or l.limit_value >= refuse_limit.used + refuse_limit.asked
                                   and l.limit_value > refuse_limit.limit_value)
   order by p.is_public desc, p.position, p.id
   limit 1;
  perform platform.refuse(
    'CB025',
    format('The limit of %s is reached: %s of %s used.', lower(metric_name), used, limit_value),
    field => refuse_limit.field,
    detail => jsonb_build_object('metric', metric, 'limit', limit_value, 'used', used, 'asked', asked)::text,
    hint => case
      when larger.name is null then 'No plan allows more: free some first.'
      when larger.limit_value is null then format('The plan %s has no such limit.', larger.name)
      else format('The plan %s allows %s.', larger.name, larger.limit_value)
    end);
end
$$;

comment on function billing.refuse_limit(text, bigint, bigint, bigint, text) is
  'Raises CB025 with the metric, its limit, what is used and what was asked for; the hint names a plan that allows it.';
grant execute on function billing.refuse_limit(text, bigint, bigint, bigint, text) to callboard_service;
