create or replace function identity.continue_session(session_id uuid) returns identity.session_grant
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  token constant text := encode(extensions.gen_random_bytes(32), 'hex');
  ends_at timestamptz;
  continued identity.session_grant;
begin
  select identity.session_end(s.created_at)
    into ends_at
    from identity.session_families s
   where s.id = continue_session.session_id;
  insert into identity.refresh_tokens as t (session_id, token_hash, expires_at)
  values (continue_session.session_id, sha256(convert_to(token, 'UTF8')), ends_at);
  -- Tabs that refresh at the same moment leave tokens that nobody uses (see refresh_session). The newest fifty are more
  -- than a browser has tabs at work; older ones that never served are forgotten, and then unknown.
  delete from identity.refresh_tokens t
   where t.id in (
           select unused.id
             from identity.refresh_tokens unused
            where unused.session_id = continue_session.session_id and unused.used_at is null
            order by unused.id desc
           offset 50
         );
  update identity.session_families s
     set last_used_at = now(),
         expires_at = ends_at,
         address = coalesce(identity.client_address(), s.address),
         user_agent = coalesce(identity.client_user_agent(), s.user_agent)
   where s.id = continue_session.session_id
  returning s.user_id, s.organization_id, s.id, token, s.expires_at, null::jsonb, null::jsonb into continued;
  return continued;
end
$$;

comment on function identity.continue_session(uuid) is
  'The next refresh token of a session, of which only the hash is kept. The caller has checked that the session lives, '
  'and holds its lock.';

create or replace function identity.session_idle_time() returns interval
language sql immutable parallel safe
return interval '30 days';

comment on function identity.session_idle_time() is
  'How long a session lasts without being refreshed: long enough for a holiday, short enough for a lost phone.';

create or replace function identity.session_days() returns integer
language sql stable
return coalesce(
  (nullif(current_setting('callboard.client', true), '')::jsonb ->> 'session_days')::int,
  nullif(current_setting('callboard.session_days', true), '')::int,
  90);

comment on function identity.session_days() is
  'For how many days a session lasts at most, however often it is refreshed: what the server says with its call, else the '
  'setting callboard.session_days, else 90.';

create or replace function identity.session_end(opened_at timestamptz) returns timestamptz
language sql stable
return least(now() + identity.session_idle_time(), opened_at + make_interval(days => identity.session_days()));

comment on function identity.session_end(timestamptz) is
  'When a session that goes on now ends unless it is refreshed before; in the past for one that has lasted too long.';
