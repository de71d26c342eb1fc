create or replace function tenancy.setting(organization_id uuid, section text) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select platform.with_defaults(s.schema, coalesce(o.value, '{}'))
    from tenancy.settings_sections s
    left join tenancy.organization_settings o
           on o.organization_id = setting.organization_id and o.section = s.section
   where s.section = setting.section
$$;

comment on function tenancy.setting(uuid, text) is
  'A section of an organization''s settings, with defaults. For functions that have checked who asks.';
grant execute on function tenancy.setting(uuid, text) to callboard_service;

create or replace function tenancy.check_settings(section text, value jsonb, field text) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  wrong record;
begin
  select v.*
    into wrong
    from tenancy.settings_sections s
   cross join lateral platform.json_schema_violations(s.schema, value) v
   where s.section = check_settings.section
   limit 1;
  if found then
    perform platform.refuse(
      'CB002', format('The setting %s %s.', coalesce(nullif(wrong.field, ''), 'value'), wrong.problem),
      field => check_settings.field || coalesce('.' || nullif(wrong.field, ''), ''));
  end if;
end
$$;

comment on function tenancy.check_settings(text, jsonb, text) is
  'Refuses (CB002) a value that does not fit the schema of its section, naming the path.';

create or replace function tenancy.check_settings_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform tenancy.check_settings(new.section, new.value, 'patch');
  new.updated_by := authz.actor_id();
  if tg_op = 'UPDATE' then
    new.version := old.version + (new.value is distinct from old.value)::integer;
  end if;
  return new;
end
$$;

comment on function tenancy.check_settings_trigger() is
  'Before settings are written, whoever writes: they fit their schema, and a change counts as one. Definer: the check is '
  'granted to nobody.';

create or replace procedure tenancy.define_settings_section(
  section text,
  audience text,
  place integer,
  title text,
  description text,
  schema jsonb,
  write_permission text
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into tenancy.settings_sections as s
    (section, audience, position, title, description, schema, write_permission)
  values (
    define_settings_section.section, define_settings_section.audience, define_settings_section.place,
    define_settings_section.title, define_settings_section.description, define_settings_section.schema,
    define_settings_section.write_permission)
  on conflict on constraint settings_sections_pkey do update
    set (audience, position, title, description, schema, write_permission)
      = (excluded.audience, excluded.position, excluded.title, excluded.description, excluded.schema,
         excluded.write_permission)
  where (s.audience, s.position, s.title, s.description, s.schema, s.write_permission)
     is distinct from (excluded.audience, excluded.position, excluded.title, excluded.description, excluded.schema,
                       excluded.write_permission);
end
$$;

comment on procedure tenancy.define_settings_section(text, text, integer, text, text, jsonb, text) is
  'Registers what can be set, as a JSON Schema with defaults; called in files beside access.sql. audience is organization, or '
  'user for what is one''s own, which takes no permission.';

create or replace function tenancy.get_organization_settings(section text default null)
returns setof tenancy.settings_in_force
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select s.section, s.title, s.description, platform.with_defaults(s.schema, coalesce(o.value, '{}')),
         coalesce(o.version, 0), s.schema, s.write_permission, o.updated_at
    from tenancy.settings_sections s
    left join tenancy.organization_settings o
           on o.organization_id = (select authz.organization_id()) and o.section = s.section
   where s.audience = 'organization'
     and (select authz.organization_id()) is not null
     and (get_organization_settings.section is null or s.section = get_organization_settings.section)
   order by s.position
$$;

comment on function tenancy.get_organization_settings(text) is
  'The settings of the active organization, section by section: what was set, and defaults for the rest. For every member.';
grant execute on function tenancy.get_organization_settings(text) to callboard_member, callboard_service;

create or replace function tenancy.update_organization_settings(
  section text,
  patch jsonb,
  if_version integer default null
) returns tenancy.settings_in_force
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  known tenancy.settings_sections;
  present tenancy.organization_settings;
begin
  perform authz.require('tenancy.write');
  select s.*
    into known
    from tenancy.settings_sections s
   where s.section = update_organization_settings.section and s.audience = 'organization';
  if known.section is null then
    perform platform.refuse('CB002', 'There is no such section.', field => 'section');
  end if;
  perform authz.require(known.write_permission);
  if jsonb_typeof(patch) is distinct from 'object' or length(patch::text) > 65536 then
    perform platform.refuse('CB002', 'A patch is an object of up to 64 KB.', field => 'patch');
  end if;
  select o.*
    into present
    from tenancy.organization_settings o
   where o.organization_id = authz.organization_id() and o.section = known.section
     for update;
  perform platform.refuse_other_version(if_version, coalesce(present.version, 0), 'these settings');
  -- Two who set the first value at once: both patches count, in some order.
  insert into tenancy.organization_settings as o (section, value)
  values (known.section, platform.merge_patch('{}', patch))
  on conflict on constraint organization_settings_organization_id_section_key do update
    set value = platform.merge_patch(o.value, patch)
  where if_version is null or o.version = if_version
  returning o.* into present;
  if not found then
    select o.*
      into present
      from tenancy.organization_settings o
     where o.organization_id = authz.organization_id() and o.section = known.section;
    perform platform.refuse_other_version(if_version, present.version, 'these settings');
  end if;
  return (known.section, known.title, known.description, platform.with_defaults(known.schema, present.value),
          present.version, known.schema, known.write_permission, present.updated_at)::tenancy.settings_in_force;
end
$$;

comment on function tenancy.update_organization_settings(text, jsonb, integer) is
  E'@resultFieldName settings\n'
  'Changes a section of the organization''s settings by a JSON merge patch: what is not mentioned stays, null goes back to '
  'the default. With if_version only while that is the version. Needs tenancy.write, for security also '
  'tenancy.manage_security. Errors: INVALID_INPUT, whose field is the path of the setting (patch.quietHours.from); '
  'CONFLICT for another version; FORBIDDEN.';
grant execute on function tenancy.update_organization_settings(text, jsonb, integer) to callboard_member;
