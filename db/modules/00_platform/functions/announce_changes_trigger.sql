create or replace function platform.announce_changes_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  announced record;
begin
  -- A commit that notifies takes a lock shared by the whole server, so nothing is said while nobody listens.
  if not exists (select from platform.change_watchers w where w.expires_at > now()) then
    return null;
  end if;
  if tg_op = 'DELETE' then
    for announced in
      select batched.organization_id, jsonb_agg(batched.id) as ids
        from (
          select r.organization_id, r.id,
                 (row_number() over (partition by r.organization_id order by r.id) - 1) / 100 as batch
            from old_rows r
           where exists (
                   select from platform.change_watchers w
                    where w.organization_id = r.organization_id and w.expires_at > now()
                 )
        ) batched
       group by batched.organization_id, batched.batch
    loop
      perform platform.announce_change(
        announced.organization_id, tg_table_schema || '.' || tg_table_name, lower(tg_op), announced.ids);
    end loop;
  else
    for announced in
      select batched.organization_id, jsonb_agg(batched.id) as ids
        from (
          select r.organization_id, r.id,
                 (row_number() over (partition by r.organization_id order by r.id) - 1) / 100 as batch
            from new_rows r
           where exists (
                   select from platform.change_watchers w
                    where w.organization_id = r.organization_id and w.expires_at > now()
                 )
        ) batched
       group by batched.organization_id, batched.batch
    loop
      perform platform.announce_change(
        announced.organization_id, tg_table_schema || '.' || tg_table_name, lower(tg_op), announced.ids);
    end loop;
  end if;
  return null;
end
$$;

comment on function platform.announce_changes_trigger() is
  'Tells those who watch an organization which rows changed: ids only, a hundred a message. Definer: callers may '
  'neither read who watches nor notify by themselves.';
