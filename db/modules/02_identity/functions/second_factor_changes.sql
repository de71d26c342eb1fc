-- Each of these is for the server alone, which checks codes: a member who could call them would say of any step that it was
-- right. The caller is the one whose session it is.

create or replace function identity.read_caller(out user_id uuid, out email text)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select u.id, u.email from identity.users u where u.id = authz.user_id()
$$;

comment on function identity.read_caller() is
  'Whose authenticator it is, for the label in it. Definer: addresses are granted to nobody.';
grant execute on function identity.read_caller() to callboard_authenticator;

create or replace function identity.enroll_second_factor(secret_encrypted bytea, password text) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  refused jsonb;
begin
  refused := identity.prove_caller(enroll_second_factor.password);
  if refused is not null then
    return refused;
  end if;
  insert into identity.second_factors as f (user_id, secret_encrypted)
  values (authz.user_id(), enroll_second_factor.secret_encrypted)
  on conflict (user_id) do update
    set (secret_encrypted, last_step, created_at) = (excluded.secret_encrypted, null, now())
  where f.confirmed_at is null;
  if not found then
    return platform.refusal('CB005', 'The second factor is on already. Switch it off to set up another authenticator.');
  end if;
  return null;
end
$$;

comment on function identity.enroll_second_factor(bytea, text) is
  'Keeps the secret of an authenticator that waits for its first code, in place of one that nobody confirmed. Errors: '
  'UNAUTHENTICATED, REAUTHENTICATION_REQUIRED, INVALID_CREDENTIALS, CONFLICT. Definer: factors are internal.';
grant execute on function identity.enroll_second_factor(bytea, text) to callboard_authenticator;

create or replace function identity.read_second_factor(
  out user_id uuid,
  out secret_encrypted bytea,
  out is_confirmed boolean,
  out asked_at timestamptz
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Locked until the transaction ends, in the order of everything that changes an account: the turn of whoever may go on to
  -- give a password, the user, the factor.
  perform security.await_login_turn(u.email, identity.client_address())
     from identity.users u
    where u.id = authz.user_id();
  perform from identity.users u where u.id = authz.user_id() for no key update;
  select f.user_id, f.secret_encrypted, f.confirmed_at is not null, clock_timestamp()
    into read_second_factor.user_id, read_second_factor.secret_encrypted, read_second_factor.is_confirmed,
         read_second_factor.asked_at
    from identity.second_factors f
   where f.user_id = authz.user_id()
     and (f.confirmed_at is not null or f.created_at > now() - interval '15 minutes')
     for update;
end
$$;

comment on function identity.read_second_factor() is
  'What the server needs to check a code of the caller; nulls when there is no second factor, and none was begun in the last '
  '15 minutes. Definer: factors are internal, and are given to nobody but the server.';
grant execute on function identity.read_second_factor() to callboard_authenticator;

create or replace function identity.confirm_second_factor(
  step bigint,
  out recovery_codes text[],
  out refusal jsonb
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform identity.lock_caller();
  if not exists (
    select
      from identity.second_factors f
     where f.user_id = authz.user_id()
       and f.confirmed_at is null
       and f.created_at > now() - interval '15 minutes'
       for update
  ) then
    perform platform.refuse('CB006', 'There is no second factor to confirm.', hint => 'Call enrollSecondFactor first.');
  end if;
  refusal := identity.spend_second_factor(authz.user_id(), confirm_second_factor.step, null);
  if refusal is not null then
    return;
  end if;
  update identity.second_factors f set confirmed_at = now() where f.user_id = authz.user_id();
  recovery_codes := identity.make_recovery_codes(authz.user_id());
  -- Whoever is signed in elsewhere has not shown a second factor, and may be the reason for it.
  perform identity.end_sessions(authz.user_id(), 'second_factor_changed', spared => authz.session_id());
  perform identity.note_sign_in_change(
    authz.user_id(), 'second_factor_enabled', 'Signing in takes a code of your authenticator app now.');
end
$$;

comment on function identity.confirm_second_factor(bigint) is
  'Switches the caller''s second factor on, gives ten recovery codes, and signs out all other sessions. Errors: '
  'UNAUTHENTICATED, INVALID_TRANSITION when none was begun, SECOND_FACTOR_INVALID. Definer: factors are internal.';
grant execute on function identity.confirm_second_factor(bigint) to callboard_authenticator;

create or replace function identity.disable_second_factor(step bigint, recovery_code text, password text) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  refused jsonb;
begin
  refused := coalesce(
    identity.prove_caller(disable_second_factor.password, with_password => true),
    identity.require_second_factor_on(),
    identity.spend_second_factor(authz.user_id(), disable_second_factor.step, disable_second_factor.recovery_code));
  if refused is not null then
    return refused;
  end if;
  perform identity.remove_second_factor(authz.user_id());
  return null;
end
$$;

comment on function identity.disable_second_factor(bigint, text, text) is
  'Switches the caller''s second factor off, for a code and the password. Errors: UNAUTHENTICATED, INVALID_CREDENTIALS, '
  'REAUTHENTICATION_REQUIRED for an account without a password, SECOND_FACTOR_INVALID, INVALID_TRANSITION when it is off. '
  'Definer: factors are internal.';
grant execute on function identity.disable_second_factor(bigint, text, text) to callboard_authenticator;

create or replace function identity.regenerate_recovery_codes(
  step bigint,
  recovery_code text,
  out recovery_codes text[],
  out refusal jsonb
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform identity.lock_caller();
  refusal := coalesce(
    identity.require_second_factor_on(),
    identity.spend_second_factor(
      authz.user_id(), regenerate_recovery_codes.step, regenerate_recovery_codes.recovery_code));
  if refusal is null then
    recovery_codes := identity.make_recovery_codes(authz.user_id());
    perform identity.note_sign_in_change(
      authz.user_id(), 'recovery_codes_regenerated', 'You have new recovery codes; the old ones are void.');
  end if;
end
$$;

comment on function identity.regenerate_recovery_codes(bigint, text) is
  'Ten new recovery codes for the caller; the old ones are void. Errors: UNAUTHENTICATED, SECOND_FACTOR_INVALID, '
  'INVALID_TRANSITION when the second factor is off. Definer: factors are internal.';
grant execute on function identity.regenerate_recovery_codes(bigint, text) to callboard_authenticator;

create or replace function identity.require_second_factor_on() returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select platform.refusal('CB006', 'The second factor is off.', hint => 'Call enrollSecondFactor first.')
   where not identity.has_second_factor(authz.user_id())
$$;

comment on function identity.require_second_factor_on() is 'The refusal for a caller whose second factor is off, else null.';

create or replace function identity.remove_second_factor(user_id uuid) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  was_on boolean;
begin
  delete from identity.sign_in_challenges c where c.user_id = remove_second_factor.user_id;
  delete from identity.second_factors f
   where f.user_id = remove_second_factor.user_id
  returning f.confirmed_at is not null into was_on;
  if was_on then
    perform identity.note_sign_in_change(
      remove_second_factor.user_id, 'second_factor_disabled', 'Signing in takes no second factor any more.',
      severity => 'warning');
  end if;
end
$$;

comment on function identity.remove_second_factor(uuid) is
  'Takes the second factor from an account: for one that ends, and for the back office when somebody has lost both the '
  'authenticator and the recovery codes. The caller has checked who asks. Definer: whoever helps in the back office may not '
  'write events and mails as they like.';
grant execute on function identity.remove_second_factor(uuid) to callboard_service;
