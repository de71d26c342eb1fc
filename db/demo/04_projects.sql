-- Projects with their members, phases and milestones; a template for each way of working.

-- Where it belongs, who runs it; a template counts from a Monday long past.
create temp table demo_projects on commit drop as
with placed as (
  select p.*,
         case
           when p.family = 'spot' and p.stage in ('running', 'completed')
             and row_number() over (partition by p.family, p.stage order by p.seed) = 1 then 'client-room'
           when p.family = 'spot' then 'spots'
           when p.kind = 'theatre' then 'stage'
           when p.kind = 'television' then 'series'
           when p.kind = 'film' then 'features'
         end as workspace,
         false as is_template
    from pg_temp.demo_productions p
  union all
  select t.key, t.organization, t.kind, t.family, t.category, 'Template', 'Manhattan', '', '', 'New York', 'the street',
         t.name, t.name, 1, array[day.first], 1, k.crew, k.gear, '{1,2,3,4,5}', day.first - 21, day.first + 11, day.first,
         day.first, 1, 1, 'planning', 21, 'planning', pg_temp.at_clock(pg_temp.today() - 270, '15:00'), '{}', null, true
    from (values (9001, 'lumen', 'theatre', 'stage', 'Theater', 'Template: load-in'),
                 (9002, 'brightside', 'television', 'shoot', 'Television', 'Template: shooting block'))
           as t (key, organization, kind, family, category, name)
    join pg_temp.demo_kinds k on k.kind = t.kind
   cross join (select date_trunc('week', (pg_temp.today() - 250)::timestamp)::date as first) day
)
select p.*, o.id as organization_id, w.id as workspace_id,
       pg_temp.row_id(p.made_at, 0, 'project ' || p.seed) as id,
       manager.user_id as manager_id, owner.user_id as owner_id, client.user_id as client_id
  from placed p
  join pg_temp.demo_organizations o on o.key = p.organization
  left join tenancy.workspaces w on w.organization_id = o.id and w.slug = p.workspace
  join pg_temp.demo_people manager
    on manager.organization = p.organization
   and manager.position = case when p.kind in ('theatre', 'television') then 1 else 2 end
  join pg_temp.demo_people owner on owner.organization = p.organization and owner.role = 'owner'
  left join pg_temp.demo_people client on p.workspace = 'client-room' and client.email = 'client@lumen.test';
alter table pg_temp.demo_projects add primary key (key);
analyze pg_temp.demo_projects;

insert into projects.projects
  (organization_id, id, workspace_id, created_by, created_at, updated_at, custom_fields, name, description, kind, status,
   priority, manager_id, client_id, client_name, location, starts_on, ends_on, completed_at, estimated_hours,
   working_days, days_off, tags, is_template, template_id)
select p.organization_id, p.id, p.workspace_id, p.owner_id, p.made_at, p.made_at,
       case when p.is_template then '{}'::jsonb else jsonb_build_object(
         'borough', p.borough, 'shoot_days', p.day_count, 'community_boards', left(p.boards, 200)) end,
       p.name,
       case when p.is_template then 'The usual phases, tasks and papers, for create_project_from_template.'
            else format('%s in %s: %s permits on %s days around %s.',
                        case p.kind when 'theatre' then 'Load-ins and load-outs' when 'photography' then 'Photography'
                                    when 'online' then 'Web series' else p.category || ', ' || lower(p.subcategory) end,
                        p.borough, p.permits, p.day_count, p.street) end,
       p.kind, p.status,
       (array['low', 'medium', 'medium', 'high', 'medium', 'high', 'urgent'])[1 + pg_temp.roll(p.seed || ' priority', 7)],
       p.manager_id, p.client_id,
       case
         when p.client_id is not null then 'Harbor & Vine'
         when p.kind = 'theatre' then (array['Fulton Presents', 'Meridian Concerts', 'Old Harbour Touring'])[1 + pg_temp.roll(p.seed, 3)]
         when p.family = 'spot' then (array['Larkspur Agency', 'Ninth & Pine', 'Cobalt Creative'])[1 + pg_temp.roll(p.seed, 3)]
       end,
       case when not p.is_template then p.street || ', ' || p.neighbourhood || ', ' || p.borough end,
       p.starts_on, p.ends_on,
       case when p.status = 'completed' then pg_temp.at_clock(p.ends_on, '17:30') end,
       p.crew * p.day_count * 10, p.weekdays, p.days_off,
       case when p.is_template then '{template}'::text[]
            else array[platform.slugify(p.category), platform.slugify(p.borough)] end,
       p.is_template,
       -- half of what is made in these ways was made from the template
       (select t.id
          from pg_temp.demo_projects t
         where t.is_template and t.kind = p.kind and not p.is_template and pg_temp.roll(p.seed || ' template', 2) = 0)
  from pg_temp.demo_projects p
 order by p.is_template desc, p.made_at;

