-- The same answers as fields of a project.

create or replace function projects.projects_health(project projects.projects) returns projects.production_health
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select projects.get_production_health(project.id)
$$;

comment on function projects.projects_health(projects.projects) is
  'How the project stands, 0 to 100, with its parts: see getProductionHealth.';

create or replace function projects.projects_timeline(project projects.projects) returns projects.production_timeline
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select projects.get_production_timeline(project.id)
$$;

comment on function projects.projects_timeline(projects.projects) is
  'The critical path of the project: see getProductionTimeline.';

grant execute on function projects.projects_health(projects.projects), projects.projects_timeline(projects.projects)
  to callboard_member, callboard_service;
