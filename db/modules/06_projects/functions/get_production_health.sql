create or replace function projects.get_production_health(project_id uuid) returns projects.production_health
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('projects.read');
  today constant date := platform.today(organization);
  project record;
  parts projects.health_part[];
  data_weight numeric;
  result projects.production_health;
begin
  select p.id, p.ends_on, p.is_template
    into project
    from projects.projects p
   where p.organization_id = organization and p.id = get_production_health.project_id;
  if project.id is null then
    perform platform.refuse('CB004', 'There is no such project, or you may not read it.', field => 'project_id');
  end if;
  result.project_id := project.id;
  result.as_of := today;
  if project.is_template then
    result.parts := '{}';
    return result;
  end if;
  parts := array[
    projects.schedule_health(organization, project.id, today),
    projects.budget_health(organization, project.id, today),
    -- what was needed is judged as of the last day on which it was
    projects.compliance_health(organization, project.id, least(today, project.ends_on)),
    projects.safety_health(organization, project.id),
    projects.staffing_health(organization, project.id)
  ];
  select sum(p.weight) into data_weight from unnest(parts) p where p.has_data;

  select array_agg(
           (p.part, p.score, p.weight,
            case when p.has_data then round(100 * p.weight / data_weight, 2) else 0 end,
            p.has_data, p.summary, p.figures)::projects.health_part
           order by p.weight desc, p.part),
         round(sum(p.score * p.weight) filter (where p.has_data) / data_weight, 1)
    into result.parts, result.score
    from unnest(parts) p;
  result.grade := case
    when result.score >= 80 then 'healthy'
    when result.score >= 60 then 'watch'
    when result.score is not null then 'critical'
  end;
  return result;
end
$$;

comment on function projects.get_production_health(uuid) is
  'How a project stands, 0 to 100, with its parts: schedule (30 %), budget (25 %), compliance (20 %), safety (15 %), '
  'staffing (10 %). A part without data, or without data that the caller may read, is left out; its weight goes to the '
  'others, and the answer says so. A template has no health. Needs projects.read. Errors: NOT_FOUND_OR_FORBIDDEN.';
grant execute on function projects.get_production_health(uuid) to callboard_member, callboard_service;
