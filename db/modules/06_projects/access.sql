grant usage on schema projects to callboard_anonymous, callboard_member, callboard_service;

call platform.protect('projects.projects', 'tenant', read_only => '{completed_at}');
call billing.meter('projects.projects', 'projects');
call tenancy.define_onboarding_step(
  'start_project', 'organization', 5, 'Start a project', 'Create the first production.', 'projects.write',
  completed_by => 'projects.projects');
call platform.protect('projects.project_members', 'tenant', parent => 'project_id');
call platform.protect('projects.project_phases', 'tenant', parent => 'project_id');
call platform.protect('projects.project_milestones', 'tenant', parent => 'project_id');
call platform.protect('projects.project_tasks', 'tenant', parent => 'project_id', read_only => '{completed_at}');
call platform.protect('projects.task_dependencies', 'tenant', parent => 'project_id');
call platform.protect('projects.project_resources', 'tenant', parent => 'project_id');
call platform.protect('projects.project_compliance', 'tenant', parent => 'project_id');
call platform.protect('projects.project_safety', 'tenant', parent => 'project_id');
call platform.protect('projects.design_versions', 'tenant', parent => 'project_id', read_only => '{version}');

call platform.allow_transitions('projects.projects', 'status', '{
  "planning": ["active", "on_hold", "cancelled"],
  "active": ["on_hold", "completed", "cancelled"],
  "on_hold": ["planning", "active", "cancelled"],
  "completed": ["active"],
  "cancelled": ["planning"]
}');
call platform.allow_transitions('projects.project_tasks', 'status', '{
  "todo": ["in_progress", "in_review", "blocked", "done", "cancelled"],
  "in_progress": ["todo", "in_review", "blocked", "done", "cancelled"],
  "in_review": ["in_progress", "blocked", "done", "cancelled"],
  "blocked": ["todo", "in_progress", "cancelled"],
  "done": ["in_progress"],
  "cancelled": ["todo"]
}');
call platform.allow_transitions('projects.project_milestones', 'status', '{
  "pending": ["achieved", "missed", "cancelled"],
  "missed": ["achieved", "pending"],
  "achieved": ["pending"],
  "cancelled": ["pending"]
}');
call platform.allow_transitions('projects.project_compliance', 'status', '{
  "required": ["submitted", "approved", "waived"],
  "submitted": ["approved", "denied", "required"],
  "approved": ["revoked", "submitted"],
  "denied": ["submitted", "waived"],
  "revoked": ["submitted"],
  "waived": ["required"]
}');
call platform.allow_transitions('projects.project_safety', 'status', '{
  "open": ["mitigated", "closed"],
  "mitigated": ["open", "closed"],
  "closed": ["open"]
}');
call platform.allow_transitions('projects.design_versions', 'status', '{
  "draft": ["in_review", "superseded"],
  "in_review": ["approved", "changes_requested", "draft"],
  "changes_requested": ["draft", "in_review", "superseded"],
  "approved": ["superseded"]
}');

create or replace trigger _150_slug before insert on projects.projects
  for each row when (coalesce(new.slug, '') = '') execute function platform.set_slug_trigger('project', '80');
create or replace trigger _300_completion before insert or update of status on projects.projects
  for each row execute function projects.note_completion_trigger('completed');
create or replace trigger _300_completion before insert or update of status on projects.project_tasks
  for each row execute function projects.note_completion_trigger('done');
create or replace trigger _150_version before insert on projects.design_versions
  for each row execute function projects.number_version_trigger();
create or replace trigger _500_no_cycle_insert after insert on projects.task_dependencies
  referencing new table as new_rows for each statement execute function projects.refuse_cycles_trigger();
create or replace trigger _500_no_cycle_update after update on projects.task_dependencies
  referencing new table as new_rows for each statement execute function projects.refuse_cycles_trigger();
create or replace trigger _500_no_subtask_cycle before insert or update of parent_task_id on projects.project_tasks
  for each row when (new.parent_task_id is not null) execute function projects.refuse_subtask_cycle_trigger();
