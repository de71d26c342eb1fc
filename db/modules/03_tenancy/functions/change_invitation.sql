create or replace function tenancy.managed_invitation(organization_id uuid, row_id uuid) returns tenancy.invitations
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  invitation tenancy.invitations;
begin
  select i.*
    into invitation
    from tenancy.invitations i
   where i.organization_id = managed_invitation.organization_id and i.id = managed_invitation.row_id
     for update;
  if invitation.id is null then
    perform platform.refuse('CB004', 'There is no such invitation.', field => 'row_id');
  end if;
  if invitation.accepted_at is not null or invitation.revoked_at is not null then
    perform platform.refuse(
      'CB006', format('The invitation is %s.', tenancy.invitations_status(invitation)), field => 'row_id',
      hint => 'Invite them anew.');
  end if;
  return invitation;
end
$$;

comment on function tenancy.managed_invitation(uuid, uuid) is
  'An invitation that can still be accepted, or could until it expired; locked. Errors: CB004, CB006.';

create or replace function tenancy.resend_invitation(row_id uuid) returns tenancy.invitations
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  active_id constant uuid := tenancy.begin_managing('tenancy.manage_members');
  invitation tenancy.invitations := tenancy.managed_invitation(active_id, row_id);
  role constant tenancy.roles := tenancy.granted_role(active_id, invitation.role_id, 'role_id');
begin
  perform tenancy.check_invited_address(active_id, invitation.email, role.key);
  -- What has been deleted since opens nothing.
  if exists (
    select
      from tenancy.workspaces w
     where w.organization_id = active_id and w.id = any (invitation.workspace_ids) and not authz.sees_workspace(w.id)
  ) then
    perform platform.refuse(
      'CB003', 'The invitation opens a workspace that you do not see.', field => 'row_id',
      hint => 'Whoever sees it can send the invitation again.');
  end if;
  if invitation.sent_at > now() - interval '1 minute' then
    perform platform.refuse('CB005', 'It was sent within the last minute.', field => 'row_id', hint => 'Wait a moment.');
  end if;
  perform tenancy.end_what_expired(active_id);
  -- the next message brings another
  delete from tenancy.invitation_tokens t where t.organization_id = active_id and t.invitation_id = invitation.id;
  update tenancy.invitations i
     set invited_by = authz.user_id(),
         sent_at = now(),
         lapsed_at = null,
         expires_at = now() + make_interval(days => tenancy.invitation_days(active_id))
   where i.organization_id = active_id and i.id = invitation.id
  returning i.* into invitation;
  perform tenancy.mail_invitation(invitation);
  return invitation;
end
$$;

comment on function tenancy.resend_invitation(uuid) is
  'Sends an invitation again, also one that has expired: the earlier message no longer serves, and the caller answers for it '
  'from now on. Needs tenancy.manage_members, all that the role allows, and to see the workspaces that it opens. Errors: NOT_FOUND_OR_FORBIDDEN; '
  'INVALID_TRANSITION when it was accepted or revoked; CONFLICT when they are a member already, when the settings of '
  'security exclude them, or within a minute; LIMIT_REACHED; FORBIDDEN. Definer: invitations are written by functions only.';
grant execute on function tenancy.resend_invitation(uuid) to callboard_member;

create or replace function tenancy.revoke_invitation(row_id uuid) returns tenancy.invitations
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  active_id constant uuid := tenancy.begin_managing('tenancy.manage_members');
  invitation tenancy.invitations := tenancy.managed_invitation(active_id, row_id);
begin
  update tenancy.invitations i
     set revoked_at = now(), revoked_by = authz.user_id()
   where i.organization_id = active_id and i.id = invitation.id
  returning i.* into invitation;
  return invitation;
end
$$;

comment on function tenancy.revoke_invitation(uuid) is
  'Takes an invitation back: its message no longer serves. Needs tenancy.manage_members. Errors: NOT_FOUND_OR_FORBIDDEN, '
  'INVALID_TRANSITION when it was accepted or revoked, FORBIDDEN. Definer: invitations are written by functions only.';
grant execute on function tenancy.revoke_invitation(uuid) to callboard_member;
