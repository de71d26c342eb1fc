create or replace function authz.require(permission text) returns uuid
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if authz.user_id() is null then
    perform platform.refuse('CB001', 'Sign in first.');
  end if;
  if authz.allowed(permission) is null then
    perform platform.refuse('CB003', 'Your role does not allow this.', detail => 'It takes ' || permission || '.');
  end if;
  return authz.organization_id();
end
$$;

comment on function authz.require(text) is
  'The active organization, or an error (CB001 without a session, CB003 without the permission): the first statement of '
  'functions that act on behalf of the caller.';
grant execute on function authz.require(text) to callboard_anonymous, callboard_member, callboard_service;
