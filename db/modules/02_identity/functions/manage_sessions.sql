create or replace function identity.list_sessions() returns table (
  row_id uuid,
  device jsonb,
  address text,
  user_agent text,
  created_at timestamptz,
  last_used_at timestamptz,
  expires_at timestamptz,
  is_current boolean
)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select s.id, s.device, host(s.address), s.user_agent, s.created_at, s.last_used_at, s.expires_at,
         s.id is not distinct from authz.session_id()
    from identity.session_families s
   where s.user_id = authz.user_id()
     and s.revoked_at is null
     and s.expires_at > now()
   order by s.last_used_at desc, s.id desc
$$;

comment on function identity.list_sessions() is E'@behavior -*\n'
  'The caller''s sessions that live, the one used last first. Definer: sessions are internal. Reads nothing but the '
  'caller''s own.';
grant execute on function identity.list_sessions() to callboard_anonymous, callboard_member;

create or replace function identity.revoke_session(row_id uuid) returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  caller_id constant uuid := identity.require_session();
begin
  if revoke_session.row_id is null or identity.end_sessions(
       caller_id,
       case when revoke_session.row_id = authz.session_id() then 'signed_out' else 'signed_out_elsewhere' end,
       chosen => revoke_session.row_id) = 0 then
    perform platform.refuse('CB004', 'You have no such session.', field => 'row_id');
  end if;
  perform security.record_event(
    'session_revoked', caller_id, metadata => jsonb_build_object('session_id', revoke_session.row_id));
  return true;
end
$$;

comment on function identity.revoke_session(uuid) is E'@behavior -*\n'
  'Ends one of the caller''s sessions: it is out at its next request. Errors: UNAUTHENTICATED, NOT_FOUND_OR_FORBIDDEN for '
  'one that is over or of somebody else. Definer: sessions are internal.';
grant execute on function identity.revoke_session(uuid) to callboard_member;

create or replace function identity.sign_out_everywhere(keep_current boolean default false) returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  caller_id constant uuid := identity.require_session();
begin
  perform security.record_event('signed_out_everywhere', caller_id);
  return identity.end_sessions(
    caller_id, 'signed_out_elsewhere',
    spared => case when sign_out_everywhere.keep_current then authz.session_id() end);
end
$$;

comment on function identity.sign_out_everywhere(boolean) is E'@behavior -*\n'
  'Ends all sessions of the caller, or all but this one, and says how many there were. Errors: UNAUTHENTICATED. Definer: '
  'sessions are internal.';
grant execute on function identity.sign_out_everywhere(boolean) to callboard_member;
