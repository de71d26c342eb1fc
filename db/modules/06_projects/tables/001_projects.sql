create table projects.projects (
  like platform.tenant_row including all,
  name text not null check (btrim(name) <> '' and length(name) <= 200),
  slug text not null default '' check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 80),
  description text,
  kind text not null default 'other'
    check (kind in ('film', 'television', 'commercial', 'documentary', 'music_video', 'photography', 'theatre', 'event',
                    'design', 'student', 'online', 'other')),
  status text not null default 'planning'
    check (status in ('planning', 'active', 'on_hold', 'completed', 'cancelled')),
  priority text not null default 'medium' check (priority in ('low', 'medium', 'high', 'urgent')),
  manager_id uuid references identity.users,
  client_id uuid references identity.users,
  client_name text,
  location text,
  starts_on date,
  ends_on date,
  completed_at timestamptz,
  estimated_hours numeric(7,2) check (estimated_hours >= 0),
  working_days smallint[] not null default '{1,2,3,4,5}'
    check (working_days <@ '{1,2,3,4,5,6,7}' and cardinality(working_days) > 0),
  days_off date[] not null default '{}' check (array_position(days_off, null) is null),
  tags text[] not null default '{}',
  settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object'),
  is_template boolean not null default false,
  template_id uuid,
  constraint projects_days_rule check (ends_on >= starts_on),
  unique (organization_id, slug),
  foreign key (organization_id, template_id) references projects.projects
);
create index on projects.projects (organization_id, template_id);
create index on projects.projects (organization_id, status);
create index on projects.projects (organization_id, starts_on);
create index on projects.projects (organization_id, name);
comment on table projects.projects is
  'A production, event or design job (seeds productions, projects, design_projects).';
comment on constraint projects_days_rule on projects.projects is 'The last day is not before the first.';
comment on constraint projects_slug_check on projects.projects is
  'Lower-case letters a to z and digits, in words with a single hyphen between them; 80 characters at most.';
comment on column projects.projects.slug is 'Its name in addresses; made from the name when left out.';
comment on column projects.projects.status is
  'planning → active → completed; on_hold in between; cancelled can be planned again.';
comment on column projects.projects.client_name is 'Who it is made for, where the client has no account.';
comment on column projects.projects.starts_on is 'The first day; the timeline counts from it.';
comment on column projects.projects.ends_on is 'The last day that was agreed on.';
comment on column projects.projects.completed_at is 'When its status became completed.';
comment on column projects.projects.working_days is
  'Days of the week on which it is worked, 1 for Monday to 7 for Sunday.';
comment on column projects.projects.days_off is 'Single days, such as holidays, on which nobody works.';
comment on column projects.projects.is_template is
  'A pattern for create_project_from_template, not a project that runs.';
comment on column projects.projects.template_id is 'The template it was made from.';

create table projects.project_members (
  like platform.tenant_row including all,
  project_id uuid not null,
  user_id uuid not null references identity.users,
  role text not null default 'contributor' check (role in ('manager', 'lead', 'contributor', 'viewer', 'client')),
  allocation_percent numeric(5,2) not null default 100 check (allocation_percent between 0 and 100),
  joined_on date,
  left_on date,
  constraint project_members_days_rule check (left_on >= joined_on),
  unique nulls not distinct (organization_id, project_id, user_id, deleted_at),
  foreign key (organization_id, project_id) references projects.projects
);
comment on table projects.project_members is 'Who works on a project and as what (seed project_members).';
comment on constraint project_members_days_rule on projects.project_members is 'Nobody leaves before they join.';
comment on column projects.project_members.allocation_percent is 'How much of their time goes into it.';

create table projects.project_phases (
  like platform.tenant_row including all,
  project_id uuid not null,
  name text not null check (btrim(name) <> ''),
  description text,
  kind text not null default 'other'
    check (kind in ('development', 'pre_production', 'production', 'post_production', 'load_in', 'rehearsal', 'show',
                    'load_out', 'wrap', 'delivery', 'other')),
  starts_on date,
  ends_on date,
  position integer not null default 0,
  constraint project_phases_days_rule check (ends_on >= starts_on),
  unique (organization_id, project_id, id),
  foreign key (organization_id, project_id) references projects.projects
);
comment on table projects.project_phases is 'The parts that a project runs through (seed project_timelines).';
comment on constraint project_phases_days_rule on projects.project_phases is 'The last day is not before the first.';

