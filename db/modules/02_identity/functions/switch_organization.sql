create or replace function identity.switch_organization(organization_id uuid) returns identity.session_grant
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  session_device jsonb;
begin
  if authz.user_id() is null then
    perform platform.refuse('CB001', 'Sign in first.');
  end if;
  if switch_organization.organization_id is null
     or not tenancy.is_active_member(switch_organization.organization_id, authz.user_id()) then
    perform platform.refuse('CB003', 'You are not a member of this organization.', field => 'organization_id');
  end if;
  -- The token of the session that has not served yet is replaced: refreshing goes on in the new organization.
  update identity.refresh_tokens t
     set used_at = now()
   where t.user_id = authz.user_id()
     and t.session_id = authz.session_id()
     and t.used_at is null
     and t.revoked_at is null
  returning t.device into session_device;
  if not found then
    perform platform.refuse('CB001', 'The session is over. Sign in again.');
  end if;
  return identity.open_session(
    authz.user_id(), switch_organization.organization_id, session_device, authz.session_id());
end
$$;

comment on function identity.switch_organization(uuid) is
  'Makes another organization of the caller the active one: new tokens for the same session. Errors: UNAUTHENTICATED, '
  'FORBIDDEN for an organization of others. Definer: tokens are internal.';
grant execute on function identity.switch_organization(uuid) to callboard_member;
