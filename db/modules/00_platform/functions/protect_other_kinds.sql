create or replace procedure platform.protect_log(
  protected regclass,
  module_name text,
  parent text,
  parent_id regclass
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  partition regclass;
begin
  perform authz.define_permission(module_name || '.read', format('Read what is in %s.', module_name));
  -- No foreign key to the organization: what is logged comes from rows that have one.
  execute format(
    'create policy tenant_read on %s for select to callboard_member using (organization_id = (select authz.allowed(%L)))',
    protected, module_name || '.read');
  execute format('grant select on table %s to callboard_member', protected);
  -- What is logged about a row in a private workspace is as private as the row.
  if exists (
    select from pg_attribute a where a.attrelid = protected and a.attname = 'workspace_id' and not a.attisdropped
  ) then
    call platform.keep_to_workspaces(protected);
    call platform.follow_and_lead(protected, parent, parent_id);
  end if;
  for partition in select i.inhrelid from pg_inherits i where i.inhparent = protected loop
    call platform.close_partition(partition);
  end loop;
end
$$;

comment on procedure platform.protect_log(regclass, text, text, regclass) is
  'The rules of kind tenant_log: read by permission, written by functions and triggers alone. A log with a workspace_id is '
  'read by those who see that workspace, and follows what parent names.';

create or replace procedure platform.protect_personal(protected regclass, read_only text[])
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  execute format(
    'create policy own on %s to callboard_member using (user_id = (select authz.user_id())) '
    'with check (user_id = (select authz.user_id()))', protected);
  execute format('grant select, delete on table %s to callboard_member', protected);
  call platform.grant_columns(protected, 'insert', read_only || '{user_id,created_at,updated_at}'::text[]);
  call platform.grant_columns(protected, 'update', read_only || '{id,user_id,created_at,updated_at}'::text[]);
end
$$;

comment on procedure platform.protect_personal(regclass, text[]) is
  'The rules of kind personal: a row is the user''s own, whatever the organization.';

create or replace procedure platform.protect_catalog(protected regclass, read_only text[])
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  execute format('create policy everyone_reads on %s for select to callboard_member using (true)', protected);
  execute format(
    'create policy administrators_insert on %s for insert to callboard_member '
    'with check ((select authz.is_platform_admin()))', protected);
  execute format(
    'create policy administrators_update on %s for update to callboard_member '
    'using ((select authz.is_platform_admin())) with check ((select authz.is_platform_admin()))', protected);
  execute format(
    'create policy administrators_delete on %s for delete to callboard_member '
    'using ((select authz.is_platform_admin()))', protected);
  execute format('grant select, delete on table %s to callboard_member', protected);
  call platform.grant_columns(protected, 'insert', read_only || '{created_at,updated_at}'::text[]);
  call platform.grant_columns(protected, 'update', read_only || '{id,created_at,updated_at}'::text[]);
end
$$;

comment on procedure platform.protect_catalog(regclass, text[]) is
  'The rules of kind catalog: everyone signed in reads, platform administrators write.';
