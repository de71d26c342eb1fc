create or replace function tenancy.get_tenant_member_role(tenant_id uuid, user_id uuid default null) returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  asked_id constant uuid := coalesce(get_tenant_member_role.user_id, authz.user_id());
begin
  perform authz.require_user();
  if asked_id is distinct from authz.user_id()
     and authz.allowed('tenancy.read') is distinct from tenant_id
     and not authz.is_platform_admin() then
    perform platform.refuse('CB003', 'Only members of an organization may ask who else is one.', field => 'tenant_id');
  end if;
  return (
    select m.role_key
      from tenancy.organization_members m
     where m.organization_id = tenant_id
       and m.user_id = asked_id
       and tenancy.is_active_member(m.organization_id, m.user_id)
  );
end
$$;

comment on function tenancy.get_tenant_member_role(uuid, uuid) is
  'The key of the role that a user, the caller if none is named, has in an organization; null for who is no active member. '
  'Anybody may ask about themselves; about others, whoever holds tenancy.read in that organization, which is the active one, '
  'and administrators of the platform. Errors: UNAUTHENTICATED, FORBIDDEN. Definer: the organization may be another than the '
  'active one.';
grant execute on function tenancy.get_tenant_member_role(uuid, uuid) to callboard_member;

create or replace function tenancy.is_tenant_member(tenant_id uuid, user_id uuid default null) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select tenancy.get_tenant_member_role(is_tenant_member.tenant_id, is_tenant_member.user_id) is not null
$$;

comment on function tenancy.is_tenant_member(uuid, uuid) is
  'Whether a user, the caller if none is named, is an active member of an organization. Who may ask: as for '
  'getTenantMemberRole. Errors: UNAUTHENTICATED, FORBIDDEN.';
grant execute on function tenancy.is_tenant_member(uuid, uuid) to callboard_member;
