-- Postgres 18 makes these itself; before it, the same layout in SQL: 48 bits of milliseconds, 12 bits of the fraction
-- within the millisecond, 62 random bits. The time in 4096ths of a millisecond has the first 60 bits in their order, and the
-- digit of the version goes between them. One expression, in which nothing is needed twice, becomes a part of the statement
-- that asks for an id; a query would be planned for it.
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
      return (
        overlay(lpad(to_hex((extract(epoch from clock_timestamp()) * 4096000)::bigint), 15, '0') placing '7' from 13 for 0)
        || right(replace(gen_random_uuid()::text, '-', ''), 16)
      )::uuid
    $sql$;
  end if;
end
$$;

comment on function platform.uuidv7() is
  'A time-ordered id (UUID version 7): key order is creation order, inserts stay local.';
grant execute on function platform.uuidv7() to callboard_anonymous, callboard_member, callboard_service;
