create or replace function tenancy.is_active_member(organization_id uuid, user_id uuid) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select
      from tenancy.organization_members m
     where m.organization_id = is_active_member.organization_id
       and m.user_id = is_active_member.user_id
       and m.may_enter
  )
$$;

comment on function tenancy.is_active_member(uuid, uuid) is
  'Whether a user belongs to an organization that is active and lets them in. For functions that have checked who asks.';

create or replace function tenancy.require_active_member(organization_id uuid, user_id uuid) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if tenancy.is_active_member(require_active_member.organization_id, require_active_member.user_id) then
    return;
  end if;
  if exists (
    select
      from tenancy.organization_members m
      join tenancy.organizations o on o.id = m.organization_id and o.status = 'active'
     where m.organization_id = require_active_member.organization_id
       and m.user_id = require_active_member.user_id
       and m.status = 'active'
  ) then
    perform platform.refuse(
      'CB019', 'This organization lets in those only who have a second factor.', field => 'organization_id',
      hint => 'Set one up: enrollSecondFactor.');
  end if;
  perform platform.refuse('CB003', 'You are not a member of this organization.', field => 'organization_id');
end
$$;

comment on function tenancy.require_active_member(uuid, uuid) is
  'Refuses whoever an organization does not let in: CB003 for an organization of others or one that is not active, CB019 when '
  'it takes a second factor that the member does not have.';
