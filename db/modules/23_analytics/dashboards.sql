call platform.protect('analytics.data_sources', 'custom');
create policy everyone_reads on analytics.data_sources for select to callboard_member using (true);
grant select on analytics.data_sources to callboard_member;

-- A personal dashboard, and what belongs to it, is its owner's alone; figures are for those who may see their source.
call platform.protect('analytics.dashboards', 'tenant', read_only => '{is_default}');
create policy personal on analytics.dashboards as restrictive to callboard_member
  using (owner_id is null or owner_id = (select authz.user_id()))
  with check (owner_id is null or owner_id = (select authz.user_id()));
grant update (is_default) on analytics.dashboards to callboard_member;

call platform.protect('analytics.dashboard_widgets', 'tenant', parent => 'dashboard_id', read_only => '{owner_id}');
create policy personal on analytics.dashboard_widgets as restrictive to callboard_member
  using (owner_id is null or owner_id = (select authz.user_id()))
  with check (owner_id is null or owner_id = (select authz.user_id()));

call platform.protect('analytics.dashboard_layouts', 'custom');
create policy arrangement_read on analytics.dashboard_layouts for select to callboard_member
  using (organization_id = (select authz.allowed('analytics.read'))
         and (user_id is null or user_id = (select authz.user_id())));
create policy arrangement_insert on analytics.dashboard_layouts for insert to callboard_member
  with check (organization_id = (select authz.allowed('analytics.read'))
              and (user_id = (select authz.user_id()) or user_id is null and (select authz.has('analytics.write'))));
create policy arrangement_delete on analytics.dashboard_layouts for delete to callboard_member
  using (organization_id = (select authz.allowed('analytics.read'))
         and (user_id = (select authz.user_id()) or user_id is null and (select authz.has('analytics.write'))));
grant select, delete on analytics.dashboard_layouts to callboard_member;
grant insert (dashboard_id, widget_id, user_id, breakpoint, x, y, width, height)
  on analytics.dashboard_layouts to callboard_member;

call platform.protect(
  'analytics.dashboard_alerts', 'tenant', parent => 'dashboard_id',
  read_only => '{owner_id,permission,runs_as_id,state,state_since,last_value,last_evaluated_at,last_refusal,next_check_at}');
create policy personal on analytics.dashboard_alerts as restrictive to callboard_member
  using ((owner_id is null or owner_id = (select authz.user_id()))
         and permission = any ((select authz.permissions())::text[]))
  with check ((owner_id is null or owner_id = (select authz.user_id()))
              and permission = any ((select authz.permissions())::text[]));

create policy named_is_seen on analytics.dashboard_alerts as restrictive for select to callboard_member
  using (id not in (select analytics.hidden_alert_ids()));

call platform.protect('analytics.alert_changes', 'tenant_log', parent => 'alert_id');
create policy personal on analytics.alert_changes as restrictive to callboard_member
  using ((owner_id is null or owner_id = (select authz.user_id()))
         and permission = any ((select authz.permissions())::text[]))
  with check (false);
create policy named_is_seen on analytics.alert_changes as restrictive for select to callboard_member
  using (alert_id not in (select analytics.hidden_alert_ids()));

call platform.protect(
  'analytics.reports', 'tenant', parent => 'dashboard_id', read_only => '{owner_id}');
create policy personal on analytics.reports as restrictive to callboard_member
  using (owner_id is null or owner_id = (select authz.user_id()))
  with check (owner_id is null or owner_id = (select authz.user_id()));

call platform.protect(
  'analytics.dashboard_subscriptions', 'tenant', parent => 'report_id',
  read_only => '{owner_id,last_due_at,next_due_at}');
create policy personal on analytics.dashboard_subscriptions as restrictive to callboard_member
  using (owner_id is null or owner_id = (select authz.user_id()))
  with check (owner_id is null or owner_id = (select authz.user_id()));

-- One's own; whoever keeps subscriptions sees what became of all.
call platform.protect('analytics.report_deliveries', 'custom', retention => '13 months');
create policy own_or_kept_read on analytics.report_deliveries for select to callboard_member
  using (organization_id = (select authz.organization_id())
         and (user_id = (select authz.user_id()) or (select authz.has('analytics.write'))));
grant select on analytics.report_deliveries to callboard_member;

create or replace trigger _150_check before insert or update of kind, source_key, parameters, options
  on analytics.dashboard_widgets for each row execute function analytics.check_widget_trigger();
create or replace trigger _160_follow before insert or update of dashboard_id on analytics.dashboard_widgets
  for each row execute function analytics.follow_dashboard_trigger();
create or replace trigger _500_clear_places after update on analytics.dashboard_widgets
  referencing new table as new_rows for each statement execute function analytics.clear_places_trigger();
create or replace trigger _150_default before update of is_default, owner_id, deleted_at on analytics.dashboards
  for each row when (new.is_default) execute function analytics.keep_one_default_trigger();
create or replace trigger _500_share after update of owner_id on analytics.dashboards
  for each row when (old.owner_id is distinct from new.owner_id) execute function analytics.share_dashboard_trigger();
create or replace trigger _150_settle before insert or update on analytics.dashboard_alerts
  for each row execute function analytics.settle_alert_trigger();
create or replace trigger _160_follow before insert or update of dashboard_id on analytics.dashboard_alerts
  for each row execute function analytics.follow_dashboard_trigger();
create or replace trigger _150_check before insert or update on analytics.reports
  for each row execute function analytics.check_report_trigger();
create or replace trigger _160_follow before insert or update of dashboard_id on analytics.reports
  for each row execute function analytics.follow_dashboard_trigger();
create or replace trigger _150_settle before insert or update on analytics.dashboard_subscriptions
  for each row execute function analytics.settle_subscription_trigger();
create or replace trigger _160_follow before insert or update of report_id on analytics.dashboard_subscriptions
  for each row execute function analytics.follow_report_trigger();
