create or replace function tenancy.create_organization(
  name text,
  owner_id uuid,
  time_zone text default 'UTC',
  currency text default 'USD',
  plan_id uuid default null,
  slug text default null
) returns uuid
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  new_organization_id constant uuid := platform.uuidv7();
begin
  loop
    insert into tenancy.organizations (id, name, slug, time_zone, currency, created_by)
    values (
      new_organization_id, create_organization.name,
      coalesce(create_organization.slug, tenancy.free_slug(create_organization.name)),
      create_organization.time_zone, create_organization.currency, owner_id)
    on conflict on constraint organizations_slug_key do nothing;
    exit when found;
    if create_organization.slug is not null then
      return null;
    end if;
    -- Somebody took the slug between looking and inserting: now it is seen, and the next one has a suffix.
  end loop;
  perform billing.start_subscription(new_organization_id, plan_id);
  perform tenancy.sync_system_roles(new_organization_id);
  insert into tenancy.organization_members (organization_id, user_id, role_id)
  select r.organization_id, owner_id, r.id
    from tenancy.roles r
   where r.organization_id = new_organization_id and r.key = 'owner';
  insert into tenancy.workspaces (organization_id, name, slug, created_by)
  values (new_organization_id, 'General', 'general', owner_id);
  return new_organization_id;
end
$$;

comment on function tenancy.create_organization(text, uuid, text, text, uuid, text) is
  'An organization with its four roles, its owner, one workspace and a subscription, to the default plan when none is '
  'named. Null when the slug that was asked for is taken. The caller has checked who may. Errors: those of '
  'billing.start_subscription.';

create or replace function tenancy.free_slug(name text) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  wanted text := left(platform.slugify(name), 50);
begin
  wanted := coalesce(wanted, 'organization');
  if exists (select from tenancy.organizations o where o.slug = wanted) or platform.is_reserved_slug(wanted) then
    wanted := wanted || '-' || encode(extensions.gen_random_bytes(4), 'hex');
  end if;
  return wanted;
end
$$;

comment on function tenancy.free_slug(text) is
  'A name as it stands in addresses, with a suffix where that is taken or reserved.';