create table projects.project_milestones (
  like platform.tenant_row including all,
  project_id uuid not null,
  phase_id uuid,
  name text not null check (btrim(name) <> ''),
  description text,
  status text not null default 'pending' check (status in ('pending', 'achieved', 'missed', 'cancelled')),
  due_on date not null,
  achieved_on date,
  constraint project_milestones_achieved_rule check (status <> 'achieved' or achieved_on is not null),
  unique (organization_id, project_id, id),
  foreign key (organization_id, project_id) references projects.projects,
  foreign key (organization_id, project_id, phase_id)
    references projects.project_phases (organization_id, project_id, id)
);
create index on projects.project_milestones (organization_id, project_id, phase_id);
create index on projects.project_milestones (organization_id, due_on);
comment on table projects.project_milestones is 'Days by which something must be so (seed project_milestones).';
comment on constraint project_milestones_achieved_rule on projects.project_milestones is
  'What is achieved needs the day on which it was.';

create table projects.project_tasks (
  like platform.tenant_row including all,
  project_id uuid not null,
  phase_id uuid,
  parent_task_id uuid,
  title text not null check (btrim(title) <> '' and length(title) <= 500),
  description text,
  status text not null default 'todo'
    check (status in ('todo', 'in_progress', 'in_review', 'blocked', 'done', 'cancelled')),
  priority text not null default 'medium' check (priority in ('low', 'medium', 'high', 'urgent')),
  assignee_id uuid references identity.users,
  starts_on date,
  due_on date,
  duration_days integer not null default 1 check (duration_days between 0 and 3650),
  estimated_hours numeric(7,2) check (estimated_hours >= 0),
  actual_hours numeric(7,2) not null default 0 check (actual_hours >= 0),
  completed_at timestamptz,
  position integer not null default 0,
  constraint project_tasks_days_rule check (due_on >= starts_on),
  constraint project_tasks_parent_rule check (parent_task_id <> id),
  unique (organization_id, project_id, id),
  foreign key (organization_id, project_id) references projects.projects,
  foreign key (organization_id, project_id, phase_id)
    references projects.project_phases (organization_id, project_id, id),
  foreign key (organization_id, project_id, parent_task_id)
    references projects.project_tasks (organization_id, project_id, id)
);
create index on projects.project_tasks (organization_id, project_id, phase_id);
create index on projects.project_tasks (organization_id, project_id, parent_task_id);
create index on projects.project_tasks (organization_id, due_on);
create index on projects.project_tasks (organization_id, status);
comment on table projects.project_tasks is 'What there is to do (seed project_tasks).';
comment on constraint project_tasks_days_rule on projects.project_tasks is 'A task is not due before it starts.';
comment on constraint project_tasks_parent_rule on projects.project_tasks is 'A task is not part of itself.';
comment on column projects.project_tasks.starts_on is 'Not before this day, whatever its predecessors allow.';
comment on column projects.project_tasks.due_on is 'By when it was promised.';
comment on column projects.project_tasks.duration_days is 'Working days that it takes; 0 for an instant.';
comment on column projects.project_tasks.completed_at is 'When its status became done.';

create table projects.task_dependencies (
  like platform.tenant_row including all,
  project_id uuid not null,
  predecessor_id uuid not null,
  successor_id uuid not null,
  kind text not null default 'finish_to_start'
    check (kind in ('finish_to_start', 'start_to_start', 'finish_to_finish', 'start_to_finish')),
  lag_days integer not null default 0 check (lag_days between -3650 and 3650),
  constraint task_dependencies_self_rule check (predecessor_id <> successor_id),
  unique nulls not distinct (organization_id, predecessor_id, successor_id, deleted_at),
  foreign key (organization_id, project_id) references projects.projects,
  foreign key (organization_id, project_id, predecessor_id)
    references projects.project_tasks (organization_id, project_id, id),
  foreign key (organization_id, project_id, successor_id)
    references projects.project_tasks (organization_id, project_id, id)
);
create index on projects.task_dependencies (organization_id, project_id, predecessor_id);
create index on projects.task_dependencies (organization_id, project_id, successor_id);
comment on table projects.task_dependencies is
  'Which task waits for which (seed project_dependencies). A link that would close a circle is refused.';
