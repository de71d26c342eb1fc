create or replace function platform.audit_changes_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  unsaid constant text[] := '{organization_id,id}'::text[];
  -- What triggers make out of changes that are logged themselves, what is noted all the time, and what is a secret.
  derived constant text[] :=
    '{updated_at,role_key,effective_permissions,permissions_valid_until,may_enter,permission_list,last_used_at,secret_hash}'::text[]
    || case
         -- a word that stands for what people say elsewhere
         when tg_table_schema = 'crm' and tg_table_name = 'leads' then
           '{score,score_fit,score_behaviour,score_engagement,score_negative,scored_at,rescore_at,last_activity_at}'::text[]
         else '{}'
       end;
begin
  if tg_op = 'INSERT' then
    insert into security.audit_logs (organization_id, actor_id, api_key_id, request_id, entity_type, entity_id, action, after)
    -- an organization is its own tenant
    select coalesce(j.n ->> 'organization_id', j.n ->> 'id')::uuid, authz.actor_id(), authz.api_key_id(), authz.request_id(),
           tg_table_schema || '.' || tg_table_name, (j.n ->> 'id')::uuid, 'insert', jsonb_strip_nulls(j.n - unsaid - derived)
      from (select to_jsonb(r) as n from new_rows r) j;
  elsif tg_op = 'UPDATE' then
    insert into security.audit_logs
      (organization_id, actor_id, api_key_id, request_id, entity_type, entity_id, action, before, after)
    select coalesce(j.n ->> 'organization_id', j.n ->> 'id')::uuid, authz.actor_id(), authz.api_key_id(), authz.request_id(),
           tg_table_schema || '.' || tg_table_name, (j.n ->> 'id')::uuid,
           case
             when not changed.after ? 'deleted_at' then 'update'
             when changed.after -> 'deleted_at' <> 'null' then 'delete'
             else 'restore'
           end,
           changed.before, changed.after
      from (
             -- Brought together by grouping: a join is planned for the one row that most statements change, and that plan
             -- stays for those that change thousands.
             select (array_agg(u.o) filter (where u.o is not null))[1] as o,
                    (array_agg(u.n) filter (where u.n is not null))[1] as n
               from (
                      select r.id, to_jsonb(r) as o, null::jsonb as n from old_rows r
                      union all
                      select r.id, null, to_jsonb(r) from new_rows r
                    ) u
              group by u.id
           ) j
     cross join lateral (
             select jsonb_object_agg(b.key, b.value) as before, jsonb_object_agg(a.key, a.value) as after
               from jsonb_each(j.o) b
               join jsonb_each(j.n) a on a.key = b.key and a.value is distinct from b.value
              where a.key <> all (derived)
           ) changed
     where changed.after is not null;
  else
    insert into security.audit_logs (organization_id, actor_id, api_key_id, request_id, entity_type, entity_id, action, before)
    select coalesce(j.o ->> 'organization_id', j.o ->> 'id')::uuid, authz.actor_id(), authz.api_key_id(), authz.request_id(),
           tg_table_schema || '.' || tg_table_name, (j.o ->> 'id')::uuid, 'purge', jsonb_strip_nulls(j.o - unsaid - derived)
      from (select to_jsonb(r) as o from old_rows r) j;
  end if;
  return null;
end
$$;

comment on function platform.audit_changes_trigger() is
  'Writes who changed what to security.audit_logs, one insert per statement. Definer: callers may not write the log.';
