create or replace function tenancy.clear_former_member_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from tenancy.workspace_members w where w.organization_id = new.organization_id and w.user_id = new.user_id;
  delete from tenancy.member_permissions p where p.organization_id = new.organization_id and p.user_id = new.user_id;
  update tenancy.team_members t
     set deleted_at = clock_timestamp()
   where t.organization_id = new.organization_id and t.user_id = new.user_id and t.deleted_at is null;
  update tenancy.api_keys k
     set revoked_at = now(), revoked_by = authz.user_id()
   where k.organization_id = new.organization_id and k.created_by = new.user_id and k.revoked_at is null;
  update tenancy.invitations i
     set revoked_at = now(), revoked_by = authz.user_id()
    from identity.users u
   where u.id = new.user_id
     and i.organization_id = new.organization_id
     and i.email = u.email
     and i.accepted_at is null
     and i.revoked_at is null;
  return null;
end
$$;

comment on function tenancy.clear_former_member_trigger() is
  'Whoever leaves takes nothing along: no workspace, team, grant, API key or open invitation waits for them. What they come '
  'back to is what they are invited to then. Definer: the caller may not write all of it.';
