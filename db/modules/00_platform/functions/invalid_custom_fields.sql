create or replace function platform.invalid_custom_fields(
  organization_id uuid,
  entity_type text,
  workspace_id uuid,
  fields jsonb
) returns table (field_name text, reason text)
language plpgsql stable
set search_path = pg_catalog, pg_temp
rows 1
as $$
begin
  return query
    with defined as (
      select distinct on (c.field_name) c.field_name, c.field_type, c.options, c.is_required
        from collaboration.custom_fields c
       where c.organization_id = invalid_custom_fields.organization_id
         and c.entity_type = invalid_custom_fields.entity_type
         and (c.workspace_id is null or c.workspace_id = invalid_custom_fields.workspace_id)
         and c.deleted_at is null
       -- the workspace's own definition comes before the organization's
       order by c.field_name, c.workspace_id nulls last
    )
    select coalesce(d.field_name, given.key),
           case
             when d.field_name is null then 'is not defined'
             when d.is_required and (given.value is null or given.value in ('null', '""')) then 'is required'
             else 'must be ' || platform.custom_field_expectation(d.field_type, d.options)
           end
      from defined d
      full join jsonb_each(fields) as given (key, value) on given.key = d.field_name
     where d.field_name is null
        or d.is_required and (given.value is null or given.value in ('null', '""'))
        or given.value is not null and given.value <> 'null'
           and not platform.fits_custom_field(given.value, d.field_type, d.options);
end
$$;

comment on function platform.invalid_custom_fields(uuid, text, uuid, jsonb) is
  'What is wrong with the custom fields of one row: none when all fit.';
