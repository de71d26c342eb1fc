create or replace function identity.request_email_verification() returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  caller_id constant uuid := identity.require_session();
  account record;
begin
  select u.email, u.email_verified_at into account from identity.users u where u.id = caller_id;
  if account.email_verified_at is not null then
    return false;
  end if;
  perform identity.send_verification(caller_id, account.email);
  return true;
end
$$;

comment on function identity.request_email_verification() is E'@behavior -*\n'
  'Sends a link that confirms the caller''s e-mail address, five in an hour at most; false when it is confirmed already. '
  'Errors: UNAUTHENTICATED. Definer: users are changed by functions.';
grant execute on function identity.request_email_verification() to callboard_member;

create or replace function identity.send_verification(user_id uuid, email text) returns void
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  select platform.send_mail(
    'verify_email', send_verification.email,
    token => jsonb_build_object('purpose', 'email_verification', 'user_id', send_verification.user_id),
    job_key => 'verify_email:' || send_verification.user_id)
$$;

comment on function identity.send_verification(uuid, text) is 'Sends the link that confirms an e-mail address.';

create or replace function identity.request_email_change(new_email text, password text) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  caller_id constant uuid := identity.require_session();
  address constant text := identity.checked_email(request_email_change.new_email, 'new_email');
  refusal jsonb;
begin
  refusal := identity.prove_caller(request_email_change.password, with_password => true);
  if refusal is not null then
    return jsonb_build_object('refusal', refusal);
  end if;
  if exists (select from identity.users u where u.id = caller_id and u.email = address) then
    perform platform.refuse('CB002', 'This is the e-mail address that the account has.', field => 'new_email');
  end if;
  -- The newest wish counts.
  perform identity.void_one_time_tokens(caller_id, '{email_change}');
  perform platform.send_mail(
    'change_email', address,
    token => jsonb_build_object('purpose', 'email_change', 'user_id', caller_id),
    job_key => 'change_email:' || caller_id);
  perform security.record_event('email_change_requested', caller_id);
  return '{}'::jsonb;
end
$$;

comment on function identity.request_email_change(text, text) is E'@behavior -*\n'
  'Sends a link to a new e-mail address; the account moves there when it is opened. Nothing is sent to an address that '
  'another account has, which is not said here. Errors: UNAUTHENTICATED, INVALID_INPUT, INVALID_CREDENTIALS, '
  'REAUTHENTICATION_REQUIRED, TOO_MANY_ATTEMPTS. Definer: users are changed by functions.';
grant execute on function identity.request_email_change(text, text) to callboard_member;

create or replace function identity.verify_email(token text) returns text
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  redeemed constant identity.one_time_tokens :=
    identity.redeem_one_time_token(verify_email.token, '{email_verification,email_change}');
  account record;
begin
  select u.email, u.name into account from identity.users u where u.id = redeemed.user_id;
  begin
    update identity.users u
       set email = redeemed.email, email_verified_at = now()
     where u.id = redeemed.user_id;
  exception when unique_violation then
    perform platform.refuse('CB005', 'Another account has this e-mail address by now.', field => 'token');
  end;
  if redeemed.purpose = 'email_change' then
    perform identity.void_one_time_tokens(redeemed.user_id, '{email_verification,email_change,password_reset}');
    perform platform.send_mail(
      'email_changed', account.email,
      jsonb_build_object('name', account.name, 'new_email', identity.masked_email(redeemed.email)));
  end if;
  perform security.record_event(
    case redeemed.purpose when 'email_change' then 'email_changed' else 'email_verified' end,
    redeemed.user_id);
  return redeemed.email;
end
$$;

comment on function identity.verify_email(text) is E'@behavior -*\n'
  'Confirms the e-mail address that a link was sent to, and returns it: that of the account, or the one it moves to, of '
  'which the old address is told. Errors: LINK_INVALID, CONFLICT when another account has the address by now. Definer: '
  'whoever opens a link need not be signed in.';
grant execute on function identity.verify_email(text) to callboard_anonymous, callboard_member;

create or replace function identity.masked_email(email text) returns text
language sql immutable parallel safe
return left(email, 1) || '…@' || split_part(email, '@', 2);

comment on function identity.masked_email(text) is 'Enough of an address for its owner to know it again: o…@lumen.test.';

create or replace function identity.checked_email(email text, field text default 'email') returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  address constant text := lower(btrim(checked_email.email));
begin
  if address is null or address !~ '^[^@\s]+@[^@\s]+\.[^@\s]+$' or length(address) > 254 then
    perform platform.refuse('CB002', 'This is not an e-mail address.', field => checked_email.field);
  end if;
  return address;
end
$$;

comment on function identity.checked_email(text, text) is 'An e-mail address as it is kept, or CB002.';
