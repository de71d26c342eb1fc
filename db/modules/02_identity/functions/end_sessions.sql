create or replace function identity.end_sessions(
  user_id uuid,
  reason text,
  chosen uuid default null,
  spared uuid default null
) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  ended integer;
begin
  -- In one order, so that two who end the same sessions do not wait for each other.
  perform
     from identity.session_families s
    where s.user_id = end_sessions.user_id
      and s.revoked_at is null
      and (chosen is null or s.id = chosen)
    order by s.id
      for update;
  update identity.session_families s
     set revoked_at = now(), revoked_reason = reason
   where s.user_id = end_sessions.user_id
     and s.revoked_at is null
     and s.expires_at > now()
     and (chosen is null or s.id = chosen)
     and (spared is null or s.id <> spared);
  get diagnostics ended = row_count;
  return ended;
end
$$;

comment on function identity.end_sessions(uuid, text, uuid, uuid) is
  'Ends the sessions of a user, or one of them, or all but one, and says how many there were. They are out at their next '
  'request and cannot be refreshed.';
