create or replace function crm.hidden_lead_ids() returns setof uuid
language sql stable parallel safe security definer
set search_path = pg_catalog, pg_temp
rows 100
as $$
  -- Where nothing is hidden, as nearly everywhere, it takes a look at the workspaces. Leads are found by their workspaces,
  -- those that are in none by the same index.
  select l.id
    from tenancy.workspaces w
    join crm.leads l on l.organization_id = w.organization_id and l.workspace_id = w.id
   where w.organization_id = authz.organization_id()
     and not authz.has('workspaces.all')
     and w.id <> all (authz.visible_workspaces())
   union all
  select l.id
    from crm.leads l
   where l.organization_id = authz.organization_id()
     and l.workspace_id is null
     and not authz.sees_workspace(null)
$$;

comment on function crm.hidden_lead_ids() is
  E'@behavior -*\nThe leads of the active organization in workspaces that the caller does not see; nothing for those who see all. For '
  'policies of tables that name leads and have no workspace of their own: lead_id is null or lead_id not in (select '
  'crm.hidden_lead_ids()), which is looked up once a statement, and only when a row names a lead. Definer: the caller does not '
  'see them. It is not in the API, and tells ids alone.';
grant execute on function crm.hidden_lead_ids() to callboard_member;
