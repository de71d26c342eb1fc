grant usage on schema analytics to callboard_anonymous, callboard_member, callboard_service;

select authz.define_permission(
  'analytics.read', 'See what users do, figures, segments and dashboards.', '{owner,admin,member}');
select authz.define_permission(
  'analytics.write', 'Record events and figures, keep segments and dashboards.', '{owner,admin,member}');

call platform.protect('analytics.metric_definitions', 'catalog');
call platform.protect('analytics.metrics_daily', 'tenant_log');
call platform.protect('analytics.metrics_log', 'tenant_log', retention => '13 months');
call platform.protect('analytics.app_events', 'tenant_log', retention => '25 months');
select platform.maintain_partitions();
