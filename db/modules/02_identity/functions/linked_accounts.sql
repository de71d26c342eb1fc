create or replace function identity.keep_linked_account(journey identity.provider_sign_ins, user_id uuid) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  answer constant jsonb := journey.answer;
  is_new boolean;
  linked identity.linked_accounts;
  provider_name text;
begin
  insert into identity.linked_accounts as l
    (user_id, provider_id, issuer, subject, email, email_verified, name, last_sign_in_at)
  values (
    keep_linked_account.user_id, journey.provider_id, answer ->> 'issuer', answer ->> 'subject', answer ->> 'email',
    coalesce((answer ->> 'email_verified')::boolean, false), answer ->> 'name', now())
  on conflict (issuer, subject) do update
    set (provider_id, email, email_verified, name, last_sign_in_at)
      = (excluded.provider_id, excluded.email, excluded.email_verified, excluded.name, now())
  where l.user_id = excluded.user_id
  returning l.* into linked;
  if linked.id is null then
    return platform.refusal('CB005', 'This account is linked to another user.', field => 'code');
  end if;
  is_new := linked.created_at = now();
  select o.name into provider_name from identity.oauth_providers o where o.id = linked.provider_id;
  if is_new then
    perform identity.note_sign_in_change(
      linked.user_id, 'account_linked', format('Your account at %s signs you in now.', provider_name));
  end if;

  if journey.access_token_encrypted is not null then
    insert into identity.oauth_tokens as t
      (linked_account_id, user_id, access_token_encrypted, refresh_token_encrypted, token_type, scopes, expires_at)
    values (
      linked.id, linked.user_id, journey.access_token_encrypted, journey.refresh_token_encrypted,
      coalesce(answer ->> 'token_type', 'bearer'),
      array(select jsonb_array_elements_text(coalesce(answer -> 'scopes', '[]'))),
      (answer ->> 'token_expires_at')::timestamptz)
    on conflict (linked_account_id) do update
      set (access_token_encrypted, refresh_token_encrypted, token_type, scopes, expires_at, failed_at)
        -- Some providers give a refresh token at the first sign-in only.
        = (excluded.access_token_encrypted, coalesce(excluded.refresh_token_encrypted, t.refresh_token_encrypted),
           excluded.token_type, excluded.scopes, excluded.expires_at, null);
  end if;

  insert into identity.connected_apps (user_id, name, category, linked_account_id, last_used_at)
  select linked.user_id, provider_name, 'identity', linked.id, now()
   where is_new
  on conflict do nothing;
  update identity.connected_apps a set last_used_at = now() where a.linked_account_id = linked.id;
  return null;
end
$$;

comment on function identity.keep_linked_account(identity.provider_sign_ins, uuid) is
  'Links the account that a provider has vouched for to a user, or notes that it served again, with its tokens. Returns null, '
  'or the refusal when it is another user''s. The caller has checked that the user may, and holds the lock on the user.';

create or replace function identity.link_account(
  code text,
  code_verifier text,
  password text default null,
  out linked_account_id uuid,
  out refusal jsonb
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  journey identity.provider_sign_ins;
begin
  refusal := identity.prove_caller(link_account.password);
  if refusal is not null then
    return;
  end if;
  journey := identity.take_journey(link_account.code, link_account.code_verifier, 'link');
  if journey.id is null then
    refusal := platform.refusal('CB016', 'This took too long, or has served already. Begin again.', field => 'code');
    return;
  end if;
  refusal := identity.keep_linked_account(journey, authz.user_id());
  if refusal is null then
    select l.id
      into linked_account_id
      from identity.linked_accounts l
     where l.issuer = journey.answer ->> 'issuer' and l.subject = journey.answer ->> 'subject';
  end if;
end
$$;

comment on function identity.link_account(text, text, text) is
  E'@behavior -*\nLinks the account that the caller came back from a provider with. Errors: UNAUTHENTICATED, '
  'REAUTHENTICATION_REQUIRED, INVALID_CREDENTIALS, SIGN_IN_EXPIRED, CONFLICT when it is linked to another user. Definer: '
  'journeys are internal.';
grant execute on function identity.link_account(text, text, text) to callboard_member;

create or replace function identity.unlink_account(row_id uuid) returns identity.linked_accounts
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  unlinked identity.linked_accounts;
begin
  -- Two calls that unlink the last two accounts take turns.
  perform identity.lock_caller();
  delete from identity.linked_accounts l
   where l.id = unlink_account.row_id and l.user_id = authz.user_id()
  returning l.* into unlinked;
  if unlinked.id is null then
    perform platform.refuse('CB004', 'There is no such account.', field => 'row_id');
  end if;
  if not exists (select from identity.credentials c where c.user_id = authz.user_id())
     and not exists (
           select
             from identity.linked_accounts l
             join identity.oauth_providers o on o.id = l.provider_id and o.is_configured and o.is_enabled
            where l.user_id = authz.user_id()
         ) then
    perform platform.refuse(
      'CB005', 'Without this account there would be no way to sign in.', field => 'row_id',
      hint => 'Set a password or link another account first.');
  end if;
  perform identity.note_sign_in_change(
    authz.user_id(), 'account_unlinked',
    format(
      'Your account at %s does not sign you in any more.',
      (select o.name from identity.oauth_providers o where o.id = unlinked.provider_id)));
  return unlinked;
end
$$;

comment on function identity.unlink_account(uuid) is
  'Ends that the caller signs in with an account at a provider, and forgets its tokens. Errors: UNAUTHENTICATED, '
  'NOT_FOUND_OR_FORBIDDEN, CONFLICT when there would be no other way to sign in. Definer: tokens are internal, and accounts '
  'are changed by functions only.';
grant execute on function identity.unlink_account(uuid) to callboard_member;

create or replace function identity.forget_unproven_ways_in(user_id uuid) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from identity.linked_accounts l where l.user_id = forget_unproven_ways_in.user_id;
  perform identity.remove_second_factor(forget_unproven_ways_in.user_id);
end
$$;

comment on function identity.forget_unproven_ways_in(uuid) is
  'Takes linked accounts and the second factor from an account whose address was never verified, before whoever reads its '
  'mail gets it: somebody else may have made it, and left a way in for themselves.';
