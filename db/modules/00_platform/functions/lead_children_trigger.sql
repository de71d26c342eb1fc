create or replace function platform.lead_children_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  child record;
begin
  if not exists (
    select n.id, n.workspace_id, n.deleted_at from new_rows n
    except
    select o.id, o.workspace_id, o.deleted_at from old_rows o
  ) then
    return null;
  end if;
  for child in
    select t.table_id, t.parent_column, t.outlives_parent,
           exists (select from pg_attribute a where a.attrelid = t.table_id and a.attname = 'deleted_at') as is_archivable
      from platform.protected_tables t
     where t.parent_table = tg_relid
       and exists (select from pg_attribute a where a.attrelid = t.table_id and a.attname = 'workspace_id')
     order by t.table_id::text
  loop
    if not child.is_archivable then
      execute format(
        $sql$
        update %1$s c
           set workspace_id = n.workspace_id
          from new_rows n
         where c.organization_id = n.organization_id
           and c.%2$I = n.id
           and c.workspace_id is distinct from n.workspace_id
        $sql$, child.table_id, child.parent_column);
      continue;
    end if;
    execute format(
      $sql$
      update %1$s c
         set workspace_id = n.workspace_id,
             deleted_at = case
               when %3$L then c.deleted_at
               when o.deleted_at is null then coalesce(c.deleted_at, n.deleted_at)
               -- only what went with the parent comes back with it
               when n.deleted_at is null and c.deleted_at = o.deleted_at then null
               else c.deleted_at
             end
        from new_rows n
        join old_rows o on o.organization_id = n.organization_id and o.id = n.id
       where c.organization_id = n.organization_id
         and c.%2$I = n.id
         and (c.workspace_id is distinct from n.workspace_id
              or not %3$L and (
                   o.deleted_at is null and n.deleted_at is not null and c.deleted_at is null
                   or o.deleted_at is not null and n.deleted_at is null and c.deleted_at = o.deleted_at))
      $sql$, child.table_id, child.parent_column, child.outlives_parent);
  end loop;
  return null;
end
$$;

comment on function platform.lead_children_trigger() is
  'What belongs to a row changes workspace, is archived and restored with it. Definer: the rows below may lie in modules '
  'that the caller may not write.';
