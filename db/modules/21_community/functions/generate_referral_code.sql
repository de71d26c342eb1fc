create or replace function community.generate_referral_code() returns text
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  -- Of letters and digits that look or sound alike none is here: 0 O Q, 1 I L, 2 Z, 5 S, 8 B, U V, G.
  alphabet constant text := '34679ACDEFHJKMNPRTWXY';
  candidate text;
  bytes bytea;
begin
  for attempt in 1 .. 50 loop
    candidate := '';
    while length(candidate) < 8 loop
      -- six bytes at the end of a random id are random through and through
      bytes := substr(uuid_send(gen_random_uuid()), 11, 6);
      for i in 0 .. 5 loop
        -- 252 is the largest multiple of 21: what is above would make the first letters likelier
        if get_byte(bytes, i) < 252 and length(candidate) < 8 then
          candidate := candidate || substr(alphabet, get_byte(bytes, i) % 21 + 1, 1);
        end if;
      end loop;
    end loop;
    candidate := left(candidate, 4) || '-' || right(candidate, 4);
    -- Whoever has drawn the same one and has not committed yet holds its lock.
    if pg_try_advisory_xact_lock(hashtextextended(candidate, 5678049))
       and not exists (select from community.referrals r where r.code = candidate) then
      return candidate;
    end if;
  end loop;
  perform platform.refuse('CB005', 'No free code was found.', hint => 'Try again.');
  return null;
end
$$;

comment on function community.generate_referral_code() is
  E'A new code for a referral, such as K7PM-X4TR: unique over all organizations, also among those that others are making at '
  'this moment, and without characters that look alike. Errors: CONFLICT. Definer: codes of other organizations count.';
grant execute on function community.generate_referral_code() to callboard_member, callboard_service;
