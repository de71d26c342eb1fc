create or replace function platform.watch_changes(organization_id uuid) returns timestamptz
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  until timestamptz := clock_timestamp() + interval '60 seconds';
begin
  if watch_changes.organization_id is distinct from authz.organization_id() then
    perform platform.refuse('CB003', 'Only the active organization can be watched.', field => 'organization_id');
  end if;
  insert into platform.change_watchers as w (organization_id, expires_at)
  values (watch_changes.organization_id, until)
  on conflict on constraint change_watchers_pkey do update set expires_at = greatest(w.expires_at, excluded.expires_at);
  return until;
end
$$;

comment on function platform.watch_changes(uuid) is
  'Asks for the changes of an organization on channel changes:<id> for the next 60 seconds; renew before they are over. '
  'Definer: the register is internal. Errors: CB003 for another organization than the active one.';
grant execute on function platform.watch_changes(uuid) to callboard_member;
