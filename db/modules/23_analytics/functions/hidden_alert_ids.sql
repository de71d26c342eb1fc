create or replace function analytics.named_workspaces(organization_id uuid, parameters jsonb) returns setof uuid
language sql stable
set search_path = pg_catalog, pg_temp
rows 2
as $$
  select p.workspace_id
    from projects.projects p
   where p.organization_id = named_workspaces.organization_id and p.id = (parameters ->> 'projectId')::uuid
   union all
  select b.workspace_id
    from finance.budgets b
   where b.organization_id = named_workspaces.organization_id and b.id = (parameters ->> 'budgetId')::uuid
$$;

comment on function analytics.named_workspaces(uuid, jsonb) is
  'Where the project and the budget are that parameters of a source name; null for one that is in no workspace.';

create or replace function analytics.hides_named(parameters jsonb) returns boolean
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select
      from analytics.named_workspaces(authz.organization_id(), parameters) as n (workspace_id)
     where not authz.sees_workspace(n.workspace_id))
$$;

comment on function analytics.hides_named(jsonb) is
  E'@behavior -*\nWhether parameters of a source name a project or a budget in a workspace that the caller does not see. Definer: '
  'the caller does not see it. It is not in the API, and tells nothing else.';
grant execute on function analytics.hides_named(jsonb) to callboard_member, callboard_service;

create or replace function analytics.hidden_alert_ids() returns setof uuid
language sql stable parallel safe security definer
set search_path = pg_catalog, pg_temp
rows 10
as $$
  select a.id
    from analytics.dashboard_alerts a
   where a.organization_id = authz.organization_id()
     and not authz.has('workspaces.all')
     and a.parameters ?| '{projectId,budgetId}'
     and analytics.hides_named(a.parameters)
$$;

comment on function analytics.hidden_alert_ids() is
  E'@behavior -*\nThe alerts of the active organization on what is in workspaces that the caller does not see; nothing for those '
  'who see all. For policies of alerts and of what became of them. Definer: the caller does not see them. It is not in the API, '
  'and tells ids alone.';
grant execute on function analytics.hidden_alert_ids() to callboard_member;
