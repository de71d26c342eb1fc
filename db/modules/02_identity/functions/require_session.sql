create or replace function identity.require_session() returns uuid
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  perform authz.require_user();
  if not exists (
    select
      from identity.session_families s
     where s.id = authz.session_id()
       and s.user_id = authz.user_id()
       and s.revoked_at is null
       and s.expires_at > now()
  ) then
    perform platform.refuse('CB001', 'The session is over. Sign in again.');
  end if;
  return authz.user_id();
end
$$;

comment on function identity.require_session() is
  'The caller, who has signed in with a session that lives: what acts on an account is not for keys. Errors: '
  'UNAUTHENTICATED.';