comment on constraint task_dependencies_self_rule on projects.task_dependencies is 'A task does not wait for itself.';
comment on column projects.task_dependencies.kind is
  'What the successor waits with for what of the predecessor: finish_to_start is "starts when that has finished".';
comment on column projects.task_dependencies.lag_days is 'Working days in between; negative where they may overlap.';

create table projects.project_resources (
  like platform.tenant_row including all,
  project_id uuid not null,
  task_id uuid,
  kind text not null check (kind in ('person', 'equipment', 'space', 'vehicle', 'material', 'service')),
  name text not null check (btrim(name) <> ''),
  quantity numeric(12,3) not null default 1 check (quantity > 0),
  unit text,
  unit_cost numeric(14,2) check (unit_cost >= 0),
  currency char(3) not null default 'USD' check (currency ~ '^[A-Z]{3}$'),
  status text not null default 'planned' check (status in ('planned', 'requested', 'confirmed', 'released')),
  needed_from date,
  needed_until date,
  constraint project_resources_days_rule check (needed_until >= needed_from),
  foreign key (organization_id, project_id) references projects.projects,
  foreign key (organization_id, project_id, task_id)
    references projects.project_tasks (organization_id, project_id, id)
);
create index on projects.project_resources (organization_id, project_id, task_id);
comment on table projects.project_resources is 'People, gear and places that a project needs (seed project_resources).';
comment on constraint project_resources_days_rule on projects.project_resources is
  'The last day is not before the first.';
comment on column projects.project_resources.unit_cost is 'Per unit, in the currency.';

create table projects.project_compliance (
  like platform.tenant_row including all,
  project_id uuid not null,
  kind text not null default 'permit'
    check (kind in ('permit', 'licence', 'insurance', 'certification', 'clearance', 'contract')),
  name text not null check (btrim(name) <> '' and length(name) <= 500),
  authority text,
  reference_number text check (length(reference_number) <= 200),
  status text not null default 'required'
    check (status in ('required', 'submitted', 'approved', 'denied', 'revoked', 'waived')),
  is_blocking boolean not null default true,
  responsible_id uuid references identity.users,
  location text,
  submitted_at timestamptz,
  decided_at timestamptz,
  valid_from timestamptz,
  valid_until timestamptz,
  cost numeric(14,2) check (cost >= 0),
  currency char(3) not null default 'USD' check (currency ~ '^[A-Z]{3}$'),
  notes text,
  constraint project_compliance_days_rule check (valid_until > valid_from),
  unique nulls not distinct (organization_id, project_id, kind, reference_number, name, deleted_at),
  foreign key (organization_id, project_id) references projects.projects
);
create index on projects.project_compliance (organization_id, valid_until);
comment on table projects.project_compliance is
  'Permits, licences, insurances and other papers that a project must have (seed project_compliance).';
comment on constraint project_compliance_days_rule on projects.project_compliance is
  'The last day comes after the first.';
comment on column projects.project_compliance.is_blocking is 'Whether nothing may happen without it.';
comment on column projects.project_compliance.location is 'Where it holds.';
comment on column projects.project_compliance.valid_until is 'The instant from which it no longer holds.';

create table projects.project_safety (
  like platform.tenant_row including all,
  project_id uuid not null,
  kind text not null check (kind in ('risk_assessment', 'safety_plan', 'hazard', 'incident', 'briefing', 'inspection')),
  title text not null check (btrim(title) <> ''),
  description text,
  severity text not null default 'low' check (severity in ('low', 'medium', 'high', 'critical')),
  likelihood text check (likelihood in ('rare', 'unlikely', 'possible', 'likely', 'certain')),
  status text not null default 'open' check (status in ('open', 'mitigated', 'closed')),
  responsible_id uuid references identity.users,
  mitigation text,
  occurred_at timestamptz,
  closed_at timestamptz,
  foreign key (organization_id, project_id) references projects.projects
);
create index on projects.project_safety (organization_id, project_id);
comment on table projects.project_safety is
  'Risk assessments, safety plans, hazards and incidents of a project (seed project_safety).';

