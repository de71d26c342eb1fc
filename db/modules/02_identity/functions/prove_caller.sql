create or replace function identity.prove_caller(password text, with_password boolean default false) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  hash text;
begin
  perform authz.require_user();
  select c.password_hash into hash from identity.credentials c where c.user_id = authz.user_id();
  if hash is not null and (prove_caller.password is not null or with_password) then
    if prove_caller.password is null then
      return platform.refusal('CB018', 'This takes your password.', field => 'password');
    end if;
    return identity.check_own_password(prove_caller.password);
  end if;
  perform identity.lock_caller();
  if not exists (
    select
      from identity.session_families s
     where s.id = authz.session_id()
       and s.user_id = authz.user_id()
       and s.created_at > now() - interval '10 minutes'
  ) then
    return platform.refusal(
      'CB018', 'It is too long since you signed in.', field => 'password',
      hint => case when hash is null then 'Sign in again.' else 'Give your password, or sign in again.' end);
  end if;
  return null;
end
$$;

comment on function identity.prove_caller(text, boolean) is
  'Whether it is really the caller, before something that outlasts the session: by the password, or because they signed in '
  'within ten minutes. Null, or the refusal as a value, because a wrong password counts. with_password takes the password '
  'even then, unless the account has none. Locks the user, so that what was proved holds until the transaction ends. Errors: '
  'UNAUTHENTICATED (CB001).';
