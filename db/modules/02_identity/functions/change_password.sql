create or replace function identity.change_password(
  current_password text,
  new_password text,
  out sessions_ended integer,
  out refusal jsonb
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  caller_id constant uuid := identity.require_session();
  account record;
begin
  refusal := identity.check_own_password(current_password, field => 'current_password');
  if refusal is not null then
    return;
  end if;
  select u.email, u.name into account from identity.users u where u.id = caller_id;
  perform identity.check_password(new_password, account.email, account.name, field => 'new_password');
  if new_password = current_password then
    perform platform.refuse('CB002', 'This is the password that you have.', field => 'new_password');
  end if;
  perform identity.set_password(caller_id, new_password);
  sessions_ended := identity.end_sessions(caller_id, 'password_changed', spared => authz.session_id());
end
$$;

comment on function identity.change_password(text, text) is E'@behavior -*\n'
  'Changes the caller''s password, ends the other sessions and says how many there were. Errors: UNAUTHENTICATED, '
  'INVALID_CREDENTIALS, TOO_MANY_ATTEMPTS, INVALID_INPUT for a password that keeps nobody out. Definer: credentials are '
  'internal.';
grant execute on function identity.change_password(text, text) to callboard_member;
