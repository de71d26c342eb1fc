create or replace function projects.create_project_from_template(
  template_id uuid,
  name text,
  starts_on date default null,
  workspace_id uuid default null
) returns projects.projects
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('projects.write');
  template projects.projects;
  made projects.projects;
  shift integer;
  ids jsonb;
begin
  select p.* into template
    from projects.projects p
   where p.organization_id = organization
     and p.id = create_project_from_template.template_id
     and p.deleted_at is null;
  if template.id is null then
    perform platform.refuse('CB004', 'There is no such template, or you may not read it.', field => 'template_id');
  end if;
  if not template.is_template then
    perform platform.refuse('CB002', 'This project is not a template.', field => 'template_id');
  end if;
  -- A template without a first day counts from the first one in it; without any day there is nothing to shift.
  shift := coalesce(
    create_project_from_template.starts_on - coalesce(
      template.starts_on,
      (
        select min(d.day)
          from (
            select least(f.starts_on, f.ends_on) as day
              from projects.project_phases f
             where f.organization_id = organization and f.project_id = template.id and f.deleted_at is null
            union all
            select m.due_on
              from projects.project_milestones m
             where m.organization_id = organization
               and m.project_id = template.id
               and m.status <> 'cancelled'
               and m.deleted_at is null
            union all
            select least(t.starts_on, t.due_on)
              from projects.project_tasks t
             where t.organization_id = organization
               and t.project_id = template.id
               and t.status <> 'cancelled'
               and t.deleted_at is null
            union all
            select least(r.needed_from, r.needed_until)
              from projects.project_resources r
             where r.organization_id = organization and r.project_id = template.id and r.deleted_at is null
          ) d
      )),
    0);

  insert into projects.projects
    (workspace_id, name, description, kind, priority, manager_id, client_id, client_name, location, starts_on, ends_on,
     estimated_hours, working_days, days_off, tags, settings, custom_fields, template_id)
  values (
    coalesce(create_project_from_template.workspace_id, template.workspace_id), create_project_from_template.name,
    template.description, template.kind, template.priority, template.manager_id, template.client_id,
    template.client_name, template.location,
    coalesce(create_project_from_template.starts_on, template.starts_on),
    -- an end before the beginning that is asked for says nothing about the new project
    case
      when template.ends_on + shift < create_project_from_template.starts_on then null
      else template.ends_on + shift
    end,
    template.estimated_hours, template.working_days, template.days_off, template.tags, template.settings,
    template.custom_fields, template.id)
  returning * into made;

  select coalesce(jsonb_object_agg(r.id, platform.uuidv7()), '{}')
    into ids
    from (
      select f.id
        from projects.project_phases f
       where f.organization_id = organization and f.project_id = template.id and f.deleted_at is null
      union all
      select t.id
        from projects.project_tasks t
       where t.organization_id = organization
         and t.project_id = template.id
         and t.status <> 'cancelled'
         and t.deleted_at is null
    ) r;

  insert into projects.project_phases
    (id, project_id, name, description, kind, starts_on, ends_on, position, custom_fields)
  select (ids ->> f.id::text)::uuid, made.id, f.name, f.description, f.kind, f.starts_on + shift, f.ends_on + shift,
         f.position, f.custom_fields
    from projects.project_phases f
   where f.organization_id = organization and f.project_id = template.id and f.deleted_at is null;

  insert into projects.project_milestones (project_id, phase_id, name, description, due_on, custom_fields)
  select made.id, (ids ->> m.phase_id::text)::uuid, m.name, m.description, m.due_on + shift, m.custom_fields
    from projects.project_milestones m
   where m.organization_id = organization
     and m.project_id = template.id
     and m.status <> 'cancelled'
     and m.deleted_at is null
   order by m.id;

  insert into projects.project_tasks
    (id, project_id, phase_id, parent_task_id, title, description, priority, assignee_id, starts_on, due_on,
     duration_days, estimated_hours, position, custom_fields)
  select (ids ->> t.id::text)::uuid, made.id, (ids ->> t.phase_id::text)::uuid, (ids ->> t.parent_task_id::text)::uuid,
         t.title, t.description, t.priority, t.assignee_id, t.starts_on + shift, t.due_on + shift, t.duration_days,
         t.estimated_hours, t.position, t.custom_fields
    from projects.project_tasks t
   where t.organization_id = organization and t.project_id = template.id and ids ? t.id::text;

  insert into projects.task_dependencies (project_id, predecessor_id, successor_id, kind, lag_days)
  select made.id, (ids ->> d.predecessor_id::text)::uuid, (ids ->> d.successor_id::text)::uuid, d.kind, d.lag_days
    from projects.task_dependencies d
   where d.organization_id = organization
     and d.project_id = template.id
     and d.deleted_at is null
     and ids ? d.predecessor_id::text
     and ids ? d.successor_id::text;

  insert into projects.project_resources
    (project_id, task_id, kind, name, quantity, unit, unit_cost, currency, needed_from, needed_until, custom_fields)
  select made.id, (ids ->> r.task_id::text)::uuid, r.kind, r.name, r.quantity, r.unit, r.unit_cost, r.currency,
         r.needed_from + shift, r.needed_until + shift, r.custom_fields
    from projects.project_resources r
   where r.organization_id = organization and r.project_id = template.id and r.deleted_at is null;

  insert into projects.project_compliance
    (project_id, kind, name, authority, is_blocking, responsible_id, location, cost, currency, notes, custom_fields)
  select made.id, c.kind, c.name, c.authority, c.is_blocking, c.responsible_id, c.location, c.cost, c.currency, c.notes,
         c.custom_fields
    from projects.project_compliance c
   where c.organization_id = organization and c.project_id = template.id and c.deleted_at is null;
  return made;
end
$$;

comment on function projects.create_project_from_template(uuid, text, date, uuid) is
  'A new project with the phases, milestones, tasks with their links, resources and papers of a template. What is '
  'cancelled or archived is left out; everything else begins anew (planning, todo, required). All days are shifted by '
  'what starts_on differs from the template''s, or from the first day in it. Needs projects.write. Errors: '
  'NOT_FOUND_OR_FORBIDDEN, INVALID_INPUT for a project that is no template, and those of the columns.';
grant execute on function projects.create_project_from_template(uuid, text, date, uuid)
  to callboard_member, callboard_service;
