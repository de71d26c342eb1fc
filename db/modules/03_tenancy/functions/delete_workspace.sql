create or replace function tenancy.delete_workspace(row_id uuid, move_contents_to_id uuid default null)
returns tenancy.workspaces
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  active_id constant uuid := authz.require('tenancy.write');
  workspace tenancy.workspaces;
  place uuid;
  holder record;
  holds boolean;
begin
  -- Whoever moves something the other way at this moment takes the two in the same order.
  foreach place in array array(select p.id from unnest(array[row_id, move_contents_to_id]) as p (id) order by p.id) loop
    if place = row_id then
      perform
         from tenancy.workspaces w
        where w.organization_id = active_id and w.id = place and authz.sees_workspace(w.id)
          for update;
    else
      perform
         from tenancy.workspaces w
        where w.organization_id = active_id and w.id = place and authz.sees_workspace(w.id)
          for key share;
    end if;
  end loop;
  select w.*
    into workspace
    from tenancy.workspaces w
   where w.organization_id = active_id
     and w.id = row_id
     and authz.sees_workspace(w.id);
  if workspace.id is null then
    perform platform.refuse('CB004', 'There is no such workspace, or you may not delete it.', field => 'row_id');
  end if;
  if move_contents_to_id = workspace.id or move_contents_to_id is not null and not exists (
    select
      from tenancy.workspaces w
     where w.organization_id = active_id
       and w.id = move_contents_to_id
       and authz.sees_workspace(w.id)
  ) then
    perform platform.refuse('CB004', 'There is no such other workspace.', field => 'move_contents_to_id');
  end if;
  for holder in
    select t.table_id, t.parent_column is null as leads
      from platform.protected_tables t
     where t.kind in ('tenant', 'published')
     -- what belongs to something follows it
     order by t.parent_column is not null, t.table_id::text
  loop
    if move_contents_to_id is null then
      execute format('select exists (select from %s r where r.organization_id = $1 and r.workspace_id = $2)', holder.table_id)
         into holds
        using active_id, workspace.id;
      if holds then
        perform platform.refuse(
          'CB005', 'There is something in the workspace.', field => 'row_id',
          detail => format('Rows of %s, archived ones among them, are in it.', holder.table_id),
          hint => 'Say where it goes: moveContentsToId.');
      end if;
    else
      execute format('update %s r set workspace_id = $3 where r.organization_id = $1 and r.workspace_id = $2', holder.table_id)
        using active_id, workspace.id, move_contents_to_id;
    end if;
  end loop;
  delete from tenancy.workspaces w where w.organization_id = active_id and w.id = workspace.id;
  return workspace;
end
$$;

comment on function tenancy.delete_workspace(uuid, uuid) is
  'Deletes a workspace; all that is in it, archived rows too, moves to the one named. Needs tenancy.write, and to see both. '
  'Errors: NOT_FOUND_OR_FORBIDDEN; CONFLICT when there is something in it and no other is named. Definer: what is in it may '
  'lie in modules that the caller may not write.';
grant execute on function tenancy.delete_workspace(uuid, uuid) to callboard_member;
