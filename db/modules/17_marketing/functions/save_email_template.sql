create or replace function marketing.write_email_template(row_id uuid, template jsonb, if_version integer default null)
returns uuid
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('marketing.write');
  present marketing.email_templates;
  written marketing.email_templates;
begin
  if row_id is null then
    insert into marketing.email_templates
      (organization_id, name, description, category, subject, html_source, text_source, variables)
    values (organization, template ->> 'name', template ->> 'description', template ->> 'category', template ->> 'subject',
            template ->> 'html', template ->> 'text', coalesce(template -> 'variables', '[]'))
    returning * into written;
  else
    select t.* into present
      from marketing.email_templates t
     where t.organization_id = organization
       and t.id = row_id
       and t.deleted_at is null
       and authz.sees_workspace(t.workspace_id)
       for update;
    if present.id is null then
      perform platform.refuse('CB004', 'There is no such template, or you may not change it.', field => 'row_id');
    end if;
    perform platform.refuse_other_version(if_version, present.version, 'this template');
    update marketing.email_templates t
       set name = case when template ? 'name' then template ->> 'name' else t.name end,
           description = case when template ? 'description' then template ->> 'description' else t.description end,
           category = case when template ? 'category' then template ->> 'category' else t.category end,
           subject = template ->> 'subject', html_source = template ->> 'html', text_source = template ->> 'text',
           variables = coalesce(template -> 'variables', '[]'),
           version = t.version + ((t.subject, t.html_source, t.text_source, t.variables) is distinct from
             (template ->> 'subject', template ->> 'html', template ->> 'text', coalesce(template -> 'variables', '[]')))::integer
     where t.organization_id = organization and t.id = row_id
    returning t.* into written;
  end if;
  insert into marketing.email_template_versions
    (organization_id, template_id, version, subject, html_source, text_source, variables, created_by)
  values (organization, written.id, written.version, written.subject, written.html_source, written.text_source,
          written.variables, authz.actor_id())
  on conflict on constraint email_template_versions_organization_id_template_id_version_key do nothing;
  return written.id;
end
$$;

comment on function marketing.write_email_template(uuid, jsonb, integer) is
  'Writes a template and its version, after the server has parsed it. Errors: CB001, CB003, CB004, CB005 for a version that is '
  'not the present one. Definer: nobody else writes what is rendered. Granted to the server''s login alone.';
grant execute on function marketing.write_email_template(uuid, jsonb, integer) to callboard_authenticator;

create or replace function marketing.read_email_template(row_id uuid, version integer default null) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_build_object(
           'id', t.id, 'name', t.name, 'description', t.description, 'category', t.category, 'version', v.version,
           'subject', v.subject, 'html', v.html_source, 'text', v.text_source, 'variables', v.variables)
    from marketing.email_templates t
    join marketing.email_template_versions v
      on v.organization_id = t.organization_id
     and v.template_id = t.id
     and v.version = coalesce(read_email_template.version, t.version)
   where t.organization_id = (select authz.organization_id()) and t.id = row_id
$$;

comment on function marketing.read_email_template(uuid, integer) is
  E'@behavior -*\nA template as the server renders it, in one of its versions; null when there is none for the caller.';
grant execute on function marketing.read_email_template(uuid, integer) to callboard_member;

create or replace function marketing.preview_variables(lead_id uuid) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_build_object(
           'organization', jsonb_build_object('name', o.name, 'website', o.website),
           'lead', (
             select jsonb_build_object(
                      'first_name', l.first_name, 'last_name', l.last_name, 'full_name', l.full_name, 'email', l.email,
                      'company_name', l.company_name, 'job_title', l.job_title, 'city', l.city, 'country', l.country,
                      'locale', l.locale)
               from crm.leads l
              where l.organization_id = o.id and l.id = preview_variables.lead_id
           ))
    from tenancy.organizations o
   where o.id = (select authz.organization_id())
$$;

comment on function marketing.preview_variables(uuid) is
  E'@behavior -*\nWhat a template is given beside its own variables: the organization and a lead, as far as the caller may '
  'read them.';
grant execute on function marketing.preview_variables(uuid) to callboard_member;
