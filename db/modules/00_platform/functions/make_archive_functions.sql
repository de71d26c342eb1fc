create or replace function platform.make_archive_functions(
  protected regclass,
  module_name text,
  parent text,
  parent_id regclass,
  singular text
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  table_name constant text := (select c.relname from pg_class c where c.oid = protected);
  entity constant text := coalesce(singular, platform.singular(table_name));
  label constant text := replace(entity, '_', ' ');
begin
  execute format(
    $sql$
    create or replace function %1$I.%2$I(row_id uuid) returns %3$s
    language plpgsql volatile
    set search_path = pg_catalog, pg_temp
    as $body$
    declare
      archived %3$s;
    begin
      -- The clock, not the transaction: what was archived before in the same transaction does not come back with it.
      update %3$s t
         set deleted_at = clock_timestamp()
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is null
      returning t.* into archived;
      if archived.id is null then
        perform platform.refuse('CB004', 'There is no such %4$s, or you may not archive it.', field => 'row_id');
      end if;
      return archived;
    end
    $body$
    $sql$,
    module_name, 'delete_' || entity, protected, label);
  execute format(
    $sql$
    comment on function %I.%I(uuid) is %L
    $sql$,
    module_name, 'delete_' || entity,
    format('Archives a %s with all that belongs to it; restore_%s puts it back. Needs %s.write. '
           'Errors: NOT_FOUND_OR_FORBIDDEN.', label, entity, module_name));
  execute format('grant execute on function %I.%I(uuid) to callboard_member, callboard_service',
    module_name, 'delete_' || entity);

  execute format(
    $sql$
    create or replace function %1$I.%2$I(row_id uuid) returns %3$s
    language plpgsql volatile
    set search_path = pg_catalog, pg_temp
    as $body$
    declare
      restored %3$s;
    begin
      update %3$s t
         set deleted_at = null
       where t.organization_id = (select authz.organization_id()) and t.id = row_id and t.deleted_at is not null
      returning t.* into restored;
      if restored.id is null then
        perform platform.refuse('CB004', 'There is no such archived %4$s, or you may not restore it.', field => 'row_id');
      end if;
      %5$s
      return restored;
    end
    $body$
    $sql$,
    module_name, 'restore_' || entity, protected, label,
    case when parent is not null then format(
      $check$if exists (
        select from %s p
         where p.organization_id = restored.organization_id and p.id = restored.%I and p.deleted_at is not null
      ) then
        perform platform.refuse('CB005', 'What this %s belongs to is archived: restore that first.', field => 'row_id');
      end if;$check$, parent_id, parent, label) else '' end);
  execute format('comment on function %I.%I(uuid) is %L', module_name, 'restore_' || entity,
    format('Puts an archived %s back, with what was archived along with it. Needs %s.write. '
           'Errors: NOT_FOUND_OR_FORBIDDEN; CONFLICT while what it belongs to is archived.', label, module_name));
  execute format('grant execute on function %I.%I(uuid) to callboard_member, callboard_service',
    module_name, 'restore_' || entity);
end
$$;

comment on function platform.make_archive_functions(regclass, text, text, regclass, text) is
  'Makes delete_<singular>(row_id) and restore_<singular>(row_id) for a tenant table.';
