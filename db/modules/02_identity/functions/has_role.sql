create or replace function identity.has_role(role text, user_id uuid default null) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  asked_id constant uuid := coalesce(has_role.user_id, authz.user_id());
begin
  -- Row security would answer "no" about somebody else, which may not be true.
  if current_user <> 'callboard_service' and asked_id is distinct from authz.user_id() and not authz.is_platform_admin() then
    perform platform.refuse('CB003', 'Only administrators of the platform may ask about others.', field => 'user_id');
  end if;
  return exists (
    select from identity.platform_roles r where r.user_id = asked_id and r.role = has_role.role
  );
end
$$;

comment on function identity.has_role(text, uuid) is
  'Whether a user, the caller if none is named, has a role above all organizations: admin, moderator, support or user, which '
  'everyone has. Looked up, never taken from a token. Errors: FORBIDDEN about somebody else, but for administrators.';
grant execute on function identity.has_role(text, uuid) to callboard_member, callboard_service;

create or replace function identity.is_admin(user_id uuid default null) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select identity.has_role('admin', is_admin.user_id)
$$;

comment on function identity.is_admin(uuid) is
  'Whether a user, the caller if none is named, administers the platform itself. Errors: FORBIDDEN about somebody else, but '
  'for administrators.';
grant execute on function identity.is_admin(uuid) to callboard_member, callboard_service;