-- Who works on it: the heads of department in turn. A private workspace is for those who see it.
create temp table demo_members on commit drop as
select p.key, c.user_id, c.title,
       row_number() over (partition by p.key order by (c.position + p.key * 3) % 11, c.position)::integer as place
  from pg_temp.demo_projects p
  join pg_temp.demo_people c
    on c.organization = p.organization and c.position between 3 and 10
   and (coalesce(p.workspace, '') not in ('client-room', 'features')
        or exists (
             select
               from tenancy.workspace_members m
              where m.organization_id = p.organization_id and m.workspace_id = p.workspace_id and m.user_id = c.user_id));
create index on pg_temp.demo_members (key, place);
analyze pg_temp.demo_members;

insert into projects.project_members
  (organization_id, created_by, created_at, updated_at, project_id, user_id, role, allocation_percent, joined_on)
select p.organization_id, p.manager_id, p.made_at, p.made_at, p.id, m.user_id, m.role, m.percent,
       (p.made_at at time zone 'America/New_York')::date
  from pg_temp.demo_projects p
 cross join lateral (
         select p.manager_id as user_id, 'manager' as role, 50 as percent, 0 as place
         union all
         select c.user_id, case when c.place = 1 then 'lead' else 'contributor' end,
                (array[100, 80, 60, 50])[1 + pg_temp.roll(p.seed || c.title, 4)], c.place
           from pg_temp.demo_members c
          where c.key = p.key and c.place <= 4
         union all
         select p.client_id, 'client', 5, 90 where p.client_id is not null
         union all
         select c.user_id, 'lead', 25, 91
           from pg_temp.demo_people c
          where c.email = 'owner@lumen.test' and p.kind = 'television' and p.place_in_own_stage = 1
       ) m
 where not p.is_template
 order by p.made_at, m.place;

create temp table demo_phases on commit drop as
select p.key, p.organization_id, p.id as project_id, f.kind, f.name, f.position, f.starts_on,
       greatest(f.ends_on, f.starts_on) as ends_on,
       pg_temp.row_id(p.made_at, f.position, 'phase ' || f.kind || p.seed) as id
  from pg_temp.demo_projects p
 cross join lateral (
         select p.first_day + (p.last_day - p.first_day) / 3 as load_in_ends
       ) d
 cross join lateral (values
         ('stage', 'pre_production', 'Advance and plan', 1, p.starts_on, p.first_day - 1),
         ('stage', 'load_in', 'Load-in', 2, p.first_day, d.load_in_ends),
         ('stage', 'rehearsal', 'Focus and tech', 3, d.load_in_ends, d.load_in_ends + 1),
         ('stage', 'show', 'Show', 4, least(d.load_in_ends + 1, p.last_day), p.last_day),
         ('stage', 'load_out', 'Strike and load-out', 5, p.last_day, p.last_day + 1),
         ('stage', 'wrap', 'Settlement', 6, p.last_day + 1, p.ends_on),
         ('shoot', 'pre_production', 'Prep', 1, p.starts_on, p.first_day - 1),
         ('shoot', 'production', 'Shoot', 2, p.first_day, p.last_day),
         ('shoot', 'wrap', 'Wrap', 3, p.last_day + 1, p.last_day + 5),
         ('shoot', 'post_production', 'Post', 4, p.last_day + 1, p.ends_on),
         ('spot', 'pre_production', 'Pre-production', 1, p.starts_on, p.first_day - 1),
         ('spot', 'production', 'Shoot', 2, p.first_day, p.last_day),
         ('spot', 'post_production', 'Edit and finish', 3, p.last_day + 1, p.ends_on - 1),
         ('spot', 'delivery', 'Delivery', 4, p.ends_on - 1, p.ends_on)
       ) as f (family, kind, name, position, starts_on, ends_on)
 where f.family = p.family;
