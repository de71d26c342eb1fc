create or replace function tenancy.sync_system_roles(organization_id uuid default null) returns void
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  insert into tenancy.roles as r (organization_id, key, name, description, is_system, permissions)
  select o.id, d.key, d.name, d.description, true,
         (select coalesce(array_agg(p.key order by p.key), '{}')
            from authz.permissions p
           where d.key = any (p.default_roles))
    from tenancy.organizations o
   cross join (values
           ('owner', 'Owner', 'May do everything, and decides who else owns the organization.'),
           ('admin', 'Admin', 'Runs the organization: everything but ownership.'),
           ('member', 'Member', 'Works in the organization: projects, events, gear; not its money.'),
           ('guest', 'Guest', 'Reads what is in the workspaces it was invited to.')
         ) as d (key, name, description)
   where sync_system_roles.organization_id is null or o.id = sync_system_roles.organization_id
  on conflict on constraint roles_organization_id_key_key do update
    set (name, description, is_system, permissions, updated_at)
      = (excluded.name, excluded.description, true, excluded.permissions, now())
  where r.permissions is distinct from excluded.permissions or not r.is_system
$$;

comment on function tenancy.sync_system_roles(uuid) is
  'Gives the four default roles of one organization, or of all, the permissions that the registry says.';

create or replace function tenancy.sync_system_roles_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  -- A migration registers everything again; hardly ever is something new.
  if exists (select from new_rows) then
    perform tenancy.sync_system_roles();
  end if;
  return null;
end
$$;

comment on function tenancy.sync_system_roles_trigger() is
  'A permission that comes with a release reaches the default roles of all organizations.';
