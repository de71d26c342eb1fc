create or replace function platform.ran_files() returns table (path text, hash text)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select m.path, m.hash from platform.migrations m
$$;

comment on function platform.ran_files() is
  'Which files have run, from which text: whether the database is what a server expects. Definer: the server''s login may '
  'read nothing before it enters.';
grant execute on function platform.ran_files() to callboard_authenticator, callboard_service;
