create or replace function platform.announce_changes_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  entity constant text := tg_table_schema || '.' || tg_table_name;
begin
  -- A commit that notifies takes a lock shared by the whole server, so nothing is said while nobody listens.
  if not exists (select from platform.change_watchers w where w.expires_at > now()) then
    return null;
  end if;
  execute format(
    $sql$
    select platform.announce_rows(r.organization_id, array_agg(r.id order by r.id), $1, $2)
      from %I r
      join platform.change_watchers w on w.organization_id = r.organization_id and w.expires_at > now()
     group by r.organization_id
    $sql$, case tg_op when 'DELETE' then 'old_rows' else 'new_rows' end)
    using entity, lower(tg_op);
  return null;
end
$$;

comment on function platform.announce_changes_trigger() is
  'Tells those who watch an organization which rows changed: ids only, a hundred a message. Definer: callers may '
  'neither read who watches nor notify by themselves.';

create or replace function platform.announce_rows(organization_id uuid, ids uuid[], entity_type text, operation text)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  for start in 1 .. cardinality(ids) by 100 loop
    perform platform.announce_change(organization_id, entity_type, operation, to_jsonb(ids[start : start + 99]));
  end loop;
end
$$;

comment on function platform.announce_rows(uuid, uuid[], text, text) is
  'Tells of changed rows of one organization, a hundred a message: a message has a size that Postgres limits.';
