create or replace function identity.password_cost() returns integer
language sql stable
return coalesce(
  (nullif(current_setting('callboard.client', true), '')::jsonb ->> 'password_cost')::int,
  nullif(current_setting('callboard.password_cost', true), '')::int,
  10);

comment on function identity.password_cost() is
  'The cost of bcrypt, a power of two: what the server says with its call, else the setting callboard.password_cost, else '
  '10.';

create or replace function identity.cost_of(hash text) returns integer
language sql immutable
return split_part(hash, '$', 3)::int;

comment on function identity.cost_of(text) is 'The cost that a hash was made with.';

create or replace function identity.hash_password(password text) returns text
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  -- bcrypt reads 72 bytes: a digest first, so that every character of a long password counts
  select extensions.crypt(
    encode(extensions.digest(password, 'sha256'), 'base64'), extensions.gen_salt('bf', identity.password_cost()))
$$;

comment on function identity.hash_password(text) is 'The bcrypt hash of a password.';

create or replace function identity.hash_of_nothing(cost integer default identity.password_cost()) returns text
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select format('$2a$%s$%s', lpad(hash_of_nothing.cost::text, 2, '0'), repeat('.', 22) || repeat('.', 31))
$$;

comment on function identity.hash_of_nothing(integer) is
  'A hash that no password has, which takes as long to compare with as any other of this cost.';

create or replace function identity.costs_up_to_now(hash text) returns setof integer
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select generate_series(identity.cost_of(hash), identity.password_cost() - 1)
$$;

comment on function identity.costs_up_to_now(text) is
  'What to compare with besides a hash of an older, lower cost, so that it takes as long as one of today''s: each cost is twice '
  'the one before, so that 2^4, and 2^4 + 2^5 + … + 2^9 besides, are 2^10. None for a hash of today''s cost.';

create or replace function identity.matches_password(password text, hash text) returns boolean
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  select extensions.crypt(encode(extensions.digest(password, 'sha256'), 'base64'), hash) = hash
$$;

comment on function identity.matches_password(text, text) is 'Whether a password is the one behind the hash.';
