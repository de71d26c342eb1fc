create or replace function identity.request_password_reset(email text) returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  address constant text := identity.checked_email(request_password_reset.email);
begin
  -- Nobody is looked up here. The job finds out whether there is an account, long after the answer has gone.
  perform platform.send_mail(
    'reset_password', address, token => '{"purpose": "password_reset"}',
    job_key => 'reset_password:' || encode(security.login_digest(address), 'hex'));
  return true;
end
$$;

comment on function identity.request_password_reset(text) is E'@behavior -*\n'
  'Sends a link for a new password, when an account has this e-mail address; five in an hour at most. The answer is the same '
  'whether it has or not, in time too. Errors: INVALID_INPUT for what is no address. Definer: whoever calls has no rights '
  'yet.';
grant execute on function identity.request_password_reset(text) to callboard_anonymous, callboard_member;

create or replace function identity.reset_password(token text, password text) returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  redeemed constant identity.one_time_tokens :=
    identity.redeem_one_time_token(reset_password.token, '{password_reset}');
  account record;
begin
  select u.email, u.name, u.email_verified_at into account from identity.users u where u.id = redeemed.user_id;
  perform identity.check_password(reset_password.password, account.email, account.name);
  perform identity.set_password(redeemed.user_id, reset_password.password);
  if account.email_verified_at is null then
    perform identity.forget_unproven_ways_in(redeemed.user_id);
  end if;
  -- Whoever read the link reads the mail of the address.
  update identity.users u
     set email_verified_at = coalesce(u.email_verified_at, now())
   where u.id = redeemed.user_id;
  update security.failed_login_attempts a
     set cleared_at = clock_timestamp()
   where a.email_digest = security.login_digest(account.email) and a.cleared_at is null;
  return identity.end_sessions(redeemed.user_id, 'password_reset');
end
$$;

comment on function identity.reset_password(text, text) is E'@behavior -*\n'
  'Sets a new password by the link of a mail, ends all sessions of the user and says how many there were. Errors: '
  'LINK_INVALID, INVALID_INPUT for a password that keeps nobody out. Definer: whoever opens a link is not signed in.';
grant execute on function identity.reset_password(text, text) to callboard_anonymous, callboard_member;
