create or replace function ai.index_changes_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  searchable ai.searchable_tables;
  present text;
  changed text;
  batch ai.searchable_row[];
begin
  select s.* into searchable from ai.searchable_tables s where s.table_id = tg_relid;
  present := replace(searchable.rows_query, '%s', 'new_rows');
  if tg_op = 'INSERT' then
    changed := present;
  elsif tg_op = 'UPDATE' then
    changed := format('(%s except %s)', present, replace(searchable.rows_query, '%s', 'old_rows'));
  end if;
  if tg_op <> 'INSERT' then
    -- What is searched no more: deleted, archived, or other than the table's condition asks for.
    execute format(
      $sql$
      delete from ai.search_documents d
       using (select g.organization_id, g.id from (%s) g %s) gone
       where d.organization_id = gone.organization_id and d.namespace = $1 and d.id = gone.id
      $sql$,
      replace(searchable.rows_query, '%s', 'old_rows'),
      case when tg_op = 'UPDATE' then format('except select n.organization_id, n.id from (%s) n', present) else '' end)
      using searchable.namespace;
  end if;
  if changed is not null then
    for batch in execute format(
      'select array_agg(t.r) from (select row(c.*)::ai.searchable_row as r, (row_number() over () - 1) / 500 as batch '
      'from (%s) c) t group by t.batch', changed)
    loop
      perform ai.index_rows(searchable.namespace, searchable.read_permission, searchable.language, batch);
    end loop;
  end if;
  return null;
end
$$;

comment on function ai.index_changes_trigger() is
  'Keeps what can be found as the rows are, in their transaction; a statement that changes nothing of it writes nothing. '
  'Definer: callers may not write what is searched.';
