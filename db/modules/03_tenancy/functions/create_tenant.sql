create or replace function tenancy.create_tenant(name text, subdomain text, plan_id uuid default null)
returns tenancy.organizations
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  wanted_name constant text := btrim(name);
  wanted_slug constant text := lower(btrim(subdomain));
  organization tenancy.organizations;
begin
  perform authz.require_user();
  if coalesce(wanted_name, '') = '' or length(wanted_name) > 200 then
    perform platform.refuse('CB002', 'An organization''s name has 1 to 200 characters.', field => 'name');
  end if;
  if wanted_slug is null or wanted_slug !~ '^[a-z0-9]+(-[a-z0-9]+)*$' or length(wanted_slug) not between 3 and 63 then
    perform platform.refuse(
      'CB002', 'A subdomain has 3 to 63 letters a to z, digits and single hyphens between them.', field => 'subdomain');
  end if;
  if platform.is_reserved_slug(wanted_slug) then
    perform platform.refuse('CB002', 'This subdomain is reserved.', field => 'subdomain');
  end if;
  select o.*
    into organization
    from tenancy.organizations o
   where o.id = tenancy.create_organization(
           wanted_name, authz.user_id(), plan_id => create_tenant.plan_id, slug => wanted_slug,
           time_zone => (select u.time_zone from identity.users u where u.id = authz.user_id()));
  if organization.id is null then
    -- A second click: the same call by the same person is answered with what the first one made.
    select o.*
      into organization
      from tenancy.organizations o
      join tenancy.organization_members m
        on m.organization_id = o.id and m.user_id = authz.user_id() and m.role_key = 'owner' and m.status = 'active'
     where o.slug = wanted_slug
       and o.name = wanted_name
       and o.created_by = authz.user_id()
       and o.status = 'active'
       and (create_tenant.plan_id is null or exists (
             select from billing.subscriptions s
              where s.organization_id = o.id and s.plan_id = create_tenant.plan_id and s.ended_at is null
           ));
  end if;
  if organization.id is null then
    perform platform.refuse('CB005', 'This subdomain is taken.', field => 'subdomain');
  end if;
  return organization;
end
$$;

comment on function tenancy.create_tenant(text, text, uuid) is
  'Starts an organization that the caller owns, with its roles, a workspace and a subscription: to the plan named, by trial '
  'or payment, or to the default one. switchOrganization leads into it. The same call again returns the same organization. '
  'Errors: UNAUTHENTICATED; INVALID_INPUT, also for a reserved subdomain or a plan that is not offered; CONFLICT for a '
  'subdomain that is taken; PAYMENT_REQUIRED. Definer: the caller has no rights there yet.';
grant execute on function tenancy.create_tenant(text, text, uuid) to callboard_member;
