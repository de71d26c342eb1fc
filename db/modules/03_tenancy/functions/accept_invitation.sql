create or replace function tenancy.invitation_of_token(token text) returns tenancy.invitations
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select i.*
    from tenancy.invitation_tokens t
    join tenancy.invitations i on i.organization_id = t.organization_id and i.id = t.invitation_id
   -- The organization stands in front, so that the row is found by its key.
   where t.organization_id = case when token ~ '^[0-9a-f]{96}$' then left(token, 32)::uuid end
     and t.token_hash = sha256(token::bytea)
$$;

comment on function tenancy.invitation_of_token(text) is 'The invitation whose message has this token.';

create or replace function tenancy.still_vouched_for(invitation tenancy.invitations) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select
      from tenancy.organization_members m
      join identity.users u on u.id = m.user_id and u.is_active
      join tenancy.roles r on r.organization_id = m.organization_id and r.id = invitation.role_id
     where m.organization_id = invitation.organization_id
       and m.user_id = invitation.invited_by
       and m.status = 'active'
       and r.permissions || '{tenancy.manage_members}'::text[]
           <@ tenancy.lasting_permissions(m.organization_id, m.user_id)
  )
$$;

comment on function tenancy.still_vouched_for(tenancy.invitations) is
  'Whether whoever sent an invitation could send it today.';

create or replace function tenancy.open_invitation(token text, field text) returns tenancy.invitations
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  invitation tenancy.invitations := tenancy.invitation_of_token(open_invitation.token);
  organization_status text;
  refused text;
begin
  -- Whoever manages members has this lock too: what is read once it is had still holds when it is written.
  select o.status
    into organization_status
    from tenancy.organizations o
   where o.id = invitation.organization_id
     for no key update;
  invitation := tenancy.invitation_of_token(open_invitation.token);
  refused := case
    when invitation.id is null then 'unknown'
    when invitation.accepted_at is not null then 'accepted'
    when invitation.revoked_at is not null then 'revoked'
    when invitation.expires_at <= now() then 'expired'
    when organization_status <> 'active' then 'organization'
    when not tenancy.still_vouched_for(invitation) then 'inviter'
  end;
  if refused is not null then
    perform platform.refuse(
      'CB021',
      case refused
        when 'accepted' then 'The invitation has been accepted already.'
        when 'revoked' then 'The invitation has been revoked.'
        when 'expired' then 'The invitation has expired.'
        when 'organization' then 'The organization is not active.'
        when 'inviter' then 'Whoever sent the invitation can no longer invite.'
        else 'There is no such invitation.'
      end,
      field => open_invitation.field, detail => refused, hint => 'Ask for a new one.');
  end if;
  return invitation;
end
$$;

comment on function tenancy.open_invitation(text, text) is
  'The invitation whose message has this token, held open for the caller: its organization is locked. Errors: CB021 for one '
  'that nobody can accept any more, whose detail is unknown, accepted, revoked, expired, inviter or organization.';

