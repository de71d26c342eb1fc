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
create policy own_title_update on tenancy.organization_members for update to callboard_member
  using (organization_id = (select authz.organization_id())
         and (user_id = (select authz.user_id()) or (select authz.has('tenancy.manage_members'))))
  with check (organization_id = (select authz.organization_id())
              and (user_id = (select authz.user_id()) or (select authz.has('tenancy.manage_members'))));
grant update (title) on tenancy.organization_members to callboard_member;
call platform.allow_transitions('tenancy.organization_members', 'status', '{
  "active": ["suspended", "left"],
  "suspended": ["active", "left"],
  "left": ["active"]
}');
create or replace trigger _600_clear_former_member after update of status on tenancy.organization_members
  for each row when (new.status = 'left' and old.status <> 'left')
  execute function tenancy.clear_former_member_trigger();
create or replace trigger _200_settle_member
  before insert or update of role_id, role_key, effective_permissions, permissions_valid_until
  on tenancy.organization_members
  for each row execute function tenancy.settle_member_trigger();
create or replace trigger _210_settle_entry
  before insert or update of organization_id, status, may_enter on tenancy.organization_members
  for each row execute function tenancy.settle_entry_trigger();
create or replace trigger _500_settle_entries after update of status on tenancy.organizations
  for each row when (old.status is distinct from new.status) execute function tenancy.settle_entries_trigger();
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

-- Always an owner: at the end of each transaction, so that owners can change places within one.
drop trigger if exists _700_keep_owner on tenancy.organizations;
create constraint trigger _700_keep_owner after insert or update of status on tenancy.organizations
  deferrable initially deferred
  for each row when (new.status = 'active')
  execute function tenancy.keep_owner_trigger();
drop trigger if exists _700_keep_owning_member on tenancy.organization_members;
create constraint trigger _700_keep_owning_member after update of role_id, status or delete on tenancy.organization_members
  deferrable initially deferred
  for each row when (old.role_key = 'owner' and old.status = 'active')
  execute function tenancy.keep_owning_member_trigger();
drop trigger if exists _700_keep_owning_user on identity.users;
create constraint trigger _700_keep_owning_user after update of is_active on identity.users
  deferrable initially deferred
  for each row when (old.is_active and not new.is_active)
  execute function tenancy.keep_owning_user_trigger();

call platform.protect('tenancy.invitations', 'custom', audit => true);
create policy tenant_read on tenancy.invitations for select to callboard_member
  using (organization_id = (select authz.allowed('tenancy.manage_members')));
grant select on tenancy.invitations to callboard_member;
-- Whoever is invited has a seat until the invitation expires.
call billing.meter(
  'tenancy.invitations', 'members', '{"accepted_at": null, "revoked_at": null, "lapsed_at": null}');
call platform.protect('tenancy.invitation_tokens', 'internal');

call platform.protect('tenancy.teams', 'tenant');
call platform.protect('tenancy.team_members', 'tenant', parent => 'team_id');
create or replace trigger _300_keep_present before insert or update of user_id on tenancy.team_members
  for each row execute function tenancy.keep_present_trigger();

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
create or replace trigger _150_slug before insert on tenancy.workspaces
  for each row when (coalesce(new.slug, '') = '') execute function platform.set_slug_trigger('workspace', '63');

call platform.protect('tenancy.workspace_members', 'custom', audit => true);
create policy tenant_read on tenancy.workspace_members for select to callboard_member
  using (organization_id = (select authz.allowed('tenancy.read')));
create policy tenant_insert on tenancy.workspace_members for insert to callboard_member
  with check (organization_id = (select authz.allowed('tenancy.write')));
create policy tenant_delete on tenancy.workspace_members for delete to callboard_member
  using (organization_id = (select authz.allowed('tenancy.write')));
-- Nobody shows a workspace that they do not see, nor learns who is in it.
call platform.keep_to_workspaces('tenancy.workspace_members', is_written => true);
grant select, delete on tenancy.workspace_members to callboard_member;
grant insert (id, workspace_id, user_id) on tenancy.workspace_members to callboard_member;
create or replace trigger _300_keep_present before insert on tenancy.workspace_members
  for each row execute function tenancy.keep_present_trigger();

call platform.protect('tenancy.onboarding_catalog', 'internal');
call platform.protect('tenancy.onboarding_steps', 'internal');

call platform.protect('tenancy.settings_sections', 'custom');
create policy everyone_reads on tenancy.settings_sections for select to callboard_member using (true);
grant select on tenancy.settings_sections to callboard_member;
call platform.protect('tenancy.organization_settings', 'custom', audit => true);
create policy tenant_read on tenancy.organization_settings for select to callboard_member
  using (organization_id = (select authz.organization_id()));
create policy tenant_insert on tenancy.organization_settings for insert to callboard_member
  with check (organization_id = (select authz.allowed('tenancy.write'))
              and (section <> 'security' or (select authz.has('tenancy.manage_security'))));
create policy tenant_update on tenancy.organization_settings for update to callboard_member
  using (organization_id = (select authz.allowed('tenancy.write'))
         and (section <> 'security' or (select authz.has('tenancy.manage_security'))))
  with check (organization_id = (select authz.allowed('tenancy.write'))
              and (section <> 'security' or (select authz.has('tenancy.manage_security'))));
grant select, insert (section, value), update (value) on tenancy.organization_settings to callboard_member;
create or replace trigger _300_check_settings before insert or update on tenancy.organization_settings
  for each row execute function tenancy.check_settings_trigger();
create or replace trigger _500_follow_second_factor_rule after insert or update or delete on tenancy.organization_settings
  for each row execute function tenancy.follow_second_factor_rule_trigger();

create or replace trigger _500_sync_system_roles_insert after insert on authz.permissions
  referencing new table as new_rows
  for each statement execute function tenancy.sync_system_roles_trigger();
create or replace trigger _500_sync_system_roles_update after update on authz.permissions
  referencing new table as new_rows
  for each statement execute function tenancy.sync_system_roles_trigger();
create or replace trigger _510_forget_permissions after delete on authz.permissions
  referencing old table as old_rows
  for each statement execute function tenancy.forget_permissions_trigger();

select authz.define_permission('tenancy.manage_api_keys', 'Make and revoke API keys.', '{owner,admin}');
call platform.protect('tenancy.api_keys', 'custom', audit => true);
call billing.meter('tenancy.api_keys', 'api_keys', '{"revoked_at": null, "lapsed_at": null}');
create policy tenant_read on tenancy.api_keys for select to callboard_member
  using (
    organization_id = (select authz.allowed('tenancy.manage_api_keys'))
    or organization_id = (select authz.organization_id()) and id = (select authz.api_key_id()));
grant select (
    organization_id, id, name, prefix, scopes, workspace_ids, expires_at, revoked_at, revoked_by, last_used_at,
    created_by, created_at, updated_at)
  on tenancy.api_keys to callboard_member;
