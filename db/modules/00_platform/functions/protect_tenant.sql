create or replace procedure platform.protect_tenant(
  protected regclass,
  module_name text,
  parent text,
  parent_id regclass,
  read_only text[],
  is_published boolean
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  read_key constant text := module_name || '.read';
  write_key constant text := module_name || '.write';
begin
  perform authz.define_permission(read_key, format('Read what is in %s.', module_name));
  perform authz.define_permission(write_key, format('Create, change, archive and restore what is in %s.', module_name));

  call platform.add_foreign_key(protected, '(organization_id) references tenancy.organizations (id)');
  call platform.add_foreign_key(
    protected, '(organization_id, workspace_id) references tenancy.workspaces (organization_id, id)');
  call platform.add_foreign_key(protected, '(created_by) references identity.users (id)');
  call platform.add_index(protected, '(organization_id, workspace_id)');
  call platform.keep_users_inside(protected);
  call platform.keep_values_finite(protected);

  -- One policy per command: two that allow the same command are joined by OR, and the key no longer serves.
  if is_published then
    execute format(
      $sql$create policy tenant_read on %s for select to callboard_member using (
        published_at <= (select now()) and deleted_at is null or organization_id = (select authz.allowed(%L)))$sql$,
      protected, write_key);
    execute format(
      $sql$create policy published_read on %s for select to callboard_anonymous using (
        published_at <= (select now()) and deleted_at is null)$sql$,
      protected);
    execute format('grant select on table %s to callboard_anonymous', protected);
  else
    execute format(
      'create policy tenant_read on %s for select to callboard_member using (organization_id = (select authz.allowed(%L)))',
      protected, read_key);
  end if;
  execute format(
    $sql$create policy tenant_insert on %s for insert to callboard_member
      with check (organization_id = (select authz.allowed(%L)))$sql$,
    protected, write_key);
  execute format(
    $sql$create policy tenant_update on %s for update to callboard_member
      using (organization_id = (select authz.allowed(%2$L)))
      with check (organization_id = (select authz.allowed(%2$L)))$sql$,
    protected, write_key);
  call platform.keep_to_workspaces(protected, is_written => true, is_published => is_published);

  execute format('grant select on table %s to callboard_member', protected);
  call platform.grant_columns(
    protected, 'insert', read_only || '{organization_id,created_by,created_at,updated_at,deleted_at}'::text[]);
  -- deleted_at is how rows are archived; the API reaches it through delete_* and restore_* only
  call platform.grant_columns(
    protected, 'update', read_only || '{organization_id,id,created_by,created_at,updated_at}'::text[]);

  execute format(
    'create trigger _100_kernel_touch before update on %s for each row execute function platform.touch_row_trigger()',
    protected);
  call platform.follow_and_lead(protected, parent, parent_id);
  call platform.watch_statements(protected, '_800_kernel_custom_fields', 'check_custom_fields_trigger', '{insert,update}');
  call platform.watch_statements(protected, '_920_kernel_announce', 'announce_changes_trigger', '{insert,update,delete}');
end
$$;

comment on procedure platform.protect_tenant(regclass, text, text, regclass, text[], boolean) is
  'The rules of kinds tenant and published; called by platform.protect.';

create or replace procedure platform.keep_to_workspaces(
  protected regclass,
  is_written boolean default false,
  is_published boolean default false
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  -- Two sub-selects, of which owners need the first. The planner takes either to be likely, as it is.
  is_seen constant text := $sql$(select authz.has('workspaces.all'))
    or coalesce(workspace_id, '00000000-0000-0000-0000-000000000000')
       = any ((select authz.visible_workspaces())::uuid[])$sql$;
begin
  execute format(
    'create policy workspace on %s as restrictive %s to callboard_member using (%s) %s',
    protected,
    case when not is_written then 'for select' end,
    is_seen || case when is_published then ' or published_at <= (select now())' else '' end,
    case when is_written then format('with check (%s)', is_seen) end);
end
$$;

comment on procedure platform.keep_to_workspaces(regclass, boolean, boolean) is
  'Shows rows only to those who see their workspace, or to everybody once they are published, and lets nobody write into '
  'another one where callers write at all. The policy says what authz.sees_workspace does, once a statement.';

create or replace procedure platform.watch_statements(protected regclass, name text, watcher text, events text[])
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  event text;
begin
  foreach event in array events loop
    execute format(
      'create trigger %I after %s on %s referencing %s for each statement execute function platform.%I()',
      name || '_' || event, event, protected,
      case event
        when 'insert' then 'new table as new_rows'
        when 'update' then 'old table as old_rows new table as new_rows'
        else 'old table as old_rows'
      end,
      watcher);
  end loop;
end
$$;

comment on procedure platform.watch_statements(regclass, text, text, text[]) is
  'A statement-level trigger with transition tables for each of the events.';

create or replace procedure platform.follow_and_lead(protected regclass, parent text, parent_id regclass)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  leader record;
begin
  if parent is not null then
    execute format(
      $sql$create trigger _110_kernel_follow_parent before insert or update of %I, workspace_id on %s
        for each row execute function platform.follow_parent_trigger(%L, %L)$sql$,
      parent, protected, parent_id, parent);
  end if;
  -- What leads: the table that this one's rows belong to, and this one where others belong to its rows.
  for leader in
    select parent_id as id where parent is not null
     union
    select protected where exists (select from platform.protected_tables t where t.parent_table = protected)
  loop
    execute format(
      'create or replace trigger _910_kernel_lead_children after update on %s referencing old table as old_rows '
      'new table as new_rows for each statement execute function platform.lead_children_trigger()',
      leader.id);
  end loop;
end
$$;

comment on procedure platform.follow_and_lead(regclass, text, regclass) is
  'The triggers by which the rows of a table follow what they belong to, and lead what belongs to them.';
