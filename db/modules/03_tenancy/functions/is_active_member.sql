create or replace function tenancy.is_active_member(organization_id uuid, user_id uuid) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select
      from tenancy.organization_members m
      join tenancy.organizations o on o.id = m.organization_id and o.status = 'active'
     where m.organization_id = is_active_member.organization_id
       and m.user_id = is_active_member.user_id
       and m.status = 'active'
  )
$$;

comment on function tenancy.is_active_member(uuid, uuid) is
  'Whether a user belongs to an organization that is active. For functions that have checked who asks.';
