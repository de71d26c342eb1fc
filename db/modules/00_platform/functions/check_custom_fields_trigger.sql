create or replace function platform.check_custom_fields_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  entity constant text := tg_table_schema || '.' || tg_table_name;
  wrong record;
begin
  if tg_op = 'INSERT' then
    select f.* into wrong
      from new_rows n
     cross join lateral platform.invalid_custom_fields(n.organization_id, entity, n.workspace_id, n.custom_fields) f
     limit 1;
  else
    -- A definition that came later does not stand in the way of other changes.
    select f.* into wrong
      from new_rows n
     cross join lateral platform.invalid_custom_fields(n.organization_id, entity, n.workspace_id, n.custom_fields) f
     where (n.id, n.custom_fields) in (
             select r.id, r.custom_fields from new_rows r
             except
             select r.id, r.custom_fields from old_rows r
           )
     limit 1;
  end if;
  if found then
    perform platform.refuse(
      'CB009', format('Custom field "%s" %s.', wrong.field_name, wrong.reason),
      field => 'custom_fields.' || wrong.field_name);
  end if;
  return null;
end
$$;

comment on function platform.check_custom_fields_trigger() is
  'Refuses rows whose custom fields do not fit their definitions. Definer: the definitions count for callers who may '
  'not read them.';
