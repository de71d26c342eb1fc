create or replace function identity.sign_out() returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if authz.user_id() is null then
    perform platform.refuse('CB001', 'Sign in first.');
  end if;
  update identity.refresh_tokens t
     set revoked_at = now(), revoked_reason = 'signed_out'
   where t.user_id = authz.user_id()
     and t.session_id = authz.session_id()
     and t.revoked_at is null;
  return found;
end
$$;

comment on function identity.sign_out() is
  'Ends the session of this device: it cannot be refreshed. Errors: UNAUTHENTICATED. Definer: tokens are internal.';
grant execute on function identity.sign_out() to callboard_member;
