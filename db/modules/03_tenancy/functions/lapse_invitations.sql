create or replace function tenancy.lapse_invitations(organization_id uuid default null) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  lapsed integer;
begin
  update tenancy.invitations i
     set lapsed_at = now()
   where (lapse_invitations.organization_id is null or i.organization_id = lapse_invitations.organization_id)
     and i.expires_at <= now()
     and i.accepted_at is null
     and i.revoked_at is null
     and i.lapsed_at is null;
  get diagnostics lapsed = row_count;
  return lapsed;
end
$$;

comment on function tenancy.lapse_invitations(uuid) is
  'Frees the seats of invitations that have expired, of one organization or, by a job every hour, of all. Returns how '
  'many.';
grant execute on function tenancy.lapse_invitations(uuid) to callboard_service;
