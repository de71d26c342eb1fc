create or replace function tenancy.invitation_days(organization_id uuid) returns integer
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select (tenancy.setting(invitation_days.organization_id, 'security') ->> 'invitationDays')::integer
$$;

comment on function tenancy.invitation_days(uuid) is 'For how many days invitations of an organization hold: a setting.';

create or replace function tenancy.check_admission(
  organization_id uuid,
  email text,
  role_key text,
  email_field text,
  role_field text
) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  policy constant jsonb := tenancy.setting(check_admission.organization_id, 'security');
begin
  if role_key = 'guest' and not (policy ->> 'guestsAllowed')::boolean then
    perform platform.refuse('CB005', 'The organization''s settings allow no guests.', field => role_field);
  end if;
  if role_key <> 'guest'
     and policy -> 'allowedEmailDomains' <> '[]'
     and not policy -> 'allowedEmailDomains' ? split_part(email, '@', 2) then
    perform platform.refuse(
      'CB005', 'The organization''s settings allow no addresses at this domain.', field => email_field,
      hint => 'Allowed are: '
        || (select string_agg(d, ', ') from jsonb_array_elements_text(policy -> 'allowedEmailDomains') as a (d)) || '.');
  end if;
end
$$;

comment on function tenancy.check_admission(uuid, text, text, text, text) is
  'Refuses (CB005) somebody whom the organization''s settings of security do not let in as what they are to be: a guest, or '
  'a member with an address at another domain. The fields are what the caller has given.';

create or replace function tenancy.check_new_role(member tenancy.organization_members, role_key text, field text) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Whoever is in already stays so: a member from before the rule can still be given less, or more.
  if (member.role_key = 'guest') is distinct from (check_new_role.role_key = 'guest') then
    perform tenancy.check_admission(member.organization_id, u.email, check_new_role.role_key, field, field)
       from identity.users u
      where u.id = member.user_id;
  end if;
end
$$;

comment on function tenancy.check_new_role(tenancy.organization_members, text, text) is
  'Refuses (CB005) to make a member of a guest, or a guest of a member, whom the settings of security would not let in so.';

create or replace function tenancy.check_invited_address(organization_id uuid, email text, role_key text) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if email is null or email !~ '^[^@\s]+@[^@\s]+\.[^@\s]+$' or length(email) > 254 then
    perform platform.refuse('CB002', 'This is not an e-mail address.', field => 'email');
  end if;
  perform tenancy.check_admission(organization_id, email, role_key, 'email', 'role_id');
  if exists (
    select
      from tenancy.organization_members m
      join identity.users u on u.id = m.user_id
     where m.organization_id = check_invited_address.organization_id
       and u.email = check_invited_address.email
       and m.status <> 'left'
  ) then
    perform platform.refuse('CB005', 'They are a member already.', field => 'email');
  end if;
end
$$;

comment on function tenancy.check_invited_address(uuid, text, text) is
  'Refuses an address that is none (CB002), that the organization''s settings of security do not allow, or whose account '
  'is a member already (CB005).';

create or replace function tenancy.invite_member(
  email text,
  role_id uuid,
  workspace_ids uuid[] default null,
  team_id uuid default null
) returns tenancy.invitations
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  active_id constant uuid := tenancy.begin_managing('tenancy.manage_members');
  address constant text := lower(btrim(email));
  role constant tenancy.roles := tenancy.granted_role(active_id, invite_member.role_id, 'role_id');
  wanted_workspaces constant uuid[] := array(select distinct unnest(workspace_ids) order by 1);
  invitation tenancy.invitations;
begin
  perform tenancy.check_invited_address(active_id, address, role.key);
  if cardinality(wanted_workspaces) > 100 then
    perform platform.refuse('CB002', 'At most 100 workspaces.', field => 'workspace_ids');
  end if;
  -- Nobody shows a workspace that they do not see.
  if exists (
    select from unnest(wanted_workspaces) as wanted (id)
     where not exists (
             select from tenancy.workspaces w
              where w.organization_id = active_id
                and w.id = wanted.id
                and authz.sees_workspace(w.id)
           )
  ) then
    perform platform.refuse('CB004', 'There is no such workspace.', field => 'workspace_ids');
  end if;
  if invite_member.team_id is not null and not exists (
    select from tenancy.teams t
     where t.organization_id = active_id and t.id = invite_member.team_id and t.deleted_at is null
       and (t.workspace_id is null or authz.sees_workspace(t.workspace_id))
  ) then
    perform platform.refuse('CB004', 'There is no such team.', field => 'team_id');
  end if;

  perform tenancy.end_what_expired(active_id);
  update tenancy.invitations i
     set revoked_at = now(), revoked_by = authz.user_id()
   where i.organization_id = active_id
     and i.email = address
     and i.accepted_at is null
     and i.revoked_at is null
     and i.expires_at <= now();
  insert into tenancy.invitations as i
    (organization_id, email, role_id, workspace_ids, team_id, invited_by, expires_at)
  values (
    active_id, address, role.id, wanted_workspaces, invite_member.team_id, authz.user_id(),
    now() + make_interval(days => tenancy.invitation_days(active_id)))
  on conflict do nothing
  returning i.* into invitation;
  if invitation.id is null then
    perform platform.refuse(
      'CB005', 'They are invited already.', field => 'email', hint => 'Send it again, or revoke it first.');
  end if;
  perform tenancy.mail_invitation(invitation);
  return invitation;
end
$$;

comment on function tenancy.invite_member(text, uuid, uuid[], uuid) is
  'Asks somebody by e-mail to join, with an account or without one yet: a role, and, if wanted, private workspaces and a '
  'team. Needs tenancy.manage_members and all that the role allows. Errors: INVALID_INPUT, FORBIDDEN, '
  'NOT_FOUND_OR_FORBIDDEN, CONFLICT for a member, an address that is invited already or one that the settings of security '
  'exclude; LIMIT_REACHED. Definer: invitations are written by functions only.';
grant execute on function tenancy.invite_member(text, uuid, uuid[], uuid) to callboard_member;
