create or replace function identity.refresh_session(refresh_token text) returns identity.session_grant
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  presented record;
begin
  select t.id, t.user_id, t.session_id, t.device, t.used_at, t.revoked_at, t.expires_at,
         case when tenancy.is_active_member(t.organization_id, t.user_id) then t.organization_id end as organization_id
    into presented
    from identity.refresh_tokens t
    join identity.users u on u.id = t.user_id and u.is_active
   where t.token_hash = sha256(coalesce(refresh_session.refresh_token, '')::bytea)
     for update of t;
  if presented.id is null or presented.revoked_at is not null or presented.expires_at <= now()
     or presented.used_at is not null then
    perform platform.refuse('CB008', 'The session is over. Sign in again.', field => 'refresh_token');
  end if;
  update identity.refresh_tokens t set used_at = now() where t.id = presented.id;
  return identity.open_session(
    presented.user_id,
    coalesce(presented.organization_id, identity.default_organization(presented.user_id)),
    presented.device,
    presented.session_id);
end
$$;

comment on function identity.refresh_session(text) is
  'The next refresh token of a session; each serves once. Errors: INVALID_CREDENTIALS for one that is unknown, used, '
  'revoked or out of date. Definer: the caller''s access token may be over.';
grant execute on function identity.refresh_session(text) to callboard_anonymous, callboard_member;
