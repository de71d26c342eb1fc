create or replace function platform.follow_parent_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  parent_id uuid := (to_jsonb(new) ->> tg_argv[1])::uuid;
begin
  if parent_id is not null then
    execute format('select p.workspace_id from %s p where p.organization_id = $1 and p.id = $2', tg_argv[0])
       into new.workspace_id
      using new.organization_id, parent_id;
  end if;
  return new;
end
$$;

comment on function platform.follow_parent_trigger() is
  'A row is in the workspace of what it belongs to. Definer: the caller may not see that workspace, and is then refused '
  'by the policy that hides it.';
