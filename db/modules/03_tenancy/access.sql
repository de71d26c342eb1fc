grant usage on schema tenancy to callboard_anonymous, callboard_member, callboard_service;

select authz.define_permission('tenancy.read', 'See the organization''s members, roles and workspaces.', '{owner,admin,member}');
select authz.define_permission('tenancy.write', 'Change the organization, its workspaces, teams and settings.', '{owner,admin}');
select authz.define_permission(
  'tenancy.manage_members', 'Invite, suspend and remove members, and say what they may do.', '{owner,admin}');
select authz.define_permission('tenancy.manage_roles', 'Make, change and delete the organization''s own roles.', '{owner}');
select authz.define_permission('tenancy.manage_security', 'Change the settings of security.', '{owner}');
select authz.define_permission('tenancy.own', 'Make and unmake owners.', '{owner}');

-- An organization is its own tenant: its id is what other tables call organization_id.
call platform.protect('tenancy.organizations', 'custom', audit => true);
create policy members_read on tenancy.organizations for select to callboard_member
  using (id = (select authz.organization_id()));
create policy administrators_update on tenancy.organizations for update to callboard_member
  using (id = (select authz.allowed('tenancy.write')))
  with check (id = (select authz.allowed('tenancy.write')));
grant select on tenancy.organizations to callboard_member;
grant update (name, description, kind, time_zone, currency, contact_email, contact_phone, website, logo_url)
  on tenancy.organizations to callboard_member;

-- Roles and members are read here and changed by functions, which see to it that nobody grants what they do not hold.
call platform.protect('tenancy.roles', 'custom', audit => true);
create policy tenant_read on tenancy.roles for select to callboard_member
  using (organization_id = (select authz.allowed('tenancy.read')));
grant select on tenancy.roles to callboard_member;

call platform.protect('tenancy.organization_members', 'custom', audit => true);
create policy tenant_read on tenancy.organization_members for select to callboard_member
  using (organization_id = (select authz.allowed('tenancy.read')) or user_id = (select authz.user_id())
         and organization_id = (select authz.organization_id()));
grant select on tenancy.organization_members to callboard_member;
call billing.meter('tenancy.organization_members', 'members', '{"status": "active"}');
create or replace trigger _200_settle_member
  before insert or update of role_id, role_key, effective_permissions, permissions_valid_until
  on tenancy.organization_members
  for each row execute function tenancy.settle_member_trigger();
create or replace trigger _200_check_role before insert or update on tenancy.roles
  for each row execute function tenancy.check_role_trigger();
create or replace trigger _210_keep_system_roles before delete on tenancy.roles
  for each row when (old.is_system) execute function tenancy.keep_system_roles_trigger();
create or replace trigger _500_settle_members after update on tenancy.roles
  referencing old table as old_rows new table as new_rows
  for each statement execute function tenancy.settle_members_of_roles_trigger();

call platform.protect('tenancy.member_permissions', 'custom', audit => true);
create policy tenant_read on tenancy.member_permissions for select to callboard_member
  using (organization_id = (select authz.allowed('tenancy.read')) or user_id = (select authz.user_id())
         and organization_id = (select authz.organization_id()));
grant select on tenancy.member_permissions to callboard_member;
create or replace trigger _500_settle_members_insert after insert on tenancy.member_permissions
  referencing new table as new_rows
  for each statement execute function tenancy.settle_members_trigger();
create or replace trigger _500_settle_members_update after update on tenancy.member_permissions
  referencing old table as old_rows new table as new_rows
  for each statement execute function tenancy.settle_members_trigger();
create or replace trigger _500_settle_members_delete after delete on tenancy.member_permissions
  referencing old table as old_rows
  for each statement execute function tenancy.settle_members_trigger();

call platform.protect('tenancy.workspaces', 'custom', audit => true);
create policy tenant_read on tenancy.workspaces for select to callboard_member
  using (
    organization_id = (select authz.organization_id())
    and ((select authz.has('workspaces.all')) or id = any ((select authz.visible_workspaces())::uuid[])));
create policy tenant_insert on tenancy.workspaces for insert to callboard_member
  with check (organization_id = (select authz.allowed('tenancy.write')));
create policy tenant_update on tenancy.workspaces for update to callboard_member
  using (organization_id = (select authz.allowed('tenancy.write')))
  with check (organization_id = (select authz.allowed('tenancy.write')));
grant select on tenancy.workspaces to callboard_member;
grant insert (id, name, slug, description, is_private, settings) on tenancy.workspaces to callboard_member;
grant update (name, slug, description, is_private, settings) on tenancy.workspaces to callboard_member;
call billing.meter('tenancy.workspaces', 'workspaces');

call platform.protect('tenancy.workspace_members', 'custom', audit => true);
create policy tenant_read on tenancy.workspace_members for select to callboard_member
  using (organization_id = (select authz.allowed('tenancy.read')));
create policy tenant_insert on tenancy.workspace_members for insert to callboard_member
  with check (organization_id = (select authz.allowed('tenancy.write')));
create policy tenant_delete on tenancy.workspace_members for delete to callboard_member
  using (organization_id = (select authz.allowed('tenancy.write')));
grant select, delete on tenancy.workspace_members to callboard_member;
grant insert (id, workspace_id, user_id) on tenancy.workspace_members to callboard_member;

create or replace trigger _500_sync_system_roles after insert or update on authz.permissions
  for each statement execute function tenancy.sync_system_roles_trigger();
create or replace trigger _510_forget_permissions after delete on authz.permissions
  referencing old table as old_rows
  for each statement execute function tenancy.forget_permissions_trigger();
