-- What authz.enter has found out about the caller. All of them are inlined into the statement that asks.
-- Every transaction pays for each variable that is set, so who is calling is one:
-- user | organization | role | session | workspaces | API key | whoever made the key | request
-- The request comes last, because its id is the one part that somebody else may have chosen.

create or replace function authz.user_id() returns uuid
language sql stable parallel safe
return nullif(split_part(current_setting('authz.caller', true), '|', 1), '')::uuid;

comment on function authz.user_id() is
  'The person who is calling; null without a session, and for an API key, which is nobody: what belongs to a person, such '
  'as sessions and profiles, compares with this one.';

create or replace function authz.organization_id() returns uuid
language sql stable parallel safe
return nullif(split_part(current_setting('authz.caller', true), '|', 2), '')::uuid;

comment on function authz.organization_id() is 'The active organization; null when there is none.';

create or replace function authz.role_key() returns text
language sql stable parallel safe
return nullif(split_part(current_setting('authz.caller', true), '|', 3), '');

comment on function authz.role_key() is
  'The caller''s role in the active organization: owner, admin, member, guest or one of its own. API keys have none.';

create or replace function authz.session_id() returns uuid
language sql stable parallel safe
return nullif(split_part(current_setting('authz.caller', true), '|', 4), '')::uuid;

comment on function authz.session_id() is 'The session that the caller''s token belongs to.';

create or replace function authz.request_id() returns text
language sql stable parallel safe
return nullif(split_part(current_setting('authz.caller', true), '|', 8), '');

comment on function authz.request_id() is 'The id of the request, for the audit log.';

create or replace function authz.api_key_id() returns uuid
language sql stable parallel safe
return nullif(split_part(current_setting('authz.caller', true), '|', 6), '')::uuid;

comment on function authz.api_key_id() is 'The API key that is calling; null for people.';

create or replace function authz.actor_id() returns uuid
language sql stable parallel safe
return coalesce(
  nullif(split_part(current_setting('authz.caller', true), '|', 1), ''),
  nullif(split_part(current_setting('authz.caller', true), '|', 7), ''))::uuid;

comment on function authz.actor_id() is
  'On whose account things are done: the person who is calling, or whoever made the API key. What is created says so.';

create or replace function authz.permissions() returns text[]
language sql stable parallel safe
return array_remove(string_to_array(btrim(current_setting('authz.permissions', true), ','), ','), '');

comment on function authz.permissions() is 'All that the caller may do in the active organization.';

create or replace function authz.has(permission text) returns boolean
language sql stable parallel safe
return strpos(coalesce(current_setting('authz.permissions', true), ''), ',' || permission || ',') > 0;

comment on function authz.has(text) is 'Whether the caller holds a permission in the active organization.';

create or replace function authz.allowed(permission text) returns uuid
language sql stable parallel safe
return case
  when strpos(coalesce(current_setting('authz.permissions', true), ''), ',' || permission || ',') > 0
    then nullif(split_part(current_setting('authz.caller', true), '|', 2), '')::uuid
end;

comment on function authz.allowed(text) is
  'The active organization when the caller holds the permission there, else null: what policies compare with.';

create or replace function authz.visible_workspaces() returns uuid[]
language sql stable parallel safe
return coalesce(nullif(split_part(current_setting('authz.caller', true), '|', 5), ''), '{}')::uuid[];

comment on function authz.visible_workspaces() is
  'The workspaces whose rows the caller sees, with the id of zeros for rows that are in none. Nothing is listed '
  'for holders of workspaces.all, who see every one.';

create or replace function authz.sees_workspace(workspace_id uuid) returns boolean
language sql stable parallel safe
return authz.has('workspaces.all')
  or coalesce(workspace_id, '00000000-0000-0000-0000-000000000000') = any (authz.visible_workspaces());

comment on function authz.sees_workspace(uuid) is
  'Whether the caller sees what is in a workspace; null asks for rows that are in none. For definers, where no policy says it.';

create or replace function authz.is_platform_admin() returns boolean
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select exists (select from identity.platform_roles p where p.user_id = authz.user_id() and p.role = 'admin')
$$;

comment on function authz.is_platform_admin() is
  'Whether the caller administers the platform itself. Looked up when it is asked, since hardly any statement does. '
  'Definer: the answer counts for whoever may not read the roles of the platform. Tells of the caller alone.';

grant execute on function
  authz.user_id(), authz.organization_id(), authz.role_key(), authz.session_id(), authz.request_id(),
  authz.api_key_id(), authz.actor_id(), authz.permissions(), authz.has(text), authz.allowed(text),
  authz.visible_workspaces(), authz.sees_workspace(uuid), authz.is_platform_admin()
  to callboard_authenticator, callboard_anonymous, callboard_member, callboard_service;
