create or replace function authz.require(permission text) returns uuid
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if authz.actor_id() is null then
    perform platform.refuse('CB001', 'Sign in first.');
  end if;
  if authz.allowed(permission) is null then
    if authz.organization_id() is null then
      perform platform.refuse(
        'CB003', 'There is no active organization.', detail => 'It takes ' || permission || ' in one.',
        hint => 'Switch to an organization, or create one.');
    end if;
    perform platform.refuse(
      'CB003',
      case when authz.api_key_id() is null then 'Your role does not allow this.' else 'The API key does not allow this.' end,
      detail => 'It takes ' || permission || '.');
  end if;
  return authz.organization_id();
end
$$;

comment on function authz.require(text) is
  'The active organization, or an error (CB001 without a session, CB003 without the permission or an active organization): the first statement of '
  'functions that act on behalf of the caller.';
grant execute on function authz.require(text) to callboard_anonymous, callboard_member, callboard_service;

create or replace function authz.require_user() returns uuid
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if authz.user_id() is null then
    if authz.api_key_id() is not null then
      perform platform.refuse('CB003', 'This is for people: an API key cannot do it.', hint => 'Sign in.');
    end if;
    perform platform.refuse('CB001', 'Sign in first.');
  end if;
  return authz.user_id();
end
$$;

comment on function authz.require_user() is
  'The person who is calling, or an error (CB001 without a session, CB003 for an API key): the first statement of functions '
  'about what is the caller''s own.';
grant execute on function authz.require_user() to callboard_anonymous, callboard_member, callboard_service;
