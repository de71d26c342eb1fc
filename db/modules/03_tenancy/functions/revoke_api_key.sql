create or replace function tenancy.revoke_api_key(row_id uuid) returns tenancy.api_keys
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  revoker_id constant uuid := authz.require_user();
  active_id constant uuid := authz.require('tenancy.manage_api_keys');
  revoked tenancy.api_keys;
begin
  update tenancy.api_keys k
     set revoked_at = coalesce(k.revoked_at, now()),
         revoked_by = case when k.revoked_at is null then revoker_id else k.revoked_by end
   where k.organization_id = active_id and k.id = row_id
  returning k.* into revoked;
  if revoked.id is null then
    perform platform.refuse('CB004', 'There is no such API key.', field => 'row_id');
  end if;
  return revoked;
end
$$;

comment on function tenancy.revoke_api_key(uuid) is
  'Ends an API key: its next request is refused. Ending one twice is no error. Needs tenancy.manage_api_keys. Errors: '
  'NOT_FOUND_OR_FORBIDDEN. Definer: keys are written by functions only.';
grant execute on function tenancy.revoke_api_key(uuid) to callboard_member;
