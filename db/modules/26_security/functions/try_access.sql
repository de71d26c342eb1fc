create or replace function security.try_access(table_id regclass, key_column text, row_id uuid, action text) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  undone constant text := 'CB000';
  attempt constant text := security.attempt_of(table_id, key_column, action);
  touched bigint;
  state text;
  said text;
  hinted text;
begin
  if attempt is null then
    return jsonb_build_object('allowed', false, 'sqlstate', '42501', 'message', 'Nobody can do this through the API.');
  end if;
  begin
    execute attempt using row_id;
    get diagnostics touched = row_count;
    raise exception using errcode = undone;
  exception when others then
    get stacked diagnostics state = returned_sqlstate, said = message_text, hinted = pg_exception_hint;
    if state in ('57014', '25006') or state like '40%' or state like '53%' or state like '57%' then
      -- no answer to the question: out of time, a transaction that only reads, others in the way
      raise;
    end if;
  end;
  if state <> undone then
    return jsonb_build_object('allowed', false, 'sqlstate', state, 'message', said, 'hint', nullif(hinted, ''));
  elsif touched = 0 then
    return jsonb_build_object('allowed', false, 'sqlstate', 'CB004');
  end if;
  return jsonb_build_object('allowed', true);
end
$$;

comment on function security.try_access(regclass, text, uuid, text) is E'@behavior -*\n'
  'What happens when the caller does something to a row: it is done and undone, with all its triggers.';
grant execute on function security.try_access(regclass, text, uuid, text) to callboard_anonymous, callboard_member;

create or replace function security.attempt_of(table_id regclass, key_column text, action text) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  maker text;
  changed text;
begin
  case action
    when 'read' then
      return format('select %2$I from %1$s where %2$I = $1', table_id, key_column);
    when 'insert' then
      -- Without values: what is missing is noticed after the policies have been asked.
      select a.attname into changed
        from pg_attribute a
       where a.attrelid = table_id and a.attname = security.parent_column(table_id)
         and has_column_privilege(table_id, a.attnum, 'insert');
      return case when changed is null then format('insert into %s default values', table_id)
        else format('insert into %s (%I) values ($1)', table_id, changed) end;
    when 'update' then
      select a.attname
        into changed
        from pg_attribute a
       where a.attrelid = table_id
         and a.attnum > 0
         and not a.attisdropped
         and has_column_privilege(table_id, a.attnum, 'update')
       order by a.attname in ('workspace_id', 'deleted_at', 'status'), a.attname <> all ('{name,title,description}'), a.attnum
       limit 1;
      return case
        -- to be refused in the words of Postgres
        when changed is null then format('update %1$s set %2$I = %2$I where %2$I = $1', table_id, key_column)
        else format('update %1$s set %2$I = %2$I where %3$I = $1', table_id, changed, key_column)
      end;
    else
      -- The functions that archive and restore; where rows can really be deleted, that.
      select p.oid::regproc::text
        into maker
        from pg_proc p
        join pg_class c on c.oid = table_id and c.relnamespace = p.pronamespace and c.reltype = p.prorettype
       where p.proname like action || '\_%'
         and p.proargnames = '{row_id}'
         and p.pronargs = 1
       limit 1;
      if maker is not null then
        return format('select %s($1)', maker);
      end if;
      return case when action = 'delete' then format('delete from %s where %I = $1', table_id, key_column) end;
  end case;
end
$$;

comment on function security.attempt_of(regclass, text, text) is E'@behavior -*\n'
  'The statement that an action on a row of a table is tried by; null when there is none.';
grant execute on function security.attempt_of(regclass, text, text) to callboard_anonymous, callboard_member;

create or replace function security.parent_column(table_id regclass) returns text
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select t.parent_column from platform.protected_tables t where t.table_id = parent_column.table_id
$$;

comment on function security.parent_column(regclass) is E'@behavior -*\n'
  'The column that says what rows of a table belong to. Definer: the register of tables is internal; it says nothing about '
  'rows.';
grant execute on function security.parent_column(regclass) to callboard_anonymous, callboard_member;
