create or replace function tenancy.check_permissions(permissions text[]) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  unknown constant text[] := array(
    select unnest(permissions) except select p.key from authz.permissions p order by 1);
begin
  if unknown <> '{}' or array_position(permissions, null) is not null then
    perform platform.refuse(
      'CB002', 'There is no such permission.', field => 'permissions',
      detail => 'Unknown: ' || array_to_string(unknown, ', ', 'null') || '.');
  end if;
  if 'tenancy.own' = any (permissions) then
    perform platform.refuse('CB002', 'Ownership comes with the role owner alone.', field => 'permissions');
  end if;
end
$$;

comment on function tenancy.check_permissions(text[]) is
  'Refuses (CB002) what is not in the registry, and ownership, which only one role has.';

create or replace function tenancy.managed_role(organization_id uuid, row_id uuid) returns tenancy.roles
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  role tenancy.roles;
begin
  select r.*
    into role
    from tenancy.roles r
   where r.organization_id = managed_role.organization_id and r.id = managed_role.row_id
     for update;
  if role.id is null then
    perform platform.refuse('CB004', 'There is no such role.', field => 'row_id');
  end if;
  if role.is_system then
    perform platform.refuse('CB003', 'Roles that come with the product stay as they are.', field => 'row_id');
  end if;
  perform tenancy.require_grantable(role.permissions, 'row_id');
  -- Who has the role may hold more besides: then they are above the caller all the same.
  perform tenancy.require_rank(m)
     from tenancy.organization_members m
    where m.organization_id = role.organization_id and m.role_id = role.id and m.status <> 'left'
      and m.user_id is distinct from authz.user_id();
  return role;
end
$$;

comment on function tenancy.managed_role(uuid, uuid) is
  'A role of the organization''s own that the caller may change, locked. Errors: CB004; CB003 for one of the product''s, or '
  'when it, or somebody who has it, may do more than the caller.';

create or replace function tenancy.create_role(
  name text,
  permissions text[],
  description text default null,
  key text default null
) returns tenancy.roles
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  active_id constant uuid := tenancy.begin_managing('tenancy.manage_roles');
  wanted_key constant text := coalesce(
    create_role.key,
    nullif(regexp_replace(regexp_replace(replace(platform.slugify(name), '-', '_'), '^[^a-z]+', ''), '_+$', ''), ''),
    'role_' || encode(extensions.gen_random_bytes(4), 'hex'));
  role tenancy.roles;
begin
  if btrim(coalesce(name, '')) = '' or length(name) > 100 then
    perform platform.refuse('CB002', 'A name has 1 to 100 characters.', field => 'name');
  end if;
  if wanted_key !~ '^[a-z][a-z0-9_]*$' or length(wanted_key) > 60 then
    perform platform.refuse(
      'CB002', 'A key has up to 60 letters a to z, digits and underscores, a letter first.', field => 'key');
  end if;
  perform tenancy.check_permissions(permissions);
  perform tenancy.require_grantable(permissions, 'permissions');
  insert into tenancy.roles as r (organization_id, key, name, description, permissions)
  values (active_id, wanted_key, btrim(name), create_role.description, coalesce(create_role.permissions, '{}'))
  on conflict on constraint roles_organization_id_key_key do nothing
  returning r.* into role;
  if role.id is null then
    perform platform.refuse(
      'CB005', format('There is a role with the key %s.', wanted_key),
      field => case when create_role.key is null then 'name' else 'key' end);
  end if;
  return role;
end
$$;

comment on function tenancy.create_role(text, text[], text, text) is
  'A role of the organization''s own. Needs tenancy.manage_roles and every permission that it gives; permissions() lists them '
  'all. The key is made of the name when none is given, and stays. Errors: INVALID_INPUT, FORBIDDEN, CONFLICT for a key that '
  'is taken. Definer: roles are written by functions only.';
grant execute on function tenancy.create_role(text, text[], text, text) to callboard_member;

create or replace function tenancy.update_role(
  row_id uuid,
  name text default null,
  permissions text[] default null,
  description text default null
) returns tenancy.roles
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  active_id constant uuid := tenancy.begin_managing('tenancy.manage_roles');
  role tenancy.roles := tenancy.managed_role(active_id, row_id);