create or replace function tenancy.follow_invitation(invitation tenancy.invitations, user_id uuid, field text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  held constant text[] := tenancy.lasting_permissions(invitation.organization_id, invitation.invited_by);
begin
  -- The settings may have changed since it was sent.
  perform tenancy.check_admission(
            invitation.organization_id, invitation.email, r.key, follow_invitation.field, follow_invitation.field)
     from tenancy.roles r
    where r.organization_id = invitation.organization_id and r.id = invitation.role_id;
  -- First, so that the seat it holds is free for the member.
  update tenancy.invitations i
     set accepted_at = now(), accepted_by = follow_invitation.user_id
   where i.organization_id = invitation.organization_id and i.id = invitation.id;
  insert into tenancy.organization_members as m (organization_id, user_id, role_id)
  values (invitation.organization_id, follow_invitation.user_id, invitation.role_id)
  on conflict on constraint organization_members_organization_id_user_id_key do update
    set status = 'active', role_id = excluded.role_id, joined_at = now()
  where m.status = 'left';
  if not found then
    perform platform.refuse('CB005', 'You are a member already.', field => follow_invitation.field);
  end if;
  -- What has been deleted since is left out, and what whoever answers for the invitation does not see any more.
  insert into tenancy.workspace_members (organization_id, workspace_id, user_id)
  select w.organization_id, w.id, follow_invitation.user_id
    from tenancy.workspaces w
   where w.organization_id = invitation.organization_id
     and w.id = any (invitation.workspace_ids)
     and ('workspaces.all' = any (held)
          or w.id = any (authz.workspaces_of(invitation.organization_id, invitation.invited_by, held)::uuid[]))
  on conflict do nothing;
  insert into tenancy.team_members (organization_id, team_id, user_id, created_by)
  select t.organization_id, t.id, follow_invitation.user_id, invitation.invited_by
    from tenancy.teams t
   where t.organization_id = invitation.organization_id and t.id = invitation.team_id and t.deleted_at is null;
end
$$;

comment on function tenancy.follow_invitation(tenancy.invitations, uuid, text) is
  'Makes a user a member, as an invitation says that open_invitation has opened; the caller has checked that it is theirs. '
  'Errors: CB005 for a member, also a suspended one, and where the settings of security do not let them in any more; CB025.';

create or replace function tenancy.accept_invitation(token text) returns tenancy.organizations
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  invitation tenancy.invitations;
  organization tenancy.organizations;
  address text;
begin
  if authz.user_id() is null then
    perform platform.refuse('CB001', 'Sign in first, or sign up with the token of the invitation.');
  end if;
  -- The user first, then organizations, as everything does that changes an account.
  perform from identity.users u where u.id = authz.user_id() for no key update;
  invitation := tenancy.open_invitation(accept_invitation.token, 'token');
  -- Whoever has the message may have it from somebody else; whoever has the account may never have proved its address.
  -- Both together say that it is the person who was asked.
  update identity.users u
     set email_verified_at = coalesce(u.email_verified_at, now())
   where u.id = authz.user_id() and u.email = invitation.email and u.is_active
  returning u.email into address;
  if address is null then
    perform platform.refuse(
      'CB003', 'The invitation is for another e-mail address.', field => 'token',
      hint => 'Sign in with the address that it was sent to.');
  end if;
  perform tenancy.follow_invitation(invitation, authz.user_id(), 'token');
  select o.* into organization from tenancy.organizations o where o.id = invitation.organization_id;
  return organization;
end
$$;

comment on function tenancy.accept_invitation(text) is
  'Makes the caller a member, as the invitation says; whoever was a member before comes back. The caller''s account has the '
  'address that the invitation was sent to, and is taken to be verified by the token; whoever has none signs up with the '
  'token instead. Returns the organization: switchOrganization leads into it. Errors: UNAUTHENTICATED; INVITATION_INVALID, '
  'whose detail is unknown, accepted, revoked, expired, inviter or organization; FORBIDDEN for another''s; CONFLICT for a '
  'member, also a suspended one, and where the settings of security let nobody in like that any more; LIMIT_REACHED. Definer: '
  'the caller has no rights there yet.';
grant execute on function tenancy.accept_invitation(text) to callboard_member;

create or replace function tenancy.preview_invitation(token text) returns tenancy.invitation_preview
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select i.email, tenancy.invitations_status(i), i.expires_at, o.name, o.logo_url, r.name, u.name,
         exists (select from identity.users a where a.email = i.email)
    from tenancy.invitation_of_token(token) i
    join tenancy.organizations o on o.id = i.organization_id
    join tenancy.roles r on r.organization_id = i.organization_id and r.id = i.role_id
    join identity.users u on u.id = i.invited_by
$$;

comment on function tenancy.preview_invitation(text) is
  'What the page behind the link of an invitation shows, before anybody signs in or up; nothing for a token that is none. '
  'Definer: whoever holds the token has no rights yet.';
grant execute on function tenancy.preview_invitation(text) to callboard_anonymous, callboard_member;
