create or replace procedure ai.make_searchable(
  searchable regclass,
  title text,
  b text[] default '{}',
  c text[] default '{}',
  d text[] default '{}',
  codes text[] default '{}',
  owner text default null,
  condition text default null,
  permission text default null,
  language text default null
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  place record;
  known ai.searchable_tables;
  made ai.searchable_tables;
  event text;
begin
  select n.nspname as schema_name, k.relname as table_name, p.kind
    into place
    from pg_class k
    join pg_namespace n on n.oid = k.relnamespace
    left join platform.protected_tables p on p.table_id = k.oid
   where k.oid = searchable;
  if place.kind is null or not ai.has_column(searchable, 'organization_id') or not ai.has_column(searchable, 'id')
  then
    raise exception 'ai.make_searchable(%): it has no kind, or no organization_id and id.', searchable;
  end if;
  if make_searchable.language is not null then
    perform ai.words_in(make_searchable.language);
  end if;
  made := row(
    searchable, place.schema_name || '.' || place.table_name,
    coalesce(permission, place.schema_name || '.read'), make_searchable.language,
    jsonb_build_object(
      'title', title, 'b', b, 'c', c, 'd', d, 'codes', codes, 'owner', owner, 'condition', condition,
      'permission', permission, 'language', make_searchable.language),
    format(
      'select r.organization_id, r.id, %s as workspace_id, (%s)::uuid as owner_id, (%s)::text as title, %s as b, %s as c, '
      '%s as d, %s as codes from %%s r where %s',
      case when ai.has_column(searchable, 'workspace_id') then 'r.workspace_id' else 'null::uuid' end,
      coalesce(owner, 'null'), title,
      ai.text_of(searchable, b), ai.text_of(searchable, c), ai.text_of(searchable, d),
      case when codes = '{}' then 'null::text[]' else (
        select format('array[%s]', string_agg(format('r.%I::text', k.name), ', ' order by k.position))
          from unnest(codes) with ordinality as k (name, position)) end,
      concat_ws(
        ' and ', 'true',
        case when ai.has_column(searchable, 'deleted_at') then 'r.deleted_at is null' end,
        '(' || condition || ')')));

  perform ai.make_index_trigger(made);
  foreach event in array '{insert,update,delete}'::text[] loop
    execute format(
      'create or replace trigger %I after %s on %s referencing %s for each statement execute function ai.%I()',
      '_950_index_' || event, event, searchable,
      case event
        when 'insert' then 'new table as new_rows'
        when 'update' then 'old table as old_rows new table as new_rows'
        else 'old table as old_rows'
      end,
      ai.index_trigger_of(made));
  end loop;

  select s.* into known from ai.searchable_tables s where s.table_id = searchable;
  if known.rows_query is not distinct from made.rows_query
     and known.read_permission is not distinct from made.read_permission
     and known.language is not distinct from made.language then
    return;
  end if;
  insert into ai.searchable_tables select (made).*
  on conflict (table_id) do update
    set (namespace, read_permission, language, definition, rows_query)
      = (excluded.namespace, excluded.read_permission, excluded.language, excluded.definition, excluded.rows_query);
  perform ai.reindex(made.namespace);
end
$$;

comment on procedure ai.make_searchable(regclass, text, text[], text[], text[], text[], text, text, text, text) is
  'Makes the rows of a table something to be found, those that are there as well; called once per table in access.sql, '
  'idempotent. title is an expression over the row r and weighs most; b, c and d are columns whose texts weigh less and less; '
  'codes are columns that are found exactly, such as numbers and e-mail addresses. owner is an expression for the only person '
  'who may find the row, condition one for which rows can be found; permission is what it takes, <module>.read unless said. '
  'language is for tables whose texts are not in the organization''s.';

create or replace function ai.has_column(table_id regclass, name text) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select
      from pg_attribute a
     where a.attrelid = has_column.table_id and a.attname = has_column.name and a.attnum > 0 and not a.attisdropped
  )
$$;

comment on function ai.has_column(regclass, text) is 'Whether a table has such a column.';

create or replace function ai.text_of(table_id regclass, columns text[]) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  parts text;
begin
  select string_agg(
           case when a.atttypid = 'text[]'::regtype
             then format('nullif(array_to_string(r.%I, '', ''), '''')', a.attname)
             else format('nullif(r.%I::text, '''')', a.attname)
           end, ', ' order by k.position)
    into parts
    from unnest(columns) with ordinality as k (name, position)
    join pg_attribute a on a.attrelid = table_id and a.attname = k.name and a.attnum > 0 and not a.attisdropped
  having count(*) = cardinality(columns);
  if parts is null and columns <> '{}' then
    raise exception 'ai.make_searchable(%): it does not have all of the columns %.', table_id, columns;
  end if;
  return case when columns = '{}' then 'null::text' else format('nullif(concat_ws(E''\n'', %s), '''')', parts) end;
end
$$;

comment on function ai.text_of(regclass, text[]) is 'The expression for the texts of columns of a row r, a line each.';
