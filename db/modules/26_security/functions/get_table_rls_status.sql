create or replace function security.get_table_rls_status() returns table (
  table_name text,
  kind text,
  is_enabled boolean,
  is_forced boolean,
  policy_count integer,
  policies text[],
  is_unprotected boolean,
  reason text
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform authz.require_user();
  if not authz.is_platform_admin() then
    perform platform.refuse('CB003', 'This is for administrators of the platform.');
  end if;
  return query
    select asked.name, asked.kind, asked.relrowsecurity, asked.relforcerowsecurity, cardinality(asked.policies),
           asked.policies, asked.reason is not null, asked.reason
      from (
             select c.oid::regclass::text as name, t.kind, c.relrowsecurity, c.relforcerowsecurity, said.policies,
                    case
                      when t.table_id is null then 'It has no kind: platform.protect has not been called for it.'
                      when not c.relrowsecurity then 'Row security is off.'
                      when not c.relforcerowsecurity then 'Row security is not forced: its owner sees everything.'
                      when granted.to_public then 'Something is granted to PUBLIC.'
                      when t.kind = 'internal' and granted.to_callers then 'It is internal, and callers have a grant.'
                      when granted.to_callers and not said.for_callers
                        then 'Callers have a grant, and no policy says which rows.'
                      when t.kind in ('tenant', 'tenant_log') and open.names is not null
                        then format('A policy shows every row of every organization: %s.', open.names)
                    end as reason
               from pg_class c
               join pg_namespace n on n.oid = c.relnamespace
               left join platform.protected_tables t on t.table_id = c.oid
              cross join lateral (
                      select coalesce(array_agg(p.polname::text order by p.polname), '{}') as policies,
                             coalesce(bool_or(p.polroles && caller.oids), false) as for_callers
                        from pg_policy p
                       cross join (
                               select array_agg(r.oid) || 0::oid as oids
                                 from pg_roles r
                                where r.rolname in ('callboard_member', 'callboard_anonymous')
                             ) caller
                       where p.polrelid = c.oid
                    ) said
              cross join lateral (
                      select coalesce(bool_or(a.grantee = 0), false) as to_public,
                             has_any_column_privilege('callboard_member', c.oid, 'select,insert,update')
                               or has_table_privilege('callboard_member', c.oid, 'delete')
                               or has_any_column_privilege('callboard_anonymous', c.oid, 'select,insert,update')
                               or has_table_privilege('callboard_anonymous', c.oid, 'delete') as to_callers
                        from aclexplode(c.relacl) a
                    ) granted
              cross join lateral (
                      select string_agg(p.polname, ', ' order by p.polname) as names
                        from pg_policy p
                       where p.polrelid = c.oid
                         and p.polpermissive
                         and p.polname <> 'back_office'
                         and 'true' in (pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
                    ) open
              where c.relkind in ('r', 'p')
                and not c.relispartition
                and n.nspname !~ '^pg_'
                and n.nspname not in ('information_schema', 'extensions', 'public', 'graphile_worker')
           ) asked
     order by asked.reason is null, asked.name;
end
$$;

comment on function security.get_table_rls_status() is
  'Every table with its kind, whether row security is on and forced, its policies, and whether it is unprotected, with the '
  'reason; unprotected ones first. For administrators of the platform. Errors: UNAUTHENTICATED, FORBIDDEN. Definer: the '
  'register of tables is internal; it says nothing about rows.';
grant execute on function security.get_table_rls_status() to callboard_member;
