create or replace function analytics.export_columns(wanted_table text)
returns table (schema_name text, table_name text, column_name text, type_name text, is_key boolean, permission text)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select n.nspname::text, c.relname::text, a.attname::text, format_type(a.atttypid, null),
         a.attnum = any (k.indkey::smallint[]),
         case when t.kind = 'published' then t.module || '.write'
              when t.kind in ('tenant', 'tenant_log') then t.module || '.read' end
    from platform.protected_tables t
    join pg_class c on c.oid = t.table_id
    join pg_namespace n on n.oid = c.relnamespace
    join pg_index k on k.indrelid = c.oid and k.indisprimary
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
   where authz.actor_id() is not null
     and t.kind in ('tenant', 'tenant_log', 'published', 'custom')
     and t.module not in ('platform', 'authz')
     and (c.relname = wanted_table or n.nspname || '.' || c.relname = wanted_table
          or substring(obj_description(c.oid, 'pg_class') from '@name (\w+)') = wanted_table)
     and has_schema_privilege('callboard_member', n.oid, 'usage')
     and has_column_privilege('callboard_member', c.oid, a.attnum, 'select')
     and a.attname <> 'organization_id'
     and exists (
           select from pg_attribute o where o.attrelid = c.oid and o.attname = 'organization_id' and not o.attisdropped)
     -- what the API does not show is not in a file either
     and coalesce(obj_description(c.oid, 'pg_class'), '') !~ '@behavior[^\n]* -\*'
     and coalesce(col_description(c.oid, a.attnum), '') !~ '@behavior[^\n]* -\*'
   order by a.attnum
$$;

comment on function analytics.export_columns(text) is
  E'@behavior -*\nThe columns of a table that can be exported, with the permission that it takes; none for a table that '
  'cannot. Definer: which tables there are is written in a register of the kernel. It tells of tables and columns, no rows.';
grant execute on function analytics.export_columns(text) to callboard_member;

create or replace function analytics.begin_export(what text, columns text[], filters jsonb) returns uuid
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  export_id uuid;
begin
  if authz.actor_id() is null or authz.organization_id() is null then
    perform platform.refuse('CB001', 'Sign in first.');
  end if;
  insert into analytics.data_exports (user_id, api_key_id, request_id, what, columns, filters)
  values (authz.actor_id(), authz.api_key_id(), authz.request_id(), left(what, 200), columns, filters)
  returning id into export_id;
  return export_id;
end
$$;

comment on function analytics.begin_export(text, text[], jsonb) is
  E'@behavior -*\nNotes that the caller is about to take data away, and returns the id of the note. Errors: CB001. Definer: '
  'the log is nobody''s to write.';

create or replace function analytics.end_export(export_id uuid, status text, rows bigint, bytes bigint) returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update analytics.data_exports e
     set status = end_export.status, rows = end_export.rows, bytes = end_export.bytes, ended_at = now()
   where e.organization_id = authz.organization_id()
     and e.id = end_export.export_id
     and e.user_id = authz.actor_id()
     and e.status = 'running';
  return found;
end
$$;

comment on function analytics.end_export(uuid, text, bigint, bigint) is
  E'@behavior -*\nNotes how an export of the caller ended. Definer: the log is nobody''s to write.';
grant execute on function analytics.begin_export(text, text[], jsonb), analytics.end_export(uuid, text, bigint, bigint)
  to callboard_member;
