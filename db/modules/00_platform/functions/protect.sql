create or replace procedure platform.protect(
  protected regclass,
  kind text,
  parent text default null,
  read_only text[] default '{}',
  singular text default null,
  retention interval default null,
  audit boolean default false,
  outlives_parent boolean default false
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  module_name constant text := (
    select n.nspname
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
     where c.oid = protected
  );
  parent_id regclass;
  unprotect record;
begin
  if parent is not null then
    parent_id := platform.referenced_table(protected, parent);
    if parent_id is null then
      raise exception 'platform.protect(%): no foreign key leads from % to a table.', protected, parent;
    end if;
  end if;

  insert into platform.protected_tables as t
    (table_id, kind, module, parent_table, parent_column, outlives_parent, retention)
  values (protected, protect.kind, module_name, parent_id, parent, protect.outlives_parent, protect.retention)
  on conflict (table_id) do update
    set (kind, module, parent_table, parent_column, outlives_parent, retention)
      = (excluded.kind, excluded.module, excluded.parent_table, excluded.parent_column, excluded.outlives_parent,
         excluded.retention);

  -- From nothing each time: what an earlier release allowed does not stay.
  execute format('revoke all on table %s from public, callboard_anonymous, callboard_member, callboard_service', protected);
  execute format('alter table %s enable row level security', protected);
  execute format('alter table %s force row level security', protected);
  for unprotect in select p.polname as name from pg_policy p where p.polrelid = protected loop
    execute format('drop policy %I on %s', unprotect.name, protected);
  end loop;
  for unprotect in
    select t.tgname as name from pg_trigger t where t.tgrelid = protected and t.tgname ~ '^_\d{3}_kernel_'
  loop
    execute format('drop trigger %I on %s', unprotect.name, protected);
  end loop;
  execute format(
    'create policy back_office on %s to callboard_owner, callboard_service using (true) with check (true)', protected);
  execute format('grant select, insert, update, delete on table %s to callboard_service', protected);

  case kind
    when 'tenant', 'published' then
      call platform.protect_tenant(protected, module_name, parent, parent_id, read_only, kind = 'published');
      perform platform.make_archive_functions(
        protected, module_name, case when not outlives_parent then parent end, parent_id, singular);
    when 'tenant_log' then
      call platform.protect_log(protected, module_name, parent, parent_id);
    when 'personal' then
      call platform.protect_personal(protected, read_only);
    when 'catalog' then
      call platform.protect_catalog(protected, read_only);
    when 'internal', 'custom' then
      -- internal: nothing is granted to those who call through the API; custom: access.sql says the rest
      null;
  end case;

  if audit or kind in ('tenant', 'published') then
    call platform.watch_statements(protected, '_900_kernel_audit', 'audit_changes_trigger', '{insert,update,delete}');
  end if;
  if kind not in ('tenant', 'published') and exists (
    select from pg_attribute a where a.attrelid = protected and a.attname = 'updated_at' and not a.attisdropped
  ) then
    execute format(
      'create trigger _100_kernel_touch before update on %s '
      'for each row execute function platform.touch_updated_at_trigger()', protected);
  end if;
end
$$;

comment on procedure platform.protect(regclass, text, text, text[], text, interval, boolean, boolean) is
  'Gives a table all that its kind stands for: row security, policies, grants, triggers, foreign keys, archive functions. '
  'Idempotent; called once per table in access.sql. parent is the column that says what a row belongs to; read_only '
  'lists columns that only functions and triggers set; singular names one row where the rule of platform.singular does '
  'not; retention says after how long the partitions of a log are dropped, or rows of what has no partitions deleted, by a '
  'function of its module (platform.kept_from); audit has changes logged for other kinds as well; '
  'with outlives_parent a row is not archived with what it belongs to.';
