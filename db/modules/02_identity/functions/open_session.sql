create or replace function identity.check_device(device jsonb) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if jsonb_typeof(coalesce(device, '{}')) <> 'object' or octet_length(device::text) > 2000 then
    perform platform.refuse('CB002', 'A device is described by an object of at most 2000 bytes.', field => 'device');
  end if;
end
$$;

comment on function identity.check_device(jsonb) is
  'Refuses (CB002) what a client calls itself when a session could not keep it.';

create or replace function identity.open_session(
  user_id uuid,
  organization_id uuid,
  device jsonb
) returns identity.session_grant
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  opened_id uuid;
begin
  perform identity.check_device(open_session.device);
  insert into identity.session_families (user_id, organization_id, device, address, user_agent, expires_at)
  values (
    open_session.user_id, open_session.organization_id, coalesce(open_session.device, '{}'),
    identity.client_address(), identity.client_user_agent(), identity.session_end(now()))
  returning id into opened_id;
  return identity.continue_session(opened_id);
end
$$;

comment on function identity.open_session(uuid, uuid, jsonb) is
  'A new session with its first refresh token. The caller has checked who it is for. Errors: INVALID_INPUT for a device '
  'that is no object or too large.';
