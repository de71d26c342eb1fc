-- To the provider and back. For the server alone: it checks what the provider says.

create or replace function identity.begin_provider_sign_in(
  provider_key text,
  intent text,
  state_hash bytea,
  return_to text,
  code_challenge text
) returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Journeys that nobody came back from.
  delete from identity.provider_sign_ins p
   where p.id in (
           select late.id
             from identity.provider_sign_ins late
            where late.expires_at <= now()
            limit 100
              for update skip locked
         );
  insert into identity.provider_sign_ins (provider_id, intent, state_hash, return_to, code_challenge)
  select o.id, begin_provider_sign_in.intent, begin_provider_sign_in.state_hash, begin_provider_sign_in.return_to,
         begin_provider_sign_in.code_challenge
    from identity.oauth_providers o
   where o.key = begin_provider_sign_in.provider_key and o.is_configured and o.is_enabled;
  return found;
end
$$;

comment on function identity.begin_provider_sign_in(text, text, bytea, text, text) is
  'Notes that a browser goes to a provider; false when the provider is switched off. The state is kept as its SHA-256. '
  'Definer: the server''s login may write nothing.';
grant execute on function identity.begin_provider_sign_in(text, text, bytea, text, text) to callboard_authenticator;

create or replace function identity.take_provider_answer(
  provider_key text,
  state_hash bytea,
  out journey_id uuid,
  out intent text,
  out return_to text
)
language sql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
  update identity.provider_sign_ins p
     set answered_at = now()
    from identity.oauth_providers o
   where p.state_hash = take_provider_answer.state_hash
     and p.answered_at is null
     and p.expires_at > now()
     and o.id = p.provider_id
     and o.key = take_provider_answer.provider_key
     and o.is_configured
     and o.is_enabled
  returning p.id, p.intent, p.return_to
$$;

comment on function identity.take_provider_answer(text, bytea) is
  'The journey that an answer belongs to, once: nulls for a state that is unknown, of another provider, late, or has been '
  'answered. Committed before the provider is asked for tokens, so that an answer cannot be played twice at the same '
  'moment. Definer: the server''s login may write nothing.';
grant execute on function identity.take_provider_answer(text, bytea) to callboard_authenticator;

create or replace function identity.keep_provider_answer(
  journey_id uuid,
  answer jsonb,
  access_token_encrypted bytea,
  refresh_token_encrypted bytea
) returns text
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  code constant text := encode(extensions.gen_random_bytes(32), 'hex');
begin
  update identity.provider_sign_ins p
     set answer = keep_provider_answer.answer,
         access_token_encrypted = keep_provider_answer.access_token_encrypted,
         refresh_token_encrypted = keep_provider_answer.refresh_token_encrypted,
         code_hash = sha256(convert_to(code, 'UTF8')),
         expires_at = now() + interval '1 minute'
   where p.id = keep_provider_answer.journey_id
     and p.answered_at is not null
     and p.code_hash is null;
  return case when found then code end;
end
$$;

comment on function identity.keep_provider_answer(uuid, jsonb, bytea, bytea) is
  'Keeps who the provider says it is, and gives the code that the front end exchanges within a minute. Nobody is signed in '
  'yet. Definer: the server''s login may write nothing.';
grant execute on function identity.keep_provider_answer(uuid, jsonb, bytea, bytea) to callboard_authenticator;

create or replace function identity.take_journey(
  code text,
  code_verifier text,
  intent text
) returns identity.provider_sign_ins
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  journey identity.provider_sign_ins;
begin
  delete from identity.provider_sign_ins p
   where p.code_hash = sha256(convert_to(coalesce(take_journey.code, ''), 'UTF8'))
     and p.intent = take_journey.intent
  returning p.* into journey;
  -- The code serves once, whoever presents it: with the wrong verifier somebody else has it.
  if journey.expires_at <= now()
     or journey.code_challenge is distinct from
          rtrim(translate(encode(sha256(convert_to(take_journey.code_verifier, 'UTF8')), 'base64'), E'+/\n', '-_'), '=') then
    return null;
  end if;
  return journey;
end
$$;

comment on function identity.take_journey(text, text, text) is
  'The journey behind a code, once; null when it is unknown, late, of another intent, or the verifier is not the one that '
  'the journey began with. A journey that began without one takes none. The caller commits, also when it refuses.';
