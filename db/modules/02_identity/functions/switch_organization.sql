create or replace function identity.switch_organization(organization_id uuid) returns identity.session_grant
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform authz.require_user();
  perform tenancy.require_active_member(switch_organization.organization_id, authz.user_id());
  -- Tokens that have not served yet stay good: another tab may be refreshing with one of them at this moment, and finds the
  -- new organization then. Whichever of the two answers the browser keeps goes on.
  update identity.session_families s
     set organization_id = switch_organization.organization_id
   where s.id = authz.session_id()
     and s.user_id = authz.user_id()
     and s.revoked_at is null
     and s.expires_at > now()
     and identity.session_end(s.created_at) > now();
  if not found then
    perform platform.refuse('CB001', 'The session is over. Sign in again.');
  end if;
  return identity.continue_session(authz.session_id());
end
$$;

comment on function identity.switch_organization(uuid) is
  'Makes another organization of the caller the active one: new tokens for the same session. Errors: UNAUTHENTICATED, '
  'FORBIDDEN for an organization of others and for an API key, SECOND_FACTOR_REQUIRED. Definer: sessions are internal.';
grant execute on function identity.switch_organization(uuid) to callboard_member;