begin
  if btrim(name) = '' or length(name) > 100 then
    perform platform.refuse('CB002', 'A name has 1 to 100 characters.', field => 'name');
  end if;
  perform tenancy.check_permissions(permissions);
  perform tenancy.require_grantable(permissions, 'permissions');
  update tenancy.roles r
     set name = coalesce(btrim(update_role.name), r.name),
         permissions = coalesce(update_role.permissions, r.permissions),
         description = coalesce(update_role.description, r.description)
   where r.organization_id = active_id and r.id = role.id
  returning r.* into role;
  return role;
end
$$;

comment on function tenancy.update_role(uuid, text, text[], text) is
  'Changes a role of the organization''s own, for all who have it, at their next request. What is left out stays. Needs '
  'tenancy.manage_roles and every permission that it gave and gives. Errors: NOT_FOUND_OR_FORBIDDEN, INVALID_INPUT, '
  'FORBIDDEN, also for the roles that come with the product. Definer: roles are written by functions only.';
grant execute on function tenancy.update_role(uuid, text, text[], text) to callboard_member;

create or replace function tenancy.delete_role(row_id uuid, reassign_to_id uuid default null) returns tenancy.roles
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  active_id constant uuid := tenancy.begin_managing('tenancy.manage_roles');
  role constant tenancy.roles := tenancy.managed_role(active_id, row_id);
  is_held constant boolean := exists (
    select from tenancy.organization_members m
     where m.organization_id = active_id and m.role_id = role.id and m.status <> 'left'
    union all
    select from tenancy.invitations i
     where i.organization_id = active_id and i.role_id = role.id and i.accepted_at is null and i.revoked_at is null
  );
  heir tenancy.roles;
begin
  if reassign_to_id = role.id then
    perform platform.refuse('CB002', 'That is the role to delete.', field => 'reassign_to_id');
  elsif reassign_to_id is not null then
    heir := tenancy.granted_role(active_id, reassign_to_id, 'reassign_to_id');
    -- Nobody who has a role of the organization's own is a guest: what they can become is one.
    if is_held and heir.key = 'guest' then
      perform tenancy.check_admission(active_id, null, heir.key, null, 'reassign_to_id');
    end if;
  elsif is_held then
    perform platform.refuse(
      'CB005', 'Members or open invitations have this role.', field => 'row_id',
      hint => 'Say which role they get: reassignToId.');
  else
    -- What is over needs some role too; the one that says least.
    select r.* into heir from tenancy.roles r where r.organization_id = active_id and r.key = 'guest';
  end if;
  update tenancy.organization_members m
     set role_id = heir.id
   where m.organization_id = active_id and m.role_id = role.id;
  update tenancy.invitations i
     set role_id = heir.id
   where i.organization_id = active_id and i.role_id = role.id;
  delete from tenancy.roles r where r.organization_id = active_id and r.id = role.id;
  return role;
end
$$;

comment on function tenancy.delete_role(uuid, uuid) is
  'Deletes a role of the organization''s own; its members and invitations get the one named instead. Needs '
  'tenancy.manage_roles and every permission of both roles. Errors: NOT_FOUND_OR_FORBIDDEN, FORBIDDEN, INVALID_INPUT, '
  'CONFLICT when somebody has it and no other is named, or they would become guests, whom the settings do not allow. Definer: roles are written by functions only.';
grant execute on function tenancy.delete_role(uuid, uuid) to callboard_member;

create or replace function tenancy.permissions() returns setof tenancy.permission
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select p.key, p.description, p.default_roles,
         p.key <> 'tenancy.own' and p.key = any (coalesce(tenancy.grantable_permissions(), '{}')), p.added_at
    from authz.permissions p
   where authz.user_id() is not null
   order by p.key
$$;

comment on function tenancy.permissions() is
  'Everything that a role can allow, which of the default roles do, whether the caller may give it, and since when there is '
  'such a thing. Definer: the registry is internal.';
grant execute on function tenancy.permissions() to callboard_member;
