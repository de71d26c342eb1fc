create or replace function tenancy.set_member_permission(
  member_id uuid,
  permission text,
  effect text default 'grant',
  expires_at timestamptz default null,
  reason text default null
) returns tenancy.member_permissions
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  active_id constant uuid := tenancy.begin_managing('tenancy.manage_members');
  member constant tenancy.organization_members := tenancy.managed_member(active_id, member_id, field => 'member_id');
  special tenancy.member_permissions;
begin
  if permission is null or effect is null or effect not in ('grant', 'deny') then
    perform platform.refuse(
      'CB002', 'A permission is granted or denied.', field => case when permission is null then 'permission' else 'effect' end);
  end if;
  if member.user_id = authz.user_id() then
    perform platform.refuse('CB003', 'Nobody grants to themselves.', field => 'member_id');
  end if;
  if member.role_key = 'owner' then
    perform platform.refuse('CB005', 'Owners hold everything already, and nothing can be denied to them.', field => 'member_id');
  end if;
  if set_member_permission.expires_at <= now() or not isfinite(set_member_permission.expires_at) then
    perform platform.refuse('CB002', 'The end lies in the past.', field => 'expires_at');
  end if;
  if length(reason) > 500 then
    perform platform.refuse('CB002', 'A reason has up to 500 characters.', field => 'reason');
  end if;
  if permission = 'tenancy.own' or not exists (select from authz.permissions p where p.key = permission) then
    perform platform.refuse('CB002', 'There is no such permission to grant.', field => 'permission');
  end if;
  perform tenancy.require_grantable(array[permission], 'permission');
  insert into tenancy.member_permissions as p (organization_id, user_id, permission, effect, expires_at, reason)
  values (
    active_id, member.user_id, set_member_permission.permission, set_member_permission.effect,
    set_member_permission.expires_at, set_member_permission.reason)
  on conflict on constraint member_permissions_organization_id_user_id_permission_key do update
    set (effect, expires_at, reason, created_by, created_at)
      = (excluded.effect, excluded.expires_at, excluded.reason, excluded.created_by, excluded.created_at)
  returning p.* into special;
  return special;
end
$$;

comment on function tenancy.set_member_permission(uuid, text, text, timestamptz, text) is
  'Grants a member something besides their role, or denies them something that it allows; for a time, if an end is given. '
  'Replaces what was said about the same permission. Needs tenancy.manage_members, the permission itself, and all that the '
  'member holds. Errors: NOT_FOUND_OR_FORBIDDEN, FORBIDDEN, also for oneself, INVALID_INPUT, CONFLICT for owners. Definer: '
  'grants are written by functions only.';
grant execute on function tenancy.set_member_permission(uuid, text, text, timestamptz, text) to callboard_member;

create or replace function tenancy.clear_member_permission(row_id uuid) returns tenancy.member_permissions
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  active_id constant uuid := tenancy.begin_managing('tenancy.manage_members');
  special tenancy.member_permissions;
begin
  select p.*
    into special
    from tenancy.member_permissions p
   where p.organization_id = active_id and p.id = row_id
     for update;
  if special.id is null then
    perform platform.refuse('CB004', 'There is no such grant.', field => 'row_id');
  end if;
  if special.user_id = authz.user_id() and special.effect = 'deny' then
    perform platform.refuse('CB003', 'Nobody grants to themselves.', field => 'row_id');
  end if;
  perform tenancy.managed_member(active_id, m.id)
     from tenancy.organization_members m
    where m.organization_id = active_id and m.user_id = special.user_id;
  -- To lift a denial is to grant.
  if special.effect = 'deny' then
    perform tenancy.require_grantable(array[special.permission], 'row_id');
  end if;
  delete from tenancy.member_permissions p where p.organization_id = active_id and p.id = special.id;
  return special;
end
$$;

comment on function tenancy.clear_member_permission(uuid) is
  'Takes a grant back, or lifts a denial: the role alone decides again. Needs tenancy.manage_members and all that the member '
  'holds; to lift a denial, also the permission. Errors: NOT_FOUND_OR_FORBIDDEN, FORBIDDEN. Definer: grants are written by '
  'functions only.';
grant execute on function tenancy.clear_member_permission(uuid) to callboard_member;
