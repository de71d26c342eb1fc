create or replace function security.record_event(
  event_type text,
  user_id uuid,
  severity text default 'info',
  session_id uuid default authz.session_id(),
  metadata jsonb default '{}'
) returns void
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  insert into security.security_events
    (user_id, event_type, severity, session_id, address, user_agent, request_id, metadata)
  values (
    record_event.user_id, record_event.event_type, record_event.severity, record_event.session_id,
    identity.client_address(), identity.client_user_agent(), authz.request_id(), record_event.metadata)
$$;

comment on function security.record_event(text, uuid, text, uuid, jsonb) is
  'Notes what happened to an account. For functions that have checked who asks.';
