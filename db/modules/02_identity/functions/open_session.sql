create or replace function identity.open_session(
  user_id uuid,
  organization_id uuid,
  device jsonb,
  session_id uuid default platform.uuidv7()
) returns identity.session_grant
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  token constant text := encode(extensions.gen_random_bytes(32), 'hex');
  opened identity.session_grant;
begin
  insert into identity.refresh_tokens as t (user_id, organization_id, session_id, device, token_hash, expires_at)
  values (
    open_session.user_id, open_session.organization_id, open_session.session_id, coalesce(open_session.device, '{}'),
    sha256(token::bytea), now() + interval '30 days')
  returning t.user_id, t.organization_id, t.session_id, token, t.expires_at into opened;
  return opened;
end
$$;

comment on function identity.open_session(uuid, uuid, jsonb, uuid) is
  'A refresh token for a session, new or going on. Only its hash is kept. The caller has checked who it is for.';
