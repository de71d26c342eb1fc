create or replace function security.checks_of_access(table_id regclass, key_column text, seen_id uuid, action text)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  -- Archiving is an update; a row can be changed only by who may read it.
  command constant "char" := case
    when action = 'read' then 'r'
    when action = 'insert' then 'a'
    when action = 'delete' and has_table_privilege(table_id, 'delete') then 'd'
    else 'w'
  end;
  granted constant boolean := case command
    when 'd' then true
    when 'r' then has_any_column_privilege(table_id, 'select')
    when 'a' then has_any_column_privilege(table_id, 'insert')
    else has_any_column_privilege(table_id, 'update')
  end;
  checks jsonb := jsonb_build_array(jsonb_build_object(
    'subject', 'grant',
    'name', current_user,
    'passed', granted,
    'permissions', '[]'::jsonb));
  policy record;
  passed boolean;
begin
  for policy in
    select p.polname as name, p.polpermissive as is_permissive, p.polcmd as command, said.expression,
           array(select distinct m[1] from regexp_matches(said.expression, 'authz\.(?:allowed|has)\(''([a-z_.]+)''', 'g') m)
             as permissions
      from pg_policy p
     cross join lateral (
             select case when action = 'insert' then coalesce(pg_get_expr(p.polwithcheck, p.polrelid), pg_get_expr(p.polqual, p.polrelid))
               else pg_get_expr(p.polqual, p.polrelid) end as expression
           ) said
     where p.polrelid = table_id
       and (p.polroles @> array[current_user::regrole::oid] or p.polroles = '{0}')
       and (p.polcmd in ('*', command) or p.polcmd = 'r' and action <> 'insert')
       and said.expression is not null
     order by p.polpermissive desc, p.polcmd = 'r' and action <> 'read', p.polname
  loop
    passed := null;
    if action = 'insert' then
      execute format('select (%s) from jsonb_populate_record(null::%s, $1) as %I', policy.expression, table_id,
                     (select c.relname from pg_class c where c.oid = table_id))
         into passed
        using jsonb_build_object('organization_id', authz.organization_id(), 'user_id', authz.user_id());
    elsif seen_id is not null then
      execute format('select (%s) from %s where %I = $1', policy.expression, table_id, key_column) into passed using seen_id;
    elsif policy.permissions <> '{}' and not exists (
      select from unnest(policy.permissions) as p (permission) where authz.has(p.permission)
    ) and policy.is_permissive and policy.expression !~ '\mor\M' then
      -- No row would pass, so that this says nothing about the one that was asked for.
      passed := false;
    end if;
    checks := checks || jsonb_build_object(
      'subject', case when policy.is_permissive then 'policy' else 'restriction' end,
      'name', policy.name,
      'passed', case when seen_id is not null or action = 'insert' then coalesce(passed, false) else passed end,
      'permissions', to_jsonb(policy.permissions),
      'held', to_jsonb(array(select p.permission from unnest(policy.permissions) as p (permission)
                              where authz.has(p.permission))),
      'expression', policy.expression);
  end loop;
  return checks;
end
$$;

comment on function security.checks_of_access(regclass, text, uuid, text) is E'@behavior -*\n'
  'What has to be passed for an action on a table: the grant, and each policy as it is in force, asked of the row when the '
  'caller sees it. passed is null where that depends on the row.';
grant execute on function security.checks_of_access(regclass, text, uuid, text) to callboard_anonymous, callboard_member;

create or replace function security.writable_columns(table_id regclass, privilege text) returns text[]
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(array_agg(a.attname::text order by a.attnum), '{}')
    from pg_attribute a
   where a.attrelid = table_id
     and a.attnum > 0
     and not a.attisdropped
     and a.attname <> 'deleted_at'
     and has_column_privilege(table_id, a.attnum, privilege)
$$;

comment on function security.writable_columns(regclass, text) is E'@behavior -*\n'
  'The columns that the caller may set in an insert or an update.';
grant execute on function security.writable_columns(regclass, text) to callboard_anonymous, callboard_member;

create or replace function security.state_of_row(table_id regclass, key_column text, row_id uuid) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  state jsonb := '{}'::jsonb;
  told record;
  value text;
begin
  for told in
    select a.attname as name,
           (select substring(pg_get_triggerdef(t.oid) from 'check_transition_trigger\(''\w+'', ''(.*)''\)$')
              from pg_trigger t
             where t.tgrelid = table_id and t.tgname = '_200_transition_' || a.attname)::jsonb as transitions
      from pg_attribute a
     where a.attrelid = table_id
       and not a.attisdropped
       and has_column_privilege(table_id, a.attnum, 'select')
       and (a.attname in ('deleted_at', 'workspace_id') or exists (
              select from pg_trigger t where t.tgrelid = table_id and t.tgname = '_200_transition_' || a.attname))
     order by a.attnum
  loop
    execute format('select %I::text from %s where %I = $1', told.name, table_id, key_column) into value using row_id;
    state := state || jsonb_build_object(told.name, value);
    if told.transitions is not null then
      state := state || jsonb_build_object(
        'next', coalesce(told.transitions -> value, '[]'), 'status_column', told.name);
    end if;
  end loop;
  return state;
end
$$;

comment on function security.state_of_row(regclass, text, uuid) is E'@behavior -*\n'
  'What of a row decides what can be done to it: whether it is archived, its workspace, its status and what may follow.';
grant execute on function security.state_of_row(regclass, text, uuid) to callboard_anonymous, callboard_member;
