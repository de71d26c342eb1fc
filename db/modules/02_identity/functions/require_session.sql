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

create or replace function identity.lock_caller() returns uuid
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  -- The lock first, then the look: whoever waited for a reset of the password finds that it has ended the session.
  perform from identity.users u where u.id = authz.user_id() for no key update;
  return identity.require_session();
end
$$;

comment on function identity.lock_caller() is
  'The caller, locked until the transaction ends, for what adds a way in to the account or takes one away: the session lives '
  'until it is done. Errors: UNAUTHENTICATED (CB001).';
