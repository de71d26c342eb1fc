create or replace function identity.check_user_settings_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform tenancy.check_settings('user', new.value, 'patch');
  if tg_op = 'UPDATE' then
    new.version := old.version + (new.value is distinct from old.value)::integer;
  end if;
  return new;
end
$$;

comment on function identity.check_user_settings_trigger() is
  'Before a user''s settings are written, whoever writes: they fit their schema, and a change counts as one. Definer: the '
  'check is granted to nobody.';

create or replace function identity.user_settings_in_force(settings identity.user_settings) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select platform.with_defaults(
           s.schema,
           platform.merge_patch(
             coalesce((
               select g.value from identity.user_settings g
                where g.user_id = settings.user_id and g.organization_id is null
             ), '{}'),
             settings.value))
    from tenancy.settings_sections s
   where s.section = 'user'
$$;

comment on function identity.user_settings_in_force(identity.user_settings) is
  'All that holds there: what was set for the organization, else what was set for everywhere, else the default.';
grant execute on function identity.user_settings_in_force(identity.user_settings) to callboard_member, callboard_service;

create or replace function identity.get_or_create_user_settings(user_id uuid default null, tenant_id uuid default null)
returns identity.user_settings
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  owner_id constant uuid := coalesce(get_or_create_user_settings.user_id, authz.user_id());
  settings identity.user_settings;
begin
  perform authz.require_user();
  if owner_id is distinct from authz.user_id() then
    perform platform.refuse('CB003', 'Settings are one''s own.', field => 'user_id');
  end if;
  if tenant_id is not null and not tenancy.is_active_member(tenant_id, owner_id) then
    perform platform.refuse('CB003', 'You are not a member of this organization.', field => 'tenant_id');
  end if;
  -- Two callers at once: the second waits for the first, and both get the one row.
  insert into identity.user_settings (user_id, organization_id)
  values (owner_id, tenant_id)
  on conflict on constraint user_settings_user_key do nothing;
  select s.*
    into settings
    from identity.user_settings s
   where s.user_id = owner_id and s.organization_id is not distinct from tenant_id;
  return settings;
end
$$;

comment on function identity.get_or_create_user_settings(uuid, uuid) is
  'The caller''s settings, those for everywhere or those for one of their organizations, made when there are none. Errors: '
  'UNAUTHENTICATED; FORBIDDEN for somebody else''s, or an organization of others. Definer: the organization may be another '
  'than the active one.';
grant execute on function identity.get_or_create_user_settings(uuid, uuid) to callboard_member;

create or replace function identity.update_user_settings(
  patch jsonb,
  tenant_id uuid default null,
  if_version integer default null
) returns identity.user_settings
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  settings identity.user_settings := identity.get_or_create_user_settings(null, update_user_settings.tenant_id);
begin
  if jsonb_typeof(patch) is distinct from 'object' or length(patch::text) > 65536 then
    perform platform.refuse('CB002', 'A patch is an object of up to 64 KB.', field => 'patch');
  end if;
  select s.* into settings from identity.user_settings s where s.id = settings.id for update;
  perform platform.refuse_other_version(if_version, settings.version, 'these settings');
  update identity.user_settings s
     set value = platform.merge_patch(s.value, patch)
   where s.id = settings.id
  returning s.* into settings;
  return settings;
end
$$;

comment on function identity.update_user_settings(jsonb, uuid, integer) is
  'Changes the caller''s settings, those for everywhere or those for one of their organizations, by a JSON merge patch: what '
  'is not mentioned stays, null goes back to what holds otherwise. With if_version only while that is the version. Errors: '
  'UNAUTHENTICATED; INVALID_INPUT, whose field is the path of the setting (patch.theme); CONFLICT for another version; '
  'FORBIDDEN for an organization of others. Definer: the organization may be another than the active one.';
grant execute on function identity.update_user_settings(jsonb, uuid, integer) to callboard_member;
