-- What the functions that change members, roles and invitations have in common.

create or replace function tenancy.begin_managing(permission text) returns uuid
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  active_id constant uuid := authz.require(permission);
begin
  -- One at a time in an organization: what is checked from here on still holds when it is written.
  perform from tenancy.organizations o where o.id = active_id for no key update;
  -- The caller may have been removed while waiting.
  if not exists (
    select
      from tenancy.organization_members m
     where m.organization_id = active_id
       and m.user_id = authz.user_id()
       and m.status = 'active'
       and begin_managing.permission = any (tenancy.permissions_now(m))
  ) then
    perform platform.refuse('CB003', 'Your role does not allow this.', detail => 'It takes ' || permission || '.');
  end if;
  return active_id;
end
$$;

comment on function tenancy.begin_managing(text) is
  'The active organization, locked against others who manage it, after the caller''s permission was looked up again. '
  'Errors: CB001, CB003.';

create or replace function tenancy.lasting_permissions(organization_id uuid, user_id uuid) returns text[]
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select array(
           select unnest(tenancy.permissions_now(m))
           except
           select p.permission
             from tenancy.member_permissions p
            where p.organization_id = m.organization_id
              and p.user_id = m.user_id
              and p.effect = 'grant'
              and p.expires_at is not null
              and p.permission <> all (r.permissions)
         )
    from tenancy.organization_members m
    join tenancy.roles r on r.organization_id = m.organization_id and r.id = m.role_id
   where m.organization_id = lasting_permissions.organization_id
     and m.user_id = lasting_permissions.user_id
     and m.status = 'active'
$$;

comment on function tenancy.lasting_permissions(uuid, uuid) is
  'What an active member holds without an end, and may therefore pass on. Null for others.';

create or replace function tenancy.grantable_permissions() returns text[]
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select array(
    select unnest(authz.permissions())
    intersect
    select unnest(tenancy.lasting_permissions(authz.organization_id(), authz.user_id()))
  )
$$;

comment on function tenancy.grantable_permissions() is
  'What the caller may give to others: what they hold themselves, in this call and without an end. Whoever got something '
  'until Friday cannot keep it by way of a friend.';

create or replace function tenancy.require_grantable(permissions text[], field text) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  missing constant text[] := array(
    select unnest(permissions) except select unnest(tenancy.grantable_permissions()) order by 1);
begin
  if missing <> '{}' then
    perform platform.refuse(
      'CB003', 'Nobody gives what they do not hold.', field => field,
      detail => 'You do not hold ' || array_to_string(missing, ', ') || ' yourself.');
  end if;
end
$$;

comment on function tenancy.require_grantable(text[], text) is
  'Refuses (CB003) to give permissions that the caller does not hold, and names them.';

create or replace function tenancy.require_rank(member tenancy.organization_members, field text default 'row_id')
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  above constant text[] := array(
    select unnest(tenancy.permissions_now(member)) except select unnest(tenancy.grantable_permissions()) order by 1);
begin
  if above <> '{}' then
    perform platform.refuse(
      'CB003', 'This member may do more than you.', field => field,
      detail => 'You do not hold ' || array_to_string(above, ', ') || ' yourself.');
  end if;
end
$$;

comment on function tenancy.require_rank(tenancy.organization_members, text) is
  'Refuses (CB003) to change a member who holds what the caller does not. Only owners hold tenancy.own, so nobody else '
  'changes an owner. field is the argument that says which member.';

create or replace function tenancy.managed_member(organization_id uuid, row_id uuid, field text default 'row_id')
returns tenancy.organization_members
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  member tenancy.organization_members;
begin
  select m.*
    into member
    from tenancy.organization_members m
   where m.organization_id = managed_member.organization_id and m.id = managed_member.row_id and m.status <> 'left'
     for update;
  if member.id is null then
    perform platform.refuse('CB004', 'There is no such member.', field => field);
  end if;
  if member.user_id is distinct from authz.user_id() then
    perform tenancy.require_rank(member, field);
  end if;
  return member;
end
$$;

comment on function tenancy.managed_member(uuid, uuid, text) is
  'A member whom the caller may change, locked; field is the argument that says which. Errors: CB004 for one who is not '
  'there, CB003 for one who may do more.';

create or replace function tenancy.granted_role(organization_id uuid, role_id uuid, field text) returns tenancy.roles
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  role tenancy.roles;
begin
  select r.*
    into role
    from tenancy.roles r
   where r.organization_id = granted_role.organization_id and r.id = granted_role.role_id
     for share;
  if role.id is null then
    perform platform.refuse('CB004', 'There is no such role.', field => field);
  end if;
  perform tenancy.require_grantable(role.permissions, field);
  return role;
end
$$;

comment on function tenancy.granted_role(uuid, uuid, text) is
  'A role that the caller may give to somebody, locked. Errors: CB004 for one that is not there, CB003 for one that allows '
  'more than the caller may do.';
