create or replace function authz.enter(claims jsonb) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  caller record;
begin
  select u.id as user_id,
         m.organization_id,
         r.key as role_key,
         r.permissions,
         case when 'workspaces.all' = any (r.permissions) then null else (
           select array_agg(seen.id)::text
             from (
               select w.id
                 from tenancy.workspaces w
                where w.organization_id = m.organization_id
                  and (not w.is_private and 'workspaces.shared' = any (r.permissions)
                       or exists (
                            select
                              from tenancy.workspace_members wm
                             where wm.organization_id = w.organization_id
                               and wm.workspace_id = w.id
                               and wm.user_id = u.id
                          ))
               union all
               -- stands for rows in no workspace
               select '00000000-0000-0000-0000-000000000000' where 'workspaces.shared' = any (r.permissions)
             ) seen
         ) end as workspaces,
         (select string_agg(p.role, ',') from identity.platform_roles p where p.user_id = u.id) as platform_roles
    into caller
    from identity.users u
    left join tenancy.organization_members m
           on m.organization_id = (claims ->> 'organization_id')::uuid
          and m.user_id = u.id
          and m.status = 'active'
          and exists (
                select from tenancy.organizations o where o.id = m.organization_id and o.status = 'active'
              )
    left join tenancy.roles r on r.organization_id = m.organization_id and r.id = m.role_id
   where u.id = (claims ->> 'user_id')::uuid
     and u.is_active;

  perform set_config(
            'authz.caller',
            concat_ws('|', coalesce(caller.user_id::text, ''), coalesce(caller.organization_id::text, ''),
                      coalesce(caller.role_key, ''), coalesce(claims ->> 'session_id', ''),
                      coalesce(',' || caller.platform_roles || ',', ''), coalesce(caller.workspaces, ''),
                      replace(claims ->> 'request_id', '|', '')),
            true),
          set_config('authz.permissions', coalesce(',' || array_to_string(caller.permissions, ',') || ',', ''), true);
end
$$;

comment on function authz.enter(jsonb) is
  'Opens a transaction for a caller: reads membership, role, permissions and workspaces from the tables, never from the '
  'token, and keeps the answer in settings that end with the transaction. Without it nothing is seen. Claims: user_id, '
  'organization_id, session_id, request_id. Definer: the caller has no rights before it. Granted to the server''s login '
  'alone, so nobody enters twice.';
grant execute on function authz.enter(jsonb) to callboard_authenticator, callboard_service;
