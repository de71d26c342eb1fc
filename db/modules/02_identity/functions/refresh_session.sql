create or replace function identity.refresh_session(refresh_token text) returns identity.session_grant
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  over constant text := 'The session is over. Sign in again.';
  hash constant bytea := sha256(convert_to(coalesce(refresh_session.refresh_token, ''), 'UTF8'));
  -- Two tabs of a browser share one token and may refresh at the same moment; an answer may be lost on the way and be
  -- asked for again. So for ten seconds a used token yields a sibling of its successor. Siblings do not end each other:
  -- whichever a browser keeps goes on working, or every second race would sign somebody out. Later than that a used token
  -- can only be a copy: of two who hold it one is a thief, and which is not known, so the whole family ends. A thief who
  -- is quicker than ten seconds has a branch of his own; it stands in the list of sessions with all others of the family,
  -- ends with it, and any used token of any branch that comes again still gives him away.
  grace constant interval := interval '10 seconds';
  session record;
  token record;
  answer identity.session_grant;
begin
  -- The lock on the session makes everything that happens to a family happen one after the other. The token is read after
  -- it has been had, with what those before have left.
  select s.id, s.user_id, s.organization_id, s.device, u.email, u.name
    into session
    from identity.session_families s
    join identity.refresh_tokens t on t.session_id = s.id
    join identity.users u on u.id = s.user_id and u.is_active
   where t.token_hash = hash
     and s.revoked_at is null
     and s.expires_at > now()
     -- Its end may be of a time when sessions lasted longer.
     and identity.session_end(s.created_at) > now()
     for update of s;
  select t.id, t.used_at, t.expires_at
    into token
    from identity.refresh_tokens t
   where t.token_hash = hash and t.session_id = session.id;
  if token.id is null or token.expires_at <= now() then
    perform platform.refuse('CB008', over, field => 'refresh_token');
  end if;
  if token.used_at < now() - grace then
    perform identity.end_sessions(session.user_id, 'reused', chosen => session.id);
    perform security.record_event('refresh_token_reused', session.user_id, severity => 'critical', session_id => session.id);
    perform platform.send_mail(
      'session_ended', session.email,
      jsonb_build_object(
        'name', session.name,
        'device', coalesce(left(session.device ->> 'name', 100), 'a device without a name'),
        'address', coalesce(host(identity.client_address()), 'an unknown address')));
    answer.refusal := platform.refusal('CB008', over, field => 'refresh_token');
    return answer;
  end if;
  update identity.refresh_tokens t set used_at = now() where t.id = token.id and t.used_at is null;
  if not coalesce(tenancy.is_active_member(session.organization_id, session.user_id), false) then
    update identity.session_families s
       set organization_id = identity.default_organization(session.user_id)
     where s.id = session.id;
  end if;
  return identity.continue_session(session.id);
end
$$;

comment on function identity.refresh_session(text) is
  'The next refresh token of a session. Each serves once, and for ten seconds more when tabs ask at the same time; one '
  'that comes later is a copy, and ends the session. Errors: INVALID_CREDENTIALS for a token that is unknown, used or out '
  'of date, and when the session is over, also because it began too long ago. Definer: the caller''s access token may be over.';
grant execute on function identity.refresh_session(text) to callboard_anonymous, callboard_member;
