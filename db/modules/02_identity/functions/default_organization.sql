create or replace function identity.default_organization(user_id uuid) returns uuid
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select m.organization_id
    from tenancy.organization_members m
   where m.user_id = default_organization.user_id and m.may_enter
   order by (
              select max(s.last_used_at)
                from identity.session_families s
               where s.user_id = m.user_id and s.organization_id = m.organization_id
            ) desc nulls last,
            m.joined_at, m.organization_id
   limit 1
$$;

comment on function identity.default_organization(uuid) is
  'Where a user goes on: the organization they used last, else the first they joined, else null.';
