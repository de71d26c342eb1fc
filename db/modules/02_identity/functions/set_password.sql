create or replace function identity.set_password(user_id uuid, password text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  account record;
begin
  insert into identity.credentials as c (user_id, password_hash)
  values (set_password.user_id, identity.hash_password(set_password.password))
  on conflict on constraint credentials_pkey do update
    set (password_hash, changed_at) = (excluded.password_hash, now());
  -- Links that were asked for under the old password: a reset that somebody else wanted, a move to another address.
  perform identity.void_one_time_tokens(set_password.user_id, '{password_reset,email_change}');
  -- And sign-ins that have got through the old password, and wait for their second factor.
  delete from identity.sign_in_challenges c where c.user_id = set_password.user_id;
  select u.email, u.name into account from identity.users u where u.id = set_password.user_id;
  perform security.record_event('password_changed', set_password.user_id);
  perform platform.send_mail('password_changed', account.email, jsonb_build_object('name', account.name));
end
$$;

comment on function identity.set_password(uuid, text) is
  'Gives a user a password, voids links that were asked for under the old one, and tells the user by mail. The caller has '
  'checked who asks and the password, holds the lock on the user, and ends the sessions that have to end.';

create or replace function identity.void_one_time_tokens(user_id uuid, purposes text[]) returns void
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  update identity.one_time_tokens t
     set used_at = now()
   where t.user_id = void_one_time_tokens.user_id
     and t.purpose = any (void_one_time_tokens.purposes)
     and t.used_at is null
$$;

comment on function identity.void_one_time_tokens(uuid, text[]) is 'Makes links of these purposes worthless.';
