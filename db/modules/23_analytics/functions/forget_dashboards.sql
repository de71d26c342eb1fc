create or replace function analytics.forget_dashboards(user_id uuid) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organizations constant uuid[] := array(
    select m.organization_id from tenancy.organization_members m where m.user_id = forget_dashboards.user_id);
  boards uuid[];
  parts uuid[];
begin
  update analytics.report_deliveries d
     set reason = null
   where d.organization_id = any (organizations) and d.user_id = forget_dashboards.user_id and d.reason is not null;
  boards := array(
    select d.id
      from analytics.dashboards d
     where d.organization_id = any (organizations)
       and d.owner_id = forget_dashboards.user_id
       and (d.deleted_at is null or d.name <> 'Deleted dashboard'));
  if boards = '{}' then
    return;
  end if;
  with widgets as (
    update analytics.dashboard_widgets w
       set title = 'Deleted widget', description = null
     where w.organization_id = any (organizations) and w.dashboard_id = any (boards)
    returning w.id
  ),
  alerts as (
    update analytics.dashboard_alerts a
       set name = 'Deleted alert'
     where a.organization_id = any (organizations) and a.dashboard_id = any (boards)
    returning a.id
  ),
  own_reports as (
    update analytics.reports r
       set name = 'Deleted report'
     where r.organization_id = any (organizations) and r.dashboard_id = any (boards)
    returning r.id
  )
  select array_agg(p.id)
    into parts
    from (select w.id from widgets w union all select a.id from alerts a union all select r.id from own_reports r) p;
  -- What belongs to it is archived with it.
  update analytics.dashboards d
     set name = 'Deleted dashboard', description = null, deleted_at = coalesce(d.deleted_at, clock_timestamp())
   where d.organization_id = any (organizations) and d.id = any (boards);
  -- What the audit log quotes of them, also now.
  update security.audit_logs l
     set before = l.before - '{name,title,description}'::text[], after = l.after - '{name,title,description}'::text[]
   where l.organization_id = any (organizations)
     and l.entity_id = any (boards || parts)
     and l.entity_type = any ('{analytics.dashboards,analytics.dashboard_widgets,analytics.dashboard_alerts,analytics.reports}')
     and (l.before ?| '{name,title,description}' or l.after ?| '{name,title,description}');
end
$$;

comment on function analytics.forget_dashboards(uuid) is
  'Archives the dashboards that an account which has ended kept to itself, and takes their names and words; and why reports '
  'did not reach it, which may quote its address. Part of forget_person.';
grant execute on function analytics.forget_dashboards(uuid) to callboard_service;
