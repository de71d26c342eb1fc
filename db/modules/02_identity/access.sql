grant usage on schema identity to callboard_anonymous, callboard_member, callboard_service;

call platform.protect('identity.users', 'custom');
grant select (id, name, avatar_url, time_zone, created_at) on identity.users to callboard_member;
grant update (name, avatar_url, time_zone) on identity.users to callboard_member;
-- The one policy that looks a table up: users belong to no tenant, so the key cannot say who may see them. It is asked
-- by id only (relations), never for a list: the API has no list of users.
create policy colleagues_read on identity.users for select to callboard_member
  using (
    id = (select authz.user_id())
    or exists (
         select
           from tenancy.organization_members m
          where m.organization_id = (select authz.organization_id()) and m.user_id = users.id
       ));
create policy own_update on identity.users for update to callboard_member
  using (id = (select authz.user_id()))
  with check (id = (select authz.user_id()));
create or replace trigger _500_handle_new_user after insert on identity.users
  for each row execute function identity.handle_new_user();

call platform.protect('identity.credentials', 'internal');
call platform.protect('identity.session_families', 'internal');
create or replace trigger _500_active_user after insert or update of user_id, revoked_at on identity.session_families
  for each row when (new.revoked_at is null) execute function identity.check_user_is_active_trigger();
create or replace trigger _500_wait_for_sessions before update of is_active on identity.users
  for each row when (old.is_active and not new.is_active) execute function identity.wait_for_sessions_trigger();
create or replace trigger _510_end_sessions after update of is_active on identity.users
  for each row when (old.is_active and not new.is_active) execute function identity.end_sessions_trigger();
call platform.protect('identity.refresh_tokens', 'internal');
call platform.protect('identity.one_time_tokens', 'internal');
call platform.protect('identity.profiles', 'personal');

call platform.protect('identity.user_settings', 'custom');
create policy own_read on identity.user_settings for select to callboard_member
  using (user_id = (select authz.user_id())
         and (organization_id is null or organization_id = (select authz.organization_id())));
grant select on identity.user_settings to callboard_member;
create or replace trigger _300_check_settings before insert or update on identity.user_settings
  for each row execute function identity.check_user_settings_trigger();

call platform.protect('identity.platform_roles', 'custom');
grant select on identity.platform_roles to callboard_member;
create policy own_or_administrator_read on identity.platform_roles for select to callboard_member
  using (user_id = (select authz.user_id()) or (select authz.is_platform_admin()));

-- Second factors, sign-in by providers, apps, emergency contacts.

call platform.protect('identity.second_factors', 'internal');
create or replace trigger _500_follow_second_factor after insert or update of confirmed_at or delete on identity.second_factors
  for each row execute function identity.follow_second_factor_trigger();
call platform.protect('identity.recovery_codes', 'internal');
call platform.protect('identity.sign_in_challenges', 'internal');
call platform.protect('identity.provider_sign_ins', 'internal');

-- What the server itself says and nobody else may: that a code was right, what a provider has answered.
grant usage on schema identity to callboard_authenticator;

call platform.protect('identity.oauth_providers', 'custom');
create policy usable_read on identity.oauth_providers for select to callboard_anonymous
  using (is_configured and is_enabled);
create policy usable_or_administrator_read on identity.oauth_providers for select to callboard_member
  using (is_configured and is_enabled or (select authz.is_platform_admin()));
create policy administrators_update on identity.oauth_providers for update to callboard_member
  using ((select authz.is_platform_admin()))
  with check ((select authz.is_platform_admin()));
grant select on identity.oauth_providers to callboard_anonymous, callboard_member;
grant update (is_enabled) on identity.oauth_providers to callboard_member;

call platform.protect('identity.linked_accounts', 'custom');
create policy own_read on identity.linked_accounts for select to callboard_member
  using (user_id = (select authz.user_id()));
grant select on identity.linked_accounts to callboard_member;

call platform.protect('identity.oauth_tokens', 'custom');
create policy own_read on identity.oauth_tokens for select to callboard_member
  using (user_id = (select authz.user_id()));
grant select (linked_account_id, user_id, token_type, scopes, expires_at, failed_at, created_at, updated_at)
  on identity.oauth_tokens to callboard_member;

call platform.protect('identity.connected_apps', 'personal', read_only => '{linked_account_id,is_declared,last_used_at}');

select authz.define_permission(
  'identity.emergency_contacts', 'Read the emergency contacts that members share.', '{owner,admin}');
call platform.protect('identity.emergency_contacts', 'personal');
