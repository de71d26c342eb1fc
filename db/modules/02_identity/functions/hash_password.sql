create or replace function identity.hash_password(password text) returns text
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  -- bcrypt reads 72 bytes: a digest first, so that every character of a long password counts
  select extensions.crypt(
    encode(extensions.digest(password, 'sha256'), 'base64'),
    extensions.gen_salt('bf', coalesce(nullif(current_setting('callboard.password_cost', true), '')::int, 10)))
$$;

comment on function identity.hash_password(text) is
  'The bcrypt hash of a password; its cost is the setting callboard.password_cost (10).';

create or replace function identity.matches_password(password text, hash text) returns boolean
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  select extensions.crypt(encode(extensions.digest(password, 'sha256'), 'base64'), hash) = hash
$$;

comment on function identity.matches_password(text, text) is 'Whether a password is the one behind the hash.';
