create or replace function identity.complete_first_factor(
  user_id uuid,
  organization_id uuid,
  device jsonb
) returns identity.session_grant
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  -- A challenge would keep it for a session that cannot: nobody could answer it.
  perform identity.check_device(complete_first_factor.device);
  if organization_id is not null then
    perform tenancy.require_active_member(complete_first_factor.organization_id, complete_first_factor.user_id);
  end if;
  if identity.has_second_factor(complete_first_factor.user_id) then
    return identity.open_challenge(
      complete_first_factor.user_id, complete_first_factor.organization_id, complete_first_factor.device);
  end if;
  return identity.complete_sign_in(
    complete_first_factor.user_id, complete_first_factor.organization_id, complete_first_factor.device);
end
$$;

comment on function identity.complete_first_factor(uuid, uuid, jsonb) is
  'What follows when a password was right or a provider has vouched for somebody: a session, or a challenge where the account '
  'has a second factor. The caller has checked that the account is active. Errors: INVALID_INPUT for a device '
  'that is no object or too large; FORBIDDEN for an organization of others; SECOND_FACTOR_REQUIRED.';

create or replace function identity.complete_sign_in(
  user_id uuid,
  organization_id uuid,
  device jsonb
) returns identity.session_grant
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  update identity.users u set last_sign_in_at = now() where u.id = complete_sign_in.user_id;
  return identity.open_session(
    complete_sign_in.user_id,
    case
      when tenancy.is_active_member(complete_sign_in.organization_id, complete_sign_in.user_id)
        then complete_sign_in.organization_id
      else identity.default_organization(complete_sign_in.user_id)
    end,
    complete_sign_in.device);
end
$$;

comment on function identity.complete_sign_in(uuid, uuid, jsonb) is
  'The session at the end of a sign-in, in the organization asked for, or in the one used last when there is none or they '
  'have left it meanwhile. The caller has checked all factors.';
