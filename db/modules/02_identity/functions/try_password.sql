create or replace function identity.try_password(
  email text,
  password text,
  out user_id uuid,
  out refusal jsonb
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  address constant inet := identity.client_address();
  waiting integer;
  account record;
  matches boolean;
begin
  waiting := security.check_failed_login_attempts(try_password.email, address);
  if waiting = 0 then
    select u.id, c.password_hash
      into account
      from identity.users u
      join identity.credentials c on c.user_id = u.id
     where u.email = lower(btrim(try_password.email)) and u.is_active;
    -- An unknown address costs as much time as a wrong password.
    matches := identity.matches_password(
      coalesce(try_password.password, ''),
      coalesce(account.password_hash, identity.hash_of_nothing()));
    if not matches and account.id is not null then
      -- So does one whose hash is from before the cost was raised.
      perform identity.matches_password(coalesce(try_password.password, ''), identity.hash_of_nothing(c.cost))
         from identity.costs_up_to_now(account.password_hash) as c (cost);
    end if;
    perform security.await_login_turn(try_password.email, address);
    waiting := security.check_failed_login_attempts(try_password.email, address);
  end if;
  if waiting > 0 then
    -- Not a word about the password, and nothing recorded: waiting is enough.
    refusal := platform.refusal(
      'CB010', 'Too many attempts. Wait, and try again.', retry_after => waiting,
      hint => 'A new password, by way of requestPasswordReset, does not wait.');
    return;
  end if;
  if matches and account.id is not null then
    -- Whoever changes the password at this moment comes before or after, and never leaves a session of the old one behind.
    -- The lock first, then the look: a single statement would go on with what it had read before it waited.
    perform from identity.users u where u.id = account.id for no key update;
    select u.id
      into try_password.user_id
      from identity.users u
      join identity.credentials c on c.user_id = u.id and c.password_hash = account.password_hash
     where u.id = account.id and u.is_active;
  end if;
  if try_password.user_id is null then
    perform security.record_failed_login_attempt(try_password.email, address, identity.client_user_agent());
    refusal := platform.refusal('CB008', 'E-mail address and password do not match.');
    return;
  end if;
  perform security.clear_failed_login_attempts(try_password.email, address);
  if identity.cost_of(account.password_hash) <> identity.password_cost() then
    update identity.credentials c
       set password_hash = identity.hash_password(try_password.password)
     where c.user_id = try_password.user_id;
  end if;
end
$$;

comment on function identity.try_password(text, text) is
  'Whose e-mail address and password these are, or the refusal as a value, because the failure counts: '
  'INVALID_CREDENTIALS, the same for an address that nobody has, TOO_MANY_ATTEMPTS with the seconds to wait. Follows a '
  'change of the cost.';

create or replace function identity.check_own_password(password text, field text default 'password') returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  tried record;
begin
  select t.user_id, t.refusal
    into tried
    from identity.users u
   cross join lateral identity.try_password(u.email, check_own_password.password) t
   where u.id = authz.user_id();
  if tried.refusal ->> 'code' = 'CB008' then
    return platform.refusal('CB008', 'This is not your password.', field => check_own_password.field);
  end if;
  return tried.refusal;
end
$$;

comment on function identity.check_own_password(text, text) is
  'Null when it is the caller''s password, else the refusal. Failures count as those of signing in do: a session that was '
  'stolen is no way to guess.';
