-- Why somebody may do something, or not. What happens is not argued about but tried, as the caller, in a part of the
-- transaction that is undone; the policies of the table, each asked by itself, say why.

create or replace function security.explain_access(
  type text,
  row_id uuid default null,
  action text default 'read'
) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  asked record;
  is_seen boolean := false;
  outcome jsonb;
  checks jsonb;
  needed text[];
begin
  if coalesce(explain_access.action, '') not in ('read', 'insert', 'update', 'delete', 'restore') then
    perform platform.refuse(
      'CB002', 'The action is one of read, insert, update, delete, restore.', field => 'action');
  end if;
  select * into asked from security.explained_table(explain_access.type);
  if not found then
    perform platform.refuse('CB002', 'There is no such type.', field => 'type');
  end if;
  if explain_access.action <> 'insert' and row_id is null then
    perform platform.refuse('CB002', 'Which row?', field => 'row_id');
  end if;

  if explain_access.action <> 'insert' then
    outcome := security.try_access(asked.table_id, asked.key_column, row_id, 'read');
    is_seen := (outcome ->> 'allowed')::boolean;
  end if;
  if explain_access.action <> 'read' then
    outcome := security.try_access(asked.table_id, asked.key_column, row_id, explain_access.action);
  end if;
  checks := security.checks_of_access(
    asked.table_id, asked.key_column, case when is_seen then row_id end, explain_access.action);
  -- An insert is tried without its values, so that a trigger may refuse it before its policies are asked: then they speak.
  if explain_access.action = 'insert' and not (outcome ->> 'allowed')::boolean then
    outcome := outcome || jsonb_build_object('allowed',
      outcome ->> 'sqlstate' <> '42501'
      and not exists (select from jsonb_array_elements(checks) c where (c ->> 'passed')::boolean is false));
    if (outcome ->> 'allowed')::boolean then
      outcome := jsonb_build_object('allowed', true);
    end if;
  end if;
  needed := array(
    select distinct p.permission
      from jsonb_array_elements(checks) c
     cross join jsonb_array_elements_text(c -> 'permissions') as p (permission)
     where not (outcome ->> 'allowed')::boolean
       and (c ->> 'passed')::boolean is not true
       and p.permission !~ '^workspaces\.'
       and not authz.has(p.permission)
     order by 1);
  return jsonb_build_object(
    'table', asked.table_id::text,
    'kind', asked.kind,
    'rule', security.rule_of_kind(asked.kind, asked.module),
    'row_id', explain_access.row_id,
    'action', explain_access.action,
    'allowed', outcome -> 'allowed',
    'sqlstate', outcome -> 'sqlstate',
    'message', outcome -> 'message',
    'hint', outcome -> 'hint',
    'is_seen', is_seen,
    'is_signed_in', authz.actor_id() is not null,
    'checks', checks,
    'permissions_needed', to_jsonb(needed),
    'roles', case when needed = '{}' then '[]' else to_jsonb(security.roles_that_allow(needed)) end,
    'state', case when is_seen then security.state_of_row(asked.table_id, asked.key_column, row_id) end,
    'fields', case when explain_access.action in ('insert', 'update')
      then security.writable_columns(asked.table_id, explain_access.action) end);
end
$$;

comment on function security.explain_access(text, uuid, text) is E'@behavior -*\n'
  'Whether the caller may do something to a row, found out by trying it and undoing it, and which grants and policies decide '
  'that. type is a table or what it is called in GraphQL; action is read, insert, update, delete or restore; for insert '
  'row_id is what the new row would belong to, or null. A row that the caller may not know is answered like one that is '
  'not there. Errors: INVALID_INPUT for an unknown type or action.';
grant execute on function security.explain_access(text, uuid, text) to callboard_anonymous, callboard_member;

create or replace function security.explained_table(name text) returns table (
  table_id regclass,
  kind text,
  module text,
  key_column text
)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select t.table_id, t.kind, t.module,
         case when exists (
           select from pg_attribute a where a.attrelid = t.table_id and a.attname = 'id' and not a.attisdropped
         ) then 'id' else 'user_id' end
    from platform.protected_tables t
    join pg_class c on c.oid = t.table_id
   where t.kind <> 'internal'
     and t.module not in ('platform', 'authz')
     and explained_table.name in (
           c.relname, t.module || '.' || c.relname,
           replace(initcap(replace(platform.singular(c.relname), '_', ' ')), ' ', ''))
     and exists (
           select from pg_attribute a where a.attrelid = t.table_id and a.attname in ('id', 'user_id') and not a.attisdropped
         )
   limit 1
$$;

comment on function security.explained_table(text) is E'@behavior -*\n'
  'The table of a name, schema and name, or GraphQL type; nothing for tables that the API does not know. Definer: the '
  'register of tables is internal; it says nothing about rows.';
grant execute on function security.explained_table(text) to callboard_anonymous, callboard_member;

create or replace function security.roles_that_allow(permissions text[]) returns text[]
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(array_agg(r.name order by array_position('{owner,admin,member,guest}', r.key), r.name), '{}')
    from tenancy.roles r
   where r.organization_id = authz.organization_id()
     and r.permissions @> roles_that_allow.permissions
$$;

comment on function security.roles_that_allow(text[]) is E'@behavior -*\n'
  'The names of the roles of the active organization that hold all of these permissions. Definer: whoever lacks them may '
  'not see the roles either, and is told whom to ask.';
grant execute on function security.roles_that_allow(text[]) to callboard_anonymous, callboard_member;

create or replace function security.rule_of_kind(kind text, module text) returns text
language sql immutable parallel safe
return case kind
  when 'tenant' then format(
    'Rows of an organization: %1$s.read lets one read them, %1$s.write create, change, archive and restore them, in the '
    'workspaces that one sees.', module)
  when 'tenant_log' then format('A log of an organization: read with %s.read, written by triggers and functions alone.', module)
  when 'personal' then 'What is a person''s own, whatever the organization: nobody else reads or writes it.'
  when 'published' then format('Read by everyone once it is published; before that, and to write it, it takes %s.write.', module)
  when 'catalog' then 'Read by everyone who is signed in, written by administrators of the platform.'
  else 'Has rules of its own, which its policies say.'
end;

comment on function security.rule_of_kind(text, text) is E'@behavior -*\nThe rule of a kind of tables, in a sentence.';
grant execute on function security.rule_of_kind(text, text) to callboard_anonymous, callboard_member;