create index on pg_temp.demo_phases (key, kind);
analyze pg_temp.demo_phases;

insert into projects.project_phases
  (organization_id, id, created_by, created_at, updated_at, project_id, name, kind, starts_on, ends_on, position)
select f.organization_id, f.id, p.manager_id, p.made_at, p.made_at, f.project_id, f.name, f.kind, f.starts_on, f.ends_on,
       f.position
  from pg_temp.demo_phases f
  join pg_temp.demo_projects p on p.key = f.key
 order by f.id;

insert into projects.project_milestones
  (organization_id, created_by, created_at, updated_at, project_id, phase_id, name, status, due_on, achieved_on)
select p.organization_id, p.manager_id, p.made_at, p.made_at, p.id, f.id, m.name, s.status, m.due_on,
       case when s.status = 'achieved'
              then least(m.due_on + pg_temp.roll(p.seed || m.name || ' day', 4) - 2, pg_temp.today() - 1) end
  from pg_temp.demo_projects p
 cross join lateral (values
         ('stage', 'pre_production', 'Plots and rigging signed off', 1, p.starts_on + p.prep_days * 6 / 10),
         ('stage', 'pre_production', 'Permits in hand', 2, p.first_day - 2),
         ('stage', 'load_in', 'First truck at the dock', 3, p.first_day),
         ('stage', 'load_out', 'Load-out complete', 4, p.last_day),
         ('stage', 'wrap', 'Settlement signed', 5, p.ends_on),
         ('shoot', 'pre_production', 'Locations locked', 1, p.starts_on + p.prep_days * 5 / 10),
         ('shoot', 'pre_production', 'Permits in hand', 2, p.first_day - 2),
         ('shoot', 'production', 'First day of shooting', 3, p.first_day),
         ('shoot', 'production', 'Picture wrap', 4, p.last_day),
         ('shoot', 'post_production', 'Assembly delivered', 5, p.ends_on),
         ('spot', 'pre_production', 'Pre-production meeting', 1, p.starts_on + p.prep_days * 6 / 10),
         ('spot', 'pre_production', 'Permits in hand', 2, p.first_day - 2),
         ('spot', 'production', 'Shoot wrapped', 3, p.last_day),
         ('spot', 'delivery', 'Masters delivered', 4, p.ends_on)
       ) as m (family, kind, name, position, due_on)
  join pg_temp.demo_phases f on f.key = p.key and f.kind = m.kind
 cross join lateral (
         select case
           when p.is_template then 'pending'
           when p.status = 'cancelled' and m.position > 1 then 'cancelled'
           when m.due_on >= pg_temp.today() then 'pending'
           -- what was promised and did not come: more often where it is still running
           when pg_temp.roll(p.seed || m.name, case p.status when 'completed' then 31 else 7 end) = 0 then 'missed'
           when p.status = 'on_hold' and m.position > 1 then 'missed'
           else 'achieved'
         end as status
       ) s
 where m.family = p.family
 order by p.made_at, m.position;
