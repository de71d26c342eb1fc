create or replace function identity.make_recovery_codes(user_id uuid) returns text[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  codes text[];
begin
  -- 16 characters of 5 random bits. Without i, l, o and u: nobody has to tell them from 1 and 0, or reads a word.
  select array_agg(made.code)
    into codes
    from (
           select string_agg(
                    substr('0123456789abcdefghjkmnpqrstvwxyz', (get_byte(random.bytes, byte.position) & 31) + 1, 1)
                      || case when byte.position in (3, 7, 11) then '-' else '' end,
                    '' order by byte.position) as code
             from (select code.number, extensions.gen_random_bytes(16) as bytes
                     from generate_series(1, 10) as code (number)) random
            cross join generate_series(0, 15) as byte (position)
            group by random.number
         ) made;
  delete from identity.recovery_codes c where c.user_id = make_recovery_codes.user_id;
  insert into identity.recovery_codes (user_id, code_hash)
  select make_recovery_codes.user_id, identity.hash_recovery_code(each.code) from unnest(codes) as each (code);
  return codes;
end
$$;

comment on function identity.make_recovery_codes(uuid) is
  'Ten new recovery codes in place of the old ones; the only time that they can be read. The caller has checked who asks.';

create or replace function identity.hash_recovery_code(code text) returns bytea
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  -- As people write it down: in capitals, without hyphens, with the letters that look like digits.
  select sha256(convert_to(
    translate(regexp_replace(lower(hash_recovery_code.code), '[^a-z0-9]', '', 'g'), 'oil', '011'), 'UTF8'))
$$;

comment on function identity.hash_recovery_code(text) is
  'What is kept of a recovery code. A plain digest serves, since the code is 80 random bits.';
