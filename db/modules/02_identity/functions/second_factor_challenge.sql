create or replace function identity.open_challenge(
  user_id uuid,
  organization_id uuid,
  device jsonb
) returns identity.session_grant
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  challenge constant text := encode(extensions.gen_random_bytes(32), 'hex');
  awaited identity.session_grant;
begin
  -- Those that nobody came back for, whoever's they are.
  delete from identity.sign_in_challenges c
   where c.id in (
           select late.id
             from identity.sign_in_challenges late
            where late.expires_at <= now()
            limit 100
              for update skip locked
         );
  insert into identity.sign_in_challenges as c (user_id, challenge_hash, wanted_organization_id, device)
  values (
    open_challenge.user_id, sha256(convert_to(challenge, 'UTF8')), open_challenge.organization_id,
    coalesce(open_challenge.device, '{}'))
  returning jsonb_build_object('token', challenge, 'expires_at', c.expires_at) into awaited.challenge;
  return awaited;
end
$$;

comment on function identity.open_challenge(uuid, uuid, jsonb) is
  'A sign-in that waits for its second factor: five minutes, five tries. Nothing but the hash of the challenge is kept. '
  'The caller has checked the first factor.';

create or replace function identity.lock_user_of_challenge(challenge text) returns void
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  select
    from identity.users u
    join identity.sign_in_challenges c on c.user_id = u.id
   where c.challenge_hash = sha256(convert_to(coalesce(lock_user_of_challenge.challenge, ''), 'UTF8'))
     for no key update of u
$$;

comment on function identity.lock_user_of_challenge(text) is
  'Locks the user whose sign-in waits for this challenge. What is read of either before may have changed when it returns.';

create or replace function identity.read_challenge(
  challenge text,
  out user_id uuid,
  out secret_encrypted bytea,
  out asked_at timestamptz
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Locked until the transaction ends, the user first, as everything does that changes an account: whoever tries the same
  -- challenge or the same user waits here, and finds the tries and steps that were spent before.
  perform identity.lock_user_of_challenge(read_challenge.challenge);
  select c.user_id
    into read_challenge.user_id
    from identity.sign_in_challenges c
   where c.challenge_hash = sha256(convert_to(coalesce(challenge, ''), 'UTF8'))
     and c.expires_at > now()
     and c.tries_left > 0
     for update;
  select f.secret_encrypted, clock_timestamp()
    into read_challenge.secret_encrypted, read_challenge.asked_at
    from identity.second_factors f
   where f.user_id = read_challenge.user_id
     for update;
end
$$;

comment on function identity.read_challenge(text) is
  'What the server needs to check the code that answers a challenge; nulls when the challenge is unknown, late or used up. '
  'Definer: factors are internal, and are given to nobody but the server.';
grant execute on function identity.read_challenge(text) to callboard_authenticator;

create or replace function identity.finish_challenge(
  challenge text,
  step bigint,
  recovery_code text
) returns identity.session_grant
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  awaited identity.sign_in_challenges;
  refused identity.session_grant;
begin
  perform identity.lock_user_of_challenge(finish_challenge.challenge);
  select c.*
    into awaited
    from identity.sign_in_challenges c
    join identity.users u on u.id = c.user_id and u.is_active
   where c.challenge_hash = sha256(convert_to(coalesce(finish_challenge.challenge, ''), 'UTF8'))
     and c.expires_at > now()
     and c.tries_left > 0
     for update of c;
  if awaited.id is null then
    refused.refusal := platform.refusal(
      'CB016', 'This sign-in took too long or too many tries. Begin again.', field => 'challenge');
    return refused;
  end if;
  refused.refusal := identity.spend_second_factor(awaited.user_id, finish_challenge.step, finish_challenge.recovery_code);
  if refused.refusal is not null then
    -- A caller who is told to wait has not been given a try.
    if refused.refusal ->> 'code' = 'CB015' then
      update identity.sign_in_challenges c set tries_left = c.tries_left - 1 where c.id = awaited.id;
    end if;
    return refused;
  end if;
  delete from identity.sign_in_challenges c where c.id = awaited.id;
  return identity.complete_sign_in(awaited.user_id, awaited.wanted_organization_id, awaited.device);
end
$$;

comment on function identity.finish_challenge(text, bigint, text) is
  'The session that a challenge was about, for the step of a code that the server has checked or a recovery code. Errors: '
  'SECOND_FACTOR_INVALID, SIGN_IN_EXPIRED, and what a sign-in refuses. Definer: whoever calls has no rights yet. For '
  'the server alone: it says that the code was right.';
grant execute on function identity.finish_challenge(text, bigint, text) to callboard_authenticator;