create table projects.design_versions (
  like platform.tenant_row including all,
  project_id uuid not null,
  name text not null check (btrim(name) <> '' and length(name) <= 500),
  version integer not null default 0 check (version >= 0),
  status text not null default 'draft'
    check (status in ('draft', 'in_review', 'changes_requested', 'approved', 'superseded')),
  notes text,
  content jsonb not null default '{}' check (jsonb_typeof(content) = 'object'),
  preview_url text check (preview_url ~ '^https?://'),
  reviewed_by uuid references identity.users,
  reviewed_at timestamptz,
  unique (organization_id, project_id, name, version),
  foreign key (organization_id, project_id) references projects.projects
);
comment on table projects.design_versions is
  'Versions of a design, numbered in the order in which they came (seed design_versions).';
comment on column projects.design_versions.name is 'Which design of the project: versions of one share it.';
comment on column projects.design_versions.version is 'Counted from 1 by the database; what is given is ignored.';
comment on column projects.design_versions.content is 'What the design tool keeps.';

create type projects.timeline_task as (
  task_id uuid,
  title text,
  status text,
  duration_days integer,
  earliest_start date,
  earliest_finish date,
  latest_start date,
  latest_finish date,
  slack_days integer,
  is_critical boolean
);
comment on type projects.timeline_task is 'When a task can and must happen, in whole days; both ends are days of work.';
comment on column projects.timeline_task.slack_days is
  'Working days by which it can slip before the project finishes later.';
comment on column projects.timeline_task.is_critical is 'Whether it cannot slip at all.';

create type projects.production_timeline as (
  project_id uuid,
  starts_on date,
  finishes_on date,
  working_days integer,
  ends_on date,
  days_late integer,
  critical_path uuid[],
  tasks projects.timeline_task[]
);
comment on type projects.production_timeline is 'The critical path of a project.';
comment on column projects.production_timeline.starts_on is
  'The first working day from the project''s start on, or from its earliest task, or from today.';
comment on column projects.production_timeline.finishes_on is 'The last day of work; null without tasks.';
comment on column projects.production_timeline.working_days is 'How many working days that takes.';
comment on column projects.production_timeline.ends_on is 'The last day that was agreed on.';
comment on column projects.production_timeline.days_late is
  'Days from ends_on to finishes_on; negative is time to spare, null without ends_on.';
comment on column projects.production_timeline.critical_path is 'The critical tasks in working order.';
comment on column projects.production_timeline.tasks is 'In the order of their earliest starts.';

create type projects.health_part as (
  part text,
  score numeric(5,1),
  weight numeric(5,2),
  effective_weight numeric(5,2),
  has_data boolean,
  summary text,
  figures jsonb
);
comment on type projects.health_part is 'One part of a project''s health.';
comment on column projects.health_part.part is 'schedule, budget, compliance, safety or staffing.';
comment on column projects.health_part.score is '0 to 100; null without data.';
comment on column projects.health_part.weight is 'Its share in percent when every part has data.';
comment on column projects.health_part.effective_weight is
  'Its share in percent in this answer: parts without data leave theirs to the others.';
comment on column projects.health_part.has_data is
  'False when there is nothing to judge, or nothing that the caller may read.';
comment on column projects.health_part.summary is 'What the score comes from, in a sentence.';
comment on column projects.health_part.figures is 'The numbers behind it.';

create type projects.production_health as (
  project_id uuid,
  as_of date,
  score numeric(5,1),
  grade text,
  parts projects.health_part[]
);
comment on type projects.production_health is 'How a project stands.';
comment on column projects.production_health.score is '0 to 100; null when no part has data.';
comment on column projects.production_health.grade is 'healthy from 80, watch from 60, critical below; null without score.';
