create or replace function tenancy.check_role_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  unknown text;
begin
  if tg_op = 'UPDATE' and (new.key, new.is_system) is distinct from (old.key, old.is_system) then
    perform platform.refuse('CB005', 'A role keeps its key.', field => 'key');
  end if;
  if new.is_system then
    -- Whoever writes it: a role that comes with the product allows what the registry says.
    new.permissions := (
      select coalesce(array_agg(p.key order by p.key), '{}')
        from authz.permissions p
       where new.key = any (p.default_roles)
    );
    return new;
  end if;
  select wanted.key
    into unknown
    from unnest(new.permissions) as wanted (key)
   where not exists (select from authz.permissions p where p.key = wanted.key)
   limit 1;
  if found then
    perform platform.refuse(
      'CB002', format('There is no permission "%s".', coalesce(unknown, '')), field => 'permissions');
  end if;
  new.permissions := (select coalesce(array_agg(distinct key order by key), '{}') from unnest(new.permissions) as p (key));
  return new;
end
$$;

comment on function tenancy.check_role_trigger() is
  'Keeps roles to the registry of permissions: those that come with the product hold exactly what it says, the others '
  'nothing that it does not know.';

create or replace function tenancy.keep_system_roles_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform platform.refuse('CB005', format('The role %s comes with every organization.', old.name), field => 'row_id');
  return null;
end
$$;

comment on function tenancy.keep_system_roles_trigger() is 'Owner, admin, member and guest cannot be deleted.';

create or replace function tenancy.forget_permissions_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  update tenancy.roles r
     set permissions = array(select unnest(r.permissions) except select o.key from old_rows o)
   where r.permissions && array(select o.key from old_rows o);
  return null;
end
$$;

comment on function tenancy.forget_permissions_trigger() is 'A permission that is no longer in the registry leaves the roles.';
