create or replace function identity.spend_second_factor(user_id uuid, step bigint, recovery_code text) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  wait integer;
begin
  -- The lock makes those who try the same user take turns.
  select ceil(extract(epoch from f.failed_at + identity.second_factor_delay(f.failures) - clock_timestamp()))
    into wait
    from identity.second_factors f
   where f.user_id = spend_second_factor.user_id
     for update;
  if wait > 0 then
    return platform.refusal(
      'CB010', 'Too many wrong codes. Wait before the next.', field => 'code', retry_after => wait);
  end if;
  -- A step serves once, and so do all before it: somebody who saw a code go by cannot use it again.
  update identity.second_factors f
     set (last_step, failures) = (spend_second_factor.step, 0)
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
      update identity.second_factors f
         set (failures, failed_at) = (f.failures + 1, clock_timestamp())
       where f.user_id = spend_second_factor.user_id;
      return platform.refusal('CB015', 'The code is wrong, or has served already.', field => 'code');
    end if;
    perform security.record_event('recovery_code_used', spend_second_factor.user_id, severity => 'warning');
    update identity.second_factors f set failures = 0 where f.user_id = spend_second_factor.user_id;
  end if;
  return null;
end
$$;

comment on function identity.spend_second_factor(uuid, bigint, text) is
  'Takes the step of a code that the server has checked, or a recovery code: null, or the refusal as a value, because a '
  'failure counts. Wrong codes are slowed down per user, apart from passwords, which whoever guesses here knows already.';

create or replace function identity.second_factor_delay(failures integer) returns interval
language sql immutable parallel safe
return case when failures < 3 then interval '0' else make_interval(secs => least(900, 2 ^ least(failures - 3, 10))) end;

comment on function identity.second_factor_delay(integer) is
  'How long after a wrong code the next is not even looked at: nothing for two, then a second, doubling up to a quarter of an '
  'hour, so that guessing one of a million takes years.';
