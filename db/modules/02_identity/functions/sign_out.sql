create or replace function identity.sign_out() returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform authz.require_user();
  return authz.session_id() is not null
    and identity.end_sessions(authz.user_id(), 'signed_out', chosen => authz.session_id()) > 0;
end
$$;

comment on function identity.sign_out() is
  'Ends the session of this device: it cannot be refreshed. Errors: UNAUTHENTICATED; FORBIDDEN for an API key. Definer: sessions are internal.';
grant execute on function identity.sign_out() to callboard_member;
