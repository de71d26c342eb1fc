create or replace function identity.me() returns table (
  user_id uuid,
  email text,
  email_verified boolean,
  name text,
  organization_id uuid,
  organization_name text,
  role text,
  permissions text[],
  organizations jsonb
)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
  select u.id, u.email, u.email_verified_at is not null, u.name, o.id, o.name, authz.role_key(),
         authz.permissions(),
         (select coalesce(
                   jsonb_agg(
                     jsonb_build_object(
                       'rowId', mo.id, 'name', mo.name, 'role', r.key, 'needsSecondFactor', not m.may_enter) order by mo.name, mo.id),
                   '[]')
            from tenancy.organization_members m
            join tenancy.organizations mo on mo.id = m.organization_id and mo.status = 'active'
            join tenancy.roles r on r.organization_id = m.organization_id and r.id = m.role_id
           where m.user_id = u.id and m.status = 'active')
    from identity.users u
    left join tenancy.organizations o on o.id = authz.organization_id()
   where u.id = authz.user_id()
$$;

comment on function identity.me() is
  'Who is calling, where, and with which permissions; no row without a session. Definer: names the caller''s other '
  'organizations, which row security hides while they are not active. Reads nothing but the caller''s own.';
grant execute on function identity.me() to callboard_anonymous, callboard_member;
