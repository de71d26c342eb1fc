create or replace function billing.check_tenant_limit(tenant_id uuid, metric_type text) returns billing.usage_figure
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := billing.metered_tenant(tenant_id);
  metric constant billing.usage_metrics := billing.known_metric(metric_type, 'metric_type');
  figure billing.usage_figure;
begin
  select f.* into figure from billing.figures(organization, metric.key) f;
  return figure;
end
$$;

comment on function billing.check_tenant_limit(uuid, text) is
  'How much of a metric, such as projects, the active organization uses, how much it may, and whether one more is allowed. '
  'For whoever belongs to it. Whether or not anybody asks, the limit holds where rows are written. Errors: FORBIDDEN for '
  'another organization than the active one; INVALID_INPUT for an unknown metric. Definer: the counters are internal, and '
  'plans are for those who pay.';
grant execute on function billing.check_tenant_limit(uuid, text) to callboard_member, callboard_service;
