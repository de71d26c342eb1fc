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
call platform.protect('identity.sessions', 'internal');
call platform.protect('identity.refresh_tokens', 'internal');
call platform.protect('identity.one_time_tokens', 'internal');
call platform.protect('identity.profiles', 'personal');

call platform.protect('identity.platform_roles', 'custom');
grant select on identity.platform_roles to callboard_member;
create policy own_or_administrator_read on identity.platform_roles for select to callboard_member
  using (user_id = (select authz.user_id()) or (select authz.is_platform_admin()));
