create or replace function identity.exchange_sign_in_code(
  code text,
  code_verifier text default null,
  organization_id uuid default null,
  device jsonb default null
) returns identity.session_grant
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  journey identity.provider_sign_ins;
  linked_to uuid;
  account record;
  address text;
  refused identity.session_grant;
begin
  journey := identity.take_journey(exchange_sign_in_code.code, exchange_sign_in_code.code_verifier, 'sign_in');
  if journey.id is null then
    refused.refusal := platform.refusal('CB016', 'This sign-in took too long, or has served already. Begin again.', field => 'code');
    return refused;
  end if;

  -- The user first, as everything does that changes an account, then the look: whoever resets the password at this moment
  -- comes before or after. A single statement would go on with a link that has been taken from the account while it waited,
  -- and make it anew.
  select u.id
    into linked_to
    from identity.users u
    join identity.linked_accounts l on l.user_id = u.id
   where l.issuer = journey.answer ->> 'issuer' and l.subject = journey.answer ->> 'subject'
     for no key update of u;
  select u.id, u.is_active
    into account
    from identity.linked_accounts l
    join identity.users u on u.id = l.user_id
   where l.issuer = journey.answer ->> 'issuer' and l.subject = journey.answer ->> 'subject' and u.id = linked_to;

  if account.id is null then
    -- An account is found by its address only when both sides have verified that it is the person's own. If the provider has
    -- not, anybody could name the address of another there and come in as them. If we have not, somebody may have made the
    -- account here with the address of another, to share it with its owner as soon as they come by the provider.
    address := lower(btrim(journey.answer ->> 'email'));
    if address is null or not coalesce((journey.answer ->> 'email_verified')::boolean, false) then
      refused.refusal := platform.refusal(
        'CB017', 'The provider has not verified your e-mail address.', field => 'code',
        hint => 'Sign in with your password and link the account, or verify the address there.');
      return refused;
    end if;
    insert into identity.users (email, name, email_verified_at)
    values (address, left(coalesce(nullif(btrim(journey.answer ->> 'name'), ''), split_part(address, '@', 1)), 200), now())
    on conflict do nothing;
    select u.id, u.is_active, u.email_verified_at into account from identity.users u where u.email = address for update;
    if account.email_verified_at is null then
      refused.refusal := platform.refusal(
        'CB017', 'There is an account with your e-mail address, but the address has not been verified.', field => 'code',
        hint => 'Sign in with your password and link the account.');
      return refused;
    end if;
  end if;
  if not account.is_active then
    refused.refusal := platform.refusal('CB003', 'This account is switched off.', field => 'code');
    return refused;
  end if;

  refused.refusal := identity.keep_linked_account(journey, account.id);
  if refused.refusal is not null then
    return refused;
  end if;
  return identity.complete_first_factor(
    account.id, exchange_sign_in_code.organization_id, exchange_sign_in_code.device);
end
$$;

comment on function identity.exchange_sign_in_code(text, text, uuid, jsonb) is
  E'@behavior -*\nWhat sign_in returns, for the code that a browser came back from a provider with. Whoever is new gets an '
  'account. Errors: SIGN_IN_EXPIRED, ACCOUNT_NOT_LINKED, FORBIDDEN for an account that is switched off or an organization of '
  'others. Definer: whoever calls has no rights yet; the code shows that the server has asked the provider.';
grant execute on function identity.exchange_sign_in_code(text, text, uuid, jsonb) to callboard_anonymous, callboard_member;
