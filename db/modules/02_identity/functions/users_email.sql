create or replace function identity.users_email(member identity.users) returns text
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select u.email
    from identity.users u
   where u.id = member.id
     and (u.id = authz.user_id()
          or authz.has('tenancy.read')
             and exists (
                   select
                     from tenancy.organization_members m
                    where m.organization_id = authz.organization_id() and m.user_id = u.id
                 ))
$$;

comment on function identity.users_email(identity.users) is
  'The e-mail address: of oneself, and of members of the active organization for holders of tenancy.read; otherwise '
  'null. Definer: the column itself is granted to nobody.';
grant execute on function identity.users_email(identity.users) to callboard_member;
