create or replace function identity.redeem_one_time_token(
  token text,
  purposes text[]
) returns identity.one_time_tokens
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  hash constant bytea := sha256(convert_to(coalesce(redeem_one_time_token.token, ''), 'UTF8'));
  redeemed identity.one_time_tokens;
begin
  -- The user first, as everything does that changes an account.
  perform
     from identity.users u
     join identity.one_time_tokens t on t.user_id = u.id
    where t.token_hash = hash
      for no key update of u;
  update identity.one_time_tokens t
     set used_at = now()
    from identity.users u
   where t.token_hash = hash
     and t.purpose = any (purposes)
     and t.used_at is null
     and t.expires_at > now()
     and u.id = t.user_id
     and u.is_active
     -- Sent to an address that the account has left since.
     and (t.purpose = 'email_change' or u.email = t.email)
  returning t.* into redeemed;
  if redeemed.id is null then
    perform platform.refuse(
      'CB011', 'The link has been used already, or is out of date.', field => 'token', hint => 'Ask for a new one.');
  end if;
  return redeemed;
end
$$;

comment on function identity.redeem_one_time_token(text, text[]) is
  'What the token of a link stands for; it serves once. Locks its user. Errors: LINK_INVALID for a token that is unknown, '
  'used, void, out of date or for something else.';
