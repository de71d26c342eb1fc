create or replace function identity.sign_up(
  email text,
  password text,
  name text,
  organization_name text default null,
  device jsonb default null,
  invitation_token text default null
) returns identity.session_grant
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  address constant text := identity.checked_email(sign_up.email);
  new_hash text;
  invitation tenancy.invitations;
  new_user_id uuid;
begin
  perform identity.check_password(sign_up.password, address, sign_up.name);
  if btrim(coalesce(sign_up.name, '')) = '' or length(sign_up.name) > 200 then
    perform platform.refuse('CB002', 'A name has 1 to 200 characters.', field => 'name');
  end if;
  if sign_up.organization_name is not null and (btrim(sign_up.organization_name) = '' or length(sign_up.organization_name) > 200) then
    perform platform.refuse('CB002', 'An organization''s name has 1 to 200 characters.', field => 'organization_name');
  end if;
  if sign_up.invitation_token is not null then
    if sign_up.organization_name is not null then
      perform platform.refuse(
        'CB002', 'An invitation leads into its organization: there is none to start.', field => 'organization_name');
    end if;
    -- Before the organization is locked, as it takes a while.
    new_hash := identity.hash_password(sign_up.password);
    invitation := tenancy.open_invitation(sign_up.invitation_token, 'invitation_token');
    if invitation.email <> address then
      perform platform.refuse(
        'CB003', 'The invitation is for another e-mail address.', field => 'email',
        hint => 'Sign up with the address that it was sent to.');
    end if;
  end if;

  -- The token of an invitation has been in no other mailbox than this, so it confirms the address as the link of a mail would.
  insert into identity.users (email, name, email_verified_at)
  values (address, btrim(sign_up.name), case when invitation.id is not null then now() end)
  on conflict do nothing
  returning id into new_user_id;
  if new_user_id is null then
    perform platform.refuse(
      'CB005', 'There is an account with this e-mail address.', field => 'email',
      hint => case when invitation.id is not null then 'Sign in, and accept the invitation.' end);
  end if;
  insert into identity.credentials (user_id, password_hash)
  values (new_user_id, coalesce(new_hash, identity.hash_password(sign_up.password)));
  if invitation.id is not null then
    perform tenancy.follow_invitation(invitation, new_user_id, 'invitation_token');
  else
    if sign_up.organization_name is not null then
      perform tenancy.create_organization(btrim(sign_up.organization_name), new_user_id);
    end if;
    perform identity.send_verification(new_user_id, address);
  end if;
  update identity.users u set last_sign_in_at = now() where u.id = new_user_id;
  -- None when the organization lets in those only who have a second factor.
  return identity.open_session(new_user_id, identity.default_organization(new_user_id), sign_up.device);
end
$$;

comment on function identity.sign_up(text, text, text, text, jsonb, text) is
  'An account with its first session, and, when a name is given, an organization that it owns; or, with the token of an '
  'invitation to this address, a member of that organization, whose address is confirmed by it. Otherwise a link to confirm '
  'the e-mail address goes out. Errors: INVALID_INPUT; CONFLICT for a known e-mail address; INVITATION_INVALID, whose detail '
  'is unknown, accepted, revoked, expired, inviter or organization; FORBIDDEN for an invitation to another address; '
  'LIMIT_REACHED. Definer: whoever calls has no rights yet.';
grant execute on function identity.sign_up(text, text, text, text, jsonb, text) to callboard_anonymous, callboard_member;
