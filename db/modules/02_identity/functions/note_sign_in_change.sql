create or replace function identity.note_sign_in_change(
  user_id uuid,
  event_type text,
  change text,
  severity text default 'info'
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  account record;
begin
  perform security.record_event(note_sign_in_change.event_type, note_sign_in_change.user_id, severity => severity);
  select u.email, u.name into account from identity.users u where u.id = note_sign_in_change.user_id;
  perform platform.send_mail(
    'sign_in_changed', account.email, jsonb_build_object('name', account.name, 'change', change));
end
$$;

comment on function identity.note_sign_in_change(uuid, text, text, text) is
  'Writes down that something about how a user signs in has changed, and tells them by mail in the words given: whoever did '
  'not do it learns of it. For functions that have checked who asks.';
