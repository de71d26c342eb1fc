create or replace function tenancy.change_member_role(row_id uuid, role_id uuid) returns tenancy.organization_members
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  active_id constant uuid := tenancy.begin_managing('tenancy.manage_members');
  member tenancy.organization_members := tenancy.managed_member(active_id, row_id);
  role constant tenancy.roles := tenancy.granted_role(active_id, change_member_role.role_id, 'role_id');
begin
  perform tenancy.check_new_role(member, role.key, 'role_id');
  update tenancy.organization_members m
     set role_id = role.id
   where m.organization_id = member.organization_id and m.id = member.id
  returning m.* into member;
  perform tenancy.check_owner_now();
  return member;
end
$$;

comment on function tenancy.change_member_role(uuid, uuid) is
  'Gives a member another role; one''s own can be changed to a lesser one. Needs tenancy.manage_members, all that the role '
  'allows, and all that the member holds. Errors: NOT_FOUND_OR_FORBIDDEN, FORBIDDEN, LAST_OWNER; CONFLICT when the settings '
  'of security let them in as a guest only, or allow no guests. Definer: members are written by functions only.';
grant execute on function tenancy.change_member_role(uuid, uuid) to callboard_member;

create or replace function tenancy.suspend_member(row_id uuid) returns tenancy.organization_members
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  active_id constant uuid := tenancy.begin_managing('tenancy.manage_members');
  member tenancy.organization_members := tenancy.managed_member(active_id, row_id);
begin
  if member.user_id = authz.user_id() then
    perform platform.refuse('CB002', 'Nobody suspends themselves.', field => 'row_id', hint => 'You can leave.');
  end if;
  update tenancy.organization_members m
     set status = 'suspended'
   where m.organization_id = member.organization_id and m.id = member.id
  returning m.* into member;
  perform tenancy.check_owner_now();
  return member;
end
$$;

comment on function tenancy.suspend_member(uuid) is
  'Locks a member out from their next request on, until reactivateMember. Nothing else of them changes. Needs '
  'tenancy.manage_members and all that the member holds. Errors: NOT_FOUND_OR_FORBIDDEN, FORBIDDEN, INVALID_INPUT for '
  'oneself, LAST_OWNER. Definer: members are written by functions only.';
grant execute on function tenancy.suspend_member(uuid) to callboard_member;

create or replace function tenancy.reactivate_member(row_id uuid) returns tenancy.organization_members
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  active_id constant uuid := tenancy.begin_managing('tenancy.manage_members');
  member tenancy.organization_members := tenancy.managed_member(active_id, row_id);
begin
  perform tenancy.end_what_expired(active_id);
  update tenancy.organization_members m
     set status = 'active'
   where m.organization_id = member.organization_id and m.id = member.id
  returning m.* into member;
  return member;
end
$$;

comment on function tenancy.reactivate_member(uuid) is
  'Lets a suspended member in again, with what they held. Needs tenancy.manage_members and all that the member holds. '
  'Errors: NOT_FOUND_OR_FORBIDDEN, also for somebody who left: invite them; LIMIT_REACHED; FORBIDDEN. Definer: members '
  'are written by functions only.';
grant execute on function tenancy.reactivate_member(uuid) to callboard_member;

create or replace function tenancy.remove_member(row_id uuid) returns tenancy.organization_members
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  active_id constant uuid := tenancy.begin_managing('tenancy.manage_members');
  member tenancy.organization_members := tenancy.managed_member(active_id, row_id);
begin
  update tenancy.organization_members m
     set status = 'left'
   where m.organization_id = member.organization_id and m.id = member.id
  returning m.* into member;
  perform tenancy.check_owner_now();
  return member;
end
$$;

comment on function tenancy.remove_member(uuid) is
  'Ends somebody''s membership: they are out at their next request, and of workspaces and teams; what they did stays under '
  'their name. Needs tenancy.manage_members and all that the member holds. Errors: NOT_FOUND_OR_FORBIDDEN, FORBIDDEN, '
  'LAST_OWNER. Definer: members are written by functions only.';
grant execute on function tenancy.remove_member(uuid) to callboard_member;

create or replace function tenancy.leave_organization() returns tenancy.organization_members
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  member tenancy.organization_members;
begin
  perform authz.require_user();
  perform from tenancy.organizations o where o.id = authz.organization_id() for no key update;
  update tenancy.organization_members m
     set status = 'left'
   where m.organization_id = authz.organization_id() and m.user_id = authz.user_id() and m.status = 'active'
  returning m.* into member;
  if member.id is null then
    perform platform.refuse('CB004', 'You are in no organization.');
  end if;
  perform tenancy.check_owner_now();
  return member;
end
$$;

comment on function tenancy.leave_organization() is
  'Ends the caller''s membership in the active organization. Everybody may, but the last owner. Errors: UNAUTHENTICATED, '
  'NOT_FOUND_OR_FORBIDDEN without an active organization, LAST_OWNER. Definer: members are written by functions only.';
grant execute on function tenancy.leave_organization() to callboard_member;

create or replace function tenancy.transfer_ownership(row_id uuid, own_role_id uuid default null)
returns tenancy.organization_members
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  active_id constant uuid := tenancy.begin_managing('tenancy.own');
  heir tenancy.organization_members := tenancy.managed_member(active_id, row_id);
  own_role tenancy.roles;
begin
  if heir.user_id = authz.user_id() then
    perform platform.refuse('CB002', 'Ownership goes to somebody else.', field => 'row_id');
  end if;
  if heir.status <> 'active' or not exists (select from identity.users u where u.id = heir.user_id and u.is_active) then
    perform platform.refuse('CB005', 'Only an active member can own the organization.', field => 'row_id');
  end if;
  select r.*
    into own_role
    from tenancy.roles r
   where r.organization_id = active_id
     and case when own_role_id is null then r.key = 'admin' else r.id = own_role_id end;
  if own_role.id is null then
    perform platform.refuse('CB004', 'There is no such role.', field => 'own_role_id');
  end if;
  perform tenancy.check_new_role(heir, 'owner', 'row_id');
  perform tenancy.check_new_role(m, own_role.key, 'own_role_id')
     from tenancy.organization_members m
    where m.organization_id = active_id and m.user_id = authz.user_id();
  update tenancy.organization_members m
     set role_id = case m.id when heir.id then r.id else own_role.id end
    from tenancy.roles r
   where r.organization_id = m.organization_id
     and r.key = 'owner'
     and m.organization_id = heir.organization_id
     and (m.id = heir.id or m.user_id = authz.user_id());
  perform tenancy.check_owner_now();
  select m.* into heir from tenancy.organization_members m where m.organization_id = heir.organization_id and m.id = heir.id;
  return heir;
end
$$;

comment on function tenancy.transfer_ownership(uuid, uuid) is
  'Makes another member an owner and the caller an admin, or what own_role_id says, in one step. For owners. Errors: '
  'NOT_FOUND_OR_FORBIDDEN, FORBIDDEN, INVALID_INPUT for oneself, CONFLICT for a member who is not active, or whom the '
  'settings of security let in as a guest only. Definer: members are written by functions only.';
grant execute on function tenancy.transfer_ownership(uuid, uuid) to callboard_member;
