create or replace function tenancy.organization_members_email(member tenancy.organization_members) returns text
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select u.email
    from tenancy.organization_members m
    join identity.users u on u.id = m.user_id
   where m.organization_id = authz.organization_id()
     and m.id = member.id
     and (authz.has('tenancy.read') or m.user_id = authz.user_id())
$$;

comment on function tenancy.organization_members_email(tenancy.organization_members) is
  'The e-mail address that the member signs in with. Definer: the column itself is granted to nobody.';
grant execute on function tenancy.organization_members_email(tenancy.organization_members) to callboard_member;
