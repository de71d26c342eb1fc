-- What only the login may do: roles, extensions, the kernel's schema. Runs before every migration; changes nothing the
-- second time. A managed Postgres without superuser serves, as long as the login may create roles and these extensions.

do $$
declare
  wanted record;
begin
  for wanted in
    select *
      from (values
        -- owns everything, runs migrations
        ('callboard_owner', 'nologin noinherit'),
        -- the server's login: no rights of its own
        ('callboard_authenticator', 'login noinherit'),
        -- a caller without a session, and one with
        ('callboard_anonymous', 'nologin noinherit'),
        ('callboard_member', 'nologin noinherit'),
        -- worker and back office, and the worker's login: policies let it through
        ('callboard_service', 'login noinherit')
      ) as r (name, options)
     where not exists (select from pg_catalog.pg_roles where rolname = r.name)
  loop
    begin
      execute format('create role %I %s', wanted.name, wanted.options);
    exception when duplicate_object or unique_violation then
      null; -- another database of this cluster is migrating at the same moment
    end;
  end loop;

  for wanted in
    select *
      from (values
        ('callboard_anonymous', 'callboard_authenticator'),
        ('callboard_member', 'callboard_authenticator'),
        -- jobs that look with the eyes of a member
        ('callboard_member', 'callboard_service'),
        ('callboard_owner', current_user),
        ('callboard_authenticator', current_user),
        ('callboard_service', current_user)
      ) as g (role, member)
     where not exists (
             select
               from pg_catalog.pg_auth_members a
              where a.roleid = g.role::regrole and a.member = g.member::regrole
                -- from Postgres 16 on, whoever makes a role may give it away, and is not let into it by that
                and coalesce((to_jsonb(a) ->> 'set_option')::boolean, true)
           )
       and g.role <> g.member
       -- a superuser is every role already
       and not (select rolsuper from pg_catalog.pg_roles where rolname = g.member)
  loop
    begin
      execute format('grant %I to %I', wanted.role, wanted.member);
    exception when unique_violation then
      null;
    end;
  end loop;

  execute format('revoke all on database %I from public', current_database());
  execute format('grant create, connect, temporary on database %I to callboard_owner', current_database());
  execute format(
    'grant connect on database %I to callboard_authenticator, callboard_service', current_database());
end
$$;

revoke all on schema public from public;

create schema if not exists extensions authorization callboard_owner;
grant usage on schema extensions to callboard_anonymous, callboard_member, callboard_service;
create extension if not exists vector schema extensions;
create extension if not exists pgcrypto schema extensions;
create extension if not exists pg_trgm schema extensions;
create extension if not exists btree_gist schema extensions;
create extension if not exists btree_gin schema extensions;
create extension if not exists unaccent schema extensions;

-- Nothing is granted to PUBLIC, also not by default.
alter default privileges for role callboard_owner revoke all on functions from public;
alter default privileges for role callboard_owner revoke all on types from public;

create schema if not exists platform authorization callboard_owner;

create table if not exists platform.migrations (
  path text primary key,
  hash text not null,
  objects text[] not null default '{}',
  milliseconds integer not null,
  ran_at timestamptz not null default now()
);
alter table platform.migrations owner to callboard_owner;
comment on table platform.migrations is
  'What has run, from which text, and which functions it made. Kept by db/migrate.ts.';
