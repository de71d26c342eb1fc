create or replace function platform.touch_row_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if new.organization_id is distinct from old.organization_id or new.id is distinct from old.id then
    perform platform.refuse('CB002', 'A row keeps its organization and its id.', field => 'id');
  end if;
  new.created_at := old.created_at;
  new.created_by := old.created_by;
  new.updated_at := now();
  return new;
end
$$;

comment on function platform.touch_row_trigger() is
  'Before each update of a tenant row: its key and its origin stay, updated_at moves.';

create or replace function platform.touch_updated_at_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  new.updated_at := now();
  return new;
end
$$;

comment on function platform.touch_updated_at_trigger() is 'Before each update of a row that is no tenant row.';
