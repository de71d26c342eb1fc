-- What a member may do is kept on the member's row, so that entering reads one row. One trigger makes it, whatever the
-- reason; the others ask for it.

create or replace function tenancy.resolve_permissions(
  organization_id uuid,
  user_id uuid,
  role_key text,
  role_permissions text[],
  out permissions text[],
  out valid_until timestamptz
)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with special as (
    select p.permission, p.effect, p.expires_at
      from tenancy.member_permissions p
     where p.organization_id = resolve_permissions.organization_id
       and p.user_id = resolve_permissions.user_id
       and (p.expires_at is null or p.expires_at > now())
       -- whoever owns the organization holds everything
       and role_key <> 'owner'
  )
  select coalesce(
           (select array_agg(held.permission order by held.permission)
              from (
                select unnest(role_permissions) as permission
                 union
                select s.permission from special s where s.effect = 'grant'
                except
                select s.permission from special s where s.effect = 'deny'
              ) held),
           '{}'),
         (select min(s.expires_at) from special s)
$$;

comment on function tenancy.resolve_permissions(uuid, uuid, text, text[]) is
  'What a member may do: the role''s permissions, plus grants, minus denials; and when the first of these ends.';
grant execute on function tenancy.resolve_permissions(uuid, uuid, text, text[]) to callboard_service;

create or replace function tenancy.settle_member_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  role record;
begin
  -- The lock: whoever changes the role meanwhile waits, and then finds this member among those who have it.
  select r.key, r.permissions
    into role
    from tenancy.roles r
   where r.organization_id = new.organization_id and r.id = new.role_id
     for share;
  -- of a role that is not there, the foreign key speaks
  new.role_key := coalesce(role.key, '');
  new.effective_permissions := coalesce(role.permissions, '{}');
  new.permissions_valid_until := null;
  -- Hardly anybody has one, and a change of a role settles all who have it.
  if exists (
    select from tenancy.member_permissions p where p.organization_id = new.organization_id and p.user_id = new.user_id
  ) then
    select p.permissions, p.valid_until
      into new.effective_permissions, new.permissions_valid_until
      from tenancy.resolve_permissions(new.organization_id, new.user_id, new.role_key, new.effective_permissions) p;
  end if;
  return new;
end
$$;

comment on function tenancy.settle_member_trigger() is
  'Before a member''s role or permissions are written: what really holds is written instead.';

create or replace function tenancy.settle_members_of_roles_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  update tenancy.organization_members m
     set effective_permissions = '{}' -- the trigger knows better
    from (
           select n.organization_id, n.id, n.key, n.permissions from new_rows n
           except
           select o.organization_id, o.id, o.key, o.permissions from old_rows o
         ) r
   where m.organization_id = r.organization_id and m.role_id = r.id;
  return null;
end
$$;

comment on function tenancy.settle_members_of_roles_trigger() is 'What a role allows changed: so it does for its members.';

create or replace function tenancy.settle_members_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op in ('UPDATE', 'DELETE') then
    update tenancy.organization_members m
       set effective_permissions = '{}'
     where (m.organization_id, m.user_id) in (select o.organization_id, o.user_id from old_rows o);
  end if;
  if tg_op in ('UPDATE', 'INSERT') then
    update tenancy.organization_members m
       set effective_permissions = '{}'
     where (m.organization_id, m.user_id) in (select n.organization_id, n.user_id from new_rows n);
  end if;
  return null;
end
$$;

comment on function tenancy.settle_members_trigger() is 'Grants or denials changed: so does what their members may do.';

create or replace function tenancy.resolved_now(organization_id uuid, user_id uuid) returns text[]
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select p.permissions
    from tenancy.organization_members m
    join tenancy.roles r on r.organization_id = m.organization_id and r.id = m.role_id
   cross join lateral tenancy.resolve_permissions(m.organization_id, m.user_id, r.key, r.permissions) p
   where m.organization_id = resolved_now.organization_id and m.user_id = resolved_now.user_id
$$;

comment on function tenancy.resolved_now(uuid, uuid) is
  'What a member may do at this moment, worked out anew. For rows whose permissions_valid_until is over.';

create or replace function tenancy.permissions_now(member tenancy.organization_members) returns text[]
language sql stable
return case
  when member.permissions_valid_until > now() or member.permissions_valid_until is null then member.effective_permissions
  else tenancy.resolved_now(member.organization_id, member.user_id)
end;

comment on function tenancy.permissions_now(tenancy.organization_members) is
  'What a member may do at this moment, whatever their status. Inlined: reads the row alone unless a grant or a denial '
  'has just ended.';
