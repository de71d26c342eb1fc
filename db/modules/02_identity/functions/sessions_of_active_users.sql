-- A session that lives has a user who is active, so that entering asks for the session alone: deactivating an account ends
-- its sessions, and none is opened afterwards, whatever happens at the same moment.

create or replace function identity.check_user_is_active_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- The foreign key has locked the user, and waited for whoever was deactivating the account.
  if not exists (select from identity.users u where u.id = new.user_id and u.is_active) then
    perform platform.refuse('CB008', 'The account is not active.');
  end if;
  return null;
end
$$;

comment on function identity.check_user_is_active_trigger() is
  'Refuses (CB008) a session of an account that is not active. Definer: whoever signs in has no rights yet.';

create or replace function identity.wait_for_sessions_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Stronger than the update's own lock: it waits for sessions of the user that are being opened at this moment.
  perform from identity.users u where u.id = old.id for update;
  return new;
end
$$;

comment on function identity.wait_for_sessions_trigger() is
  'Before an account is deactivated. Definer: it holds for whoever may not lock users.';

create or replace function identity.end_sessions_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform identity.end_sessions(new.id, 'administrator');
  return null;
end
$$;

comment on function identity.end_sessions_trigger() is
  'After an account is deactivated: its sessions are over. Definer: sessions are internal.';
