create or replace function identity.spend_second_factor(user_id uuid, step bigint, recovery_code text) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  -- Where failures are counted: apart from those of the password, which whoever guesses here knows.
  attempts constant text := 'second factor of ' || spend_second_factor.user_id;
  address constant inet := identity.client_address();
  waiting integer;
begin
  -- The lock makes those who try the same user take turns.
  perform from identity.second_factors f where f.user_id = spend_second_factor.user_id for update;
  waiting := security.check_failed_login_attempts(attempts, address);
  if waiting > 0 then
    return platform.refusal(
      'CB010', 'Too many wrong codes. Wait, and try again.', field => 'code', retry_after => waiting);
  end if;
  -- A step serves once, and so do all before it: somebody who saw a code go by cannot use it again.
  update identity.second_factors f
     set last_step = spend_second_factor.step
   where f.user_id = spend_second_factor.user_id
     and spend_second_factor.step > coalesce(f.last_step, 0)
     and abs(spend_second_factor.step - floor(extract(epoch from clock_timestamp()) / 30)) <= 2;
  if not found then
    update identity.recovery_codes c
       set used_at = now()
     where c.user_id = spend_second_factor.user_id
       and c.code_hash = identity.hash_recovery_code(spend_second_factor.recovery_code)
       and c.used_at is null;
    if not found then
      perform security.record_failed_login_attempt(attempts, address, identity.client_user_agent());
      return platform.refusal('CB015', 'The code is wrong, or has served already.', field => 'code');
    end if;
    perform identity.note_sign_in_change(
      spend_second_factor.user_id, 'recovery_code_used',
      format(
        'A recovery code was used in place of your authenticator app; %s are left.',
        (select count(*) from identity.recovery_codes c
          where c.user_id = spend_second_factor.user_id and c.used_at is null)),
      severity => 'warning');
  end if;
  perform security.clear_failed_login_attempts(attempts, address);
  return null;
end
$$;

comment on function identity.spend_second_factor(uuid, bigint, text) is
  'Takes the step of a code that the server has checked, or a recovery code: null, or the refusal as a value, because a '
  'failure counts. Wrong codes are slowed down as wrong passwords are, per user and per sender.';
