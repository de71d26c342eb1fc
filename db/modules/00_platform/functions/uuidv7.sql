-- Postgres 18 makes these itself; before it, the same layout in SQL: 48 bits of milliseconds, 12 bits of the fraction
-- within the millisecond, 62 random bits.
do $$
begin
  if current_setting('server_version_num')::int >= 180000 then
    execute $sql$
      create or replace function platform.uuidv7() returns uuid
      language sql volatile parallel safe
      return pg_catalog.uuidv7()
    $sql$;
  else
    execute $sql$
      create or replace function platform.uuidv7() returns uuid
      language sql volatile parallel safe
      as $body$
        select encode(
            substring(int8send((t.micros / 1000)) from 3 for 6)
            || substring(int4send((28672 + (t.micros % 1000) * 4096 / 1000)::int) from 3 for 2)
            || set_byte(r.bytes, 0, (get_byte(r.bytes, 0) & 63) | 128),
            'hex'
          )::uuid
          from (select (extract(epoch from clock_timestamp()) * 1000000)::bigint) as t (micros),
               (select substring(uuid_send(gen_random_uuid()) from 9 for 8)) as r (bytes)
      $body$
    $sql$;
  end if;
end
$$;

comment on function platform.uuidv7() is
  'A time-ordered id (UUID version 7): key order is creation order, inserts stay local.';
grant execute on function platform.uuidv7() to callboard_anonymous, callboard_member, callboard_service;
