-- What there is to do, in the order of the trade: the same pattern for each way of working, and one task for each
-- permit. share is how far into the preparation (or, from 1 on, into the time after the last permit) it is due.

create temp table demo_task_patterns (
  family text,
  code text,
  phase text,
  title text,
  share numeric,
  duration integer,
  hours numeric,
  hand integer,
  priority text,
  -- left out where six people make a film
  is_big boolean,
  parent text
) on commit drop;
insert into pg_temp.demo_task_patterns values
  ('stage', 'advance', 'pre_production', 'Advance the show with the house on %street', 0.12, 2, 6, 1, 'medium', false, null),
  ('stage', 'survey', 'pre_production', 'Scout dock, loading path and rigging points, %street', 0.25, 1, 8, 2, 'medium', false, null),
  ('stage', 'plots', 'pre_production', 'Ground plan and lighting plot', 0.50, 4, 30, 1, 'high', false, null),
  ('stage', 'rigging', 'pre_production', 'Rigging plot and load calculation signed', 0.55, 3, 18, 3, 'high', false, 'plots'),
  ('stage', 'file', 'pre_production', 'File load-in permits with the Mayor''s Office', 0.35, 1, 4, 2, 'urgent', false, null),
  ('stage', 'collect', 'pre_production', 'Collect permits, post no-parking signs on %street', 0.85, 1, 6, 2, 'urgent', false, 'file'),
  ('stage', 'call', 'pre_production', 'Place the labour call', 0.65, 2, 6, 1, 'high', false, null),
  ('stage', 'order', 'pre_production', 'Order lighting, sound and motors', 0.65, 2, 8, 4, 'high', false, null),
  ('stage', 'prep', 'pre_production', 'Shop prep and pack the trucks', 0.92, 3, 40, 4, 'high', false, 'order'),
  ('stage', 'safety', 'pre_production', 'Safety plan: fall protection, street closure, rescue', 0.70, 2, 8, 3, 'high', false, null),
  ('stage', 'focus', 'rehearsal', 'Focus', 1.00, 1, 12, 4, 'high', false, null),
  ('stage', 'tech', 'rehearsal', 'Tech and dress', 1.05, 2, 24, 1, 'high', false, null),
  ('stage', 'strike', 'load_out', 'Strike and dock check, %street', 1.15, 1, 14, 2, 'high', false, null),
  ('stage', 'guard', 'load_in', 'Overnight guard on trucks and street', 1.10, 1, 48, 3, 'medium', false, null),
  ('stage', 'return', 'wrap', 'Return rentals, close shop orders', 1.50, 2, 10, 4, 'medium', false, null),
  ('stage', 'settle', 'wrap', 'Settlement and final cost report', 1.95, 2, 12, 1, 'medium', false, null),
  ('shoot', 'breakdown', 'pre_production', 'Break down the script and board the days', 0.15, 3, 20, 2, 'medium', true, null),
  ('shoot', 'scout', 'pre_production', 'Scout %street and neighbouring blocks', 0.30, 3, 18, 1, 'medium', false, null),
  ('shoot', 'techscout', 'pre_production', 'Tech scout with camera, grip and electric', 0.50, 1, 10, 3, 'high', true, null),
  ('shoot', 'file', 'pre_production', 'File permit applications with the Mayor''s Office', 0.45, 1, 4, 1, 'urgent', false, null),
  ('shoot', 'leaflet', 'pre_production', 'Leaflet residents and shops on %street', 0.80, 2, 10, 1, 'medium', true, null),
  ('shoot', 'collect', 'pre_production', 'Collect permits, post no-parking signs', 0.85, 2, 8, 1, 'urgent', false, 'file'),
  ('shoot', 'crew', 'pre_production', 'Book crew and confirm deal memos', 0.60, 5, 24, 2, 'high', false, null),
  ('shoot', 'order', 'pre_production', 'Order camera, lens, grip and electric packages', 0.65, 2, 10, 3, 'high', true, null),
  ('shoot', 'checkout', 'pre_production', 'Camera prep and checkout at the rental house', 0.92, 2, 20, 3, 'high', false, 'order'),
  ('shoot', 'safety', 'pre_production', 'Risk assessment and safety plan', 0.75, 2, 8, 2, 'high', false, null),
  ('shoot', 'callsheet', 'pre_production', 'Issue the first call sheet', 0.97, 1, 4, 2, 'urgent', false, null),
  ('shoot', 'dailies', 'production', 'Sync and screen dailies', 1.00, 3, 18, 4, 'medium', false, null),
  ('shoot', 'guard', 'production', 'Overnight guard on trucks and gear', 1.10, 1, 48, 1, 'medium', true, null),
  ('shoot', 'restore', 'wrap', 'Strike, restore and hand back the locations', 1.25, 2, 16, 1, 'high', false, null),
  ('shoot', 'return', 'wrap', 'Return camera, grip and electric packages', 1.30, 1, 8, 3, 'high', true, null),
  ('shoot', 'assembly', 'post_production', 'Editor''s assembly', 1.80, 4, 40, 4, 'medium', false, null),
  ('shoot', 'cost', 'wrap', 'Final cost report', 1.95, 2, 12, 2, 'medium', false, null),
  ('spot', 'brief', 'pre_production', 'Agree brief and shot list with the client', 0.15, 2, 8, 1, 'high', false, null),
  ('spot', 'scout', 'pre_production', 'Scout %street', 0.35, 2, 12, 2, 'medium', false, null),
  ('spot', 'casting', 'pre_production', 'Cast talent, sign releases', 0.60, 3, 18, 1, 'medium', false, null),
  ('spot', 'file', 'pre_production', 'File permit applications with the Mayor''s Office', 0.50, 1, 4, 2, 'urgent', false, null),
  ('spot', 'meeting', 'pre_production', 'Pre-production meeting', 0.65, 1, 6, 1, 'high', false, null),
  ('spot', 'styling', 'pre_production', 'Pull wardrobe and props', 0.85, 3, 22, 3, 'medium', false, null),
  ('spot', 'collect', 'pre_production', 'Collect permits, post no-parking signs', 0.85, 1, 6, 2, 'urgent', false, 'file'),
  ('spot', 'callsheet', 'pre_production', 'Issue the call sheet', 0.95, 1, 3, 1, 'urgent', false, null),
  ('spot', 'return', 'post_production', 'Return packages, wardrobe and props', 1.20, 1, 6, 3, 'medium', false, null),
  ('spot', 'guard', 'production', 'Overnight guard on gear and wardrobe', 1.10, 1, 24, 2, 'low', false, null),
  ('spot', 'edit', 'post_production', 'Offline edit and selects', 1.45, 3, 24, 4, 'high', false, null),
  ('spot', 'review', 'post_production', 'Client review, first round', 1.65, 1, 4, 1, 'high', false, null),
  ('spot', 'finish', 'delivery', 'Grade, mix, retouch and deliver', 1.95, 2, 20, 4, 'high', false, null),
  ('spot', 'cost', 'delivery', 'Final invoice and cost report', 2.00, 1, 6, 1, 'medium', false, null);

-- first and last stand for the tasks of the first and the last permit.
create temp table demo_link_patterns (family text, predecessor text, successor text, kind text, lag integer)
  on commit drop;
insert into pg_temp.demo_link_patterns values
  ('stage', 'advance', 'survey', 'finish_to_start', 0), ('stage', 'survey', 'plots', 'finish_to_start', 0),
  ('stage', 'plots', 'rigging', 'start_to_start', 2), ('stage', 'survey', 'file', 'finish_to_start', 0),
  ('stage', 'file', 'collect', 'finish_to_start', 5), ('stage', 'plots', 'call', 'finish_to_start', 0),
  ('stage', 'plots', 'order', 'finish_to_start', 0), ('stage', 'order', 'prep', 'finish_to_start', 0),
  ('stage', 'rigging', 'safety', 'finish_to_finish', 1), ('stage', 'collect', 'first', 'finish_to_start', 0),
  ('stage', 'prep', 'first', 'finish_to_start', 0), ('stage', 'safety', 'first', 'finish_to_start', 0),
  ('stage', 'call', 'first', 'finish_to_start', 0), ('stage', 'first', 'focus', 'start_to_start', 1),
  ('stage', 'focus', 'tech', 'finish_to_start', 0), ('stage', 'last', 'strike', 'finish_to_finish', 0),
  ('stage', 'strike', 'guard', 'start_to_finish', 1), ('stage', 'return', 'settle', 'finish_to_start', 0),
  ('stage', 'tech', 'settle', 'finish_to_start', 1),
  ('shoot', 'breakdown', 'scout', 'start_to_start', 2), ('shoot', 'scout', 'techscout', 'finish_to_start', 1),
  ('shoot', 'scout', 'file', 'finish_to_start', 0), ('shoot', 'file', 'leaflet', 'start_to_start', 3),
  ('shoot', 'file', 'collect', 'finish_to_start', 3), ('shoot', 'breakdown', 'crew', 'finish_to_start', 0),
  ('shoot', 'techscout', 'order', 'finish_to_start', 0), ('shoot', 'order', 'checkout', 'finish_to_start', 1),
  ('shoot', 'scout', 'safety', 'finish_to_start', 0), ('shoot', 'collect', 'callsheet', 'finish_to_start', 0),
  ('shoot', 'crew', 'callsheet', 'finish_to_finish', 0), ('shoot', 'checkout', 'first', 'finish_to_start', 0),
  ('shoot', 'safety', 'first', 'finish_to_start', 0), ('shoot', 'callsheet', 'first', 'finish_to_start', 0),
  ('shoot', 'leaflet', 'first', 'finish_to_start', 0), ('shoot', 'first', 'dailies', 'start_to_start', 1),
  ('shoot', 'last', 'restore', 'finish_to_start', 0), ('shoot', 'last', 'return', 'finish_to_start', 0),
  ('shoot', 'return', 'guard', 'start_to_finish', 0), ('shoot', 'dailies', 'assembly', 'finish_to_start', 0),
  ('shoot', 'last', 'assembly', 'finish_to_start', 1), ('shoot', 'restore', 'cost', 'finish_to_start', 2),
  ('shoot', 'return', 'cost', 'finish_to_start', 1),
  ('spot', 'brief', 'scout', 'finish_to_start', 0), ('spot', 'brief', 'casting', 'start_to_start', 2),
  ('spot', 'scout', 'file', 'finish_to_start', 0), ('spot', 'scout', 'meeting', 'finish_to_start', 1),
  ('spot', 'casting', 'meeting', 'finish_to_finish', 1), ('spot', 'meeting', 'styling', 'finish_to_start', 0),
  ('spot', 'file', 'collect', 'finish_to_start', 2), ('spot', 'collect', 'callsheet', 'finish_to_start', 0),
  ('spot', 'styling', 'first', 'finish_to_start', 0), ('spot', 'callsheet', 'first', 'finish_to_start', 0),
  ('spot', 'last', 'return', 'finish_to_start', 0), ('spot', 'return', 'guard', 'start_to_finish', 0),
  ('spot', 'last', 'edit', 'finish_to_start', 0), ('spot', 'edit', 'review', 'finish_to_start', 1),
  ('spot', 'review', 'finish', 'finish_to_start', -1), ('spot', 'finish', 'cost', 'finish_to_finish', 1);

create temp table demo_tasks on commit drop as
with wanted as (
  select p.key, t.code, t.phase, replace(t.title, '%street', p.street) as title, t.duration, t.hours, t.hand, t.priority,
         t.parent,
         case when t.phase = 'rehearsal' then p.first_day + 2 + round((t.share - 1) * 40)::integer
              when t.share < 1 then p.starts_on + round(p.prep_days * t.share)::integer
              else p.last_day + round((p.ends_on - p.last_day) * (t.share - 1))::integer end as due_on,
         null::date as starts_on, null::timestamptz as call_at,
         100 * (1 + floor(t.share)) + row_number() over (partition by p.key order by t.share) as place
    from pg_temp.demo_projects p
    join pg_temp.demo_task_patterns t
      on t.family = p.family and (p.kind not in ('documentary', 'online', 'student') or not t.is_big)
  union all
  select p.key, 'permit ' || r.place,
         case when p.family <> 'stage' then 'production' when r.place > 1 and r.place = r.permits then 'load_out'
              when r.place = 1 then 'load_in' else 'show' end,
         case
           when r.event_type = 'Rigging Permit' then 'Rig: '
           when r.event_type like 'DCAS%' then 'Prep and shoot: '
           when p.family <> 'stage' then 'Shoot: '
           when r.place > 1 and r.place = r.permits then 'Load-out: '
           else 'Load-in: '
         end || r.street || ', ' || to_char(r.first_day, 'Dy FMDD Mon'),
         greatest((select count(*)::integer
                     from generate_series(r.first_day::timestamp, r.last_day::timestamp, interval '1 day') d
                    where extract(isodow from d) = any (p.weekdays) and d::date <> all (p.days_off)), 1),
         least(10 * (1 + r.last_day - r.first_day), 120), r.place, 'high', null, r.last_day, r.first_day, r.starts_at, 150 + r.place
    from pg_temp.demo_projects p
    join (
           select m.*, row_number() over of_production::integer as place,
                  count(*) over (partition by m.production) as permits
             from pg_temp.demo_permits m
           window of_production as (partition by m.production order by m.starts_at, m.event_id)
         ) r on r.production = p.key
  union all
  select p.key, 'permit 1', case p.family when 'stage' then 'load_in' else 'production' end,
         case p.family when 'stage' then 'Load-in' else 'Shoot day' end, 1, 10, 1, 'high', null, p.first_day, p.first_day,
         null, 151
    from pg_temp.demo_projects p
   where p.is_template
),
dated as (
  select w.*, p.organization_id, p.id as project_id, p.status as project_status, p.manager_id, p.made_at, p.weekdays,
         p.is_template, p.first_day, p.seed,
         case when w.code like 'permit %' then w.due_on
              else greatest(pg_temp.working_day(w.due_on, p.weekdays), p.starts_on) end as due,
         -- two weeks are enough for a small production, with shorter work
         case when w.code like 'permit %' then w.duration
              when w.place < 200 then greatest(round(w.duration * least(p.prep_days / 21.0, 1))::integer, 1)
              else w.duration end as days,
         pg_temp.roll(p.seed || w.code, 1000) as luck
    from wanted w
    join pg_temp.demo_projects p on p.key = w.key
),
judged as (
  select d.*,
         case
           when d.is_template then 'todo'
           when d.project_status = 'completed' then case when d.luck % 29 = 0 and d.code not like 'permit %' then 'cancelled' else 'done' end
           when d.project_status = 'cancelled' then case when d.place < 103 then 'done' else 'cancelled' end
           when d.project_status = 'planning' then case when d.place <= 101 then 'in_progress' else 'todo' end
           when d.due < pg_temp.today() then
             case
               when d.project_status = 'on_hold' and d.luck % 3 = 0 then 'blocked'
               -- overdue: by days, not by months, and not what the days on the street waited for
               when d.place >= 200 and d.due >= pg_temp.today() - 18 and d.luck % 3 = 0
                 or d.place < 150 and d.first_day > pg_temp.today() and d.due >= pg_temp.today() - 8 and d.luck % 3 = 0
                 then (array['todo', 'in_progress', 'blocked', 'in_review'])[1 + d.luck / 3 % 4]
               else 'done'
             end
           when d.project_status = 'on_hold' then 'blocked'
           when d.starts_on <= pg_temp.today() then 'in_progress'
           when d.due <= pg_temp.today() + 7 and d.starts_on is null
             then (array['in_progress', 'in_progress', 'in_review', 'todo'])[1 + d.luck % 4]
           else 'todo'
         end as status
    from dated d
)
select j.key, j.organization_id, j.project_id, j.code, j.title, j.status, j.priority, j.starts_on, j.due, j.days, j.hours,
       j.place::integer as place, j.parent, j.manager_id, j.made_at, j.call_at, j.luck, j.is_template,
       f.id as phase_id, m.user_id as assignee_id,
       pg_temp.row_id(j.made_at, j.place::integer, 'task ' || j.code || j.seed) as id
  from judged j
  left join pg_temp.demo_phases f on f.key = j.key and f.kind = j.phase
  left join pg_temp.demo_members m
    on m.key = j.key
   and m.place = 1 + (j.hand - 1) % (select least(count(*), 4) from pg_temp.demo_members c where c.key = j.key)::integer
   and not j.is_template;
create index on pg_temp.demo_tasks (key, code);
analyze pg_temp.demo_tasks;

insert into projects.project_tasks
  (organization_id, id, created_by, created_at, updated_at, custom_fields, deleted_at, project_id, phase_id,
   parent_task_id, title, status, priority, assignee_id, starts_on, due_on, duration_days, estimated_hours, actual_hours,
   completed_at, position)
select t.organization_id, t.id, t.manager_id, t.made_at, coalesce(w.done_at, t.made_at),
       case when t.call_at is null then '{}'::jsonb
            else jsonb_build_object('call_time', to_char(t.call_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) end,
       -- a few were archived instead of being cancelled
       case when t.status = 'cancelled' and t.luck % 3 = 0 then w.done_at end,
       t.project_id, t.phase_id, parent.id, t.title, t.status, t.priority, t.assignee_id, t.starts_on, t.due, t.days,
       t.hours,
       case t.status when 'done' then round(t.hours * (80 + t.luck % 55) / 100, 1)
                     when 'in_review' then round(t.hours * 0.9, 1)
                     when 'in_progress' then round(t.hours * (10 + t.luck % 60) / 100, 1) else 0 end,
       case when t.status = 'done' then w.done_at end,
       t.place
  from pg_temp.demo_tasks t
  left join pg_temp.demo_tasks parent on parent.key = t.key and parent.code = t.parent
 cross join lateral (
         select case when t.status in ('done', 'cancelled') then least(
           pg_temp.at_clock(t.due - case when t.call_at is null then t.luck % 3 else 0 end, '12:00') + t.luck * interval '25 seconds',
           pg_temp.present() - t.luck * interval '40 seconds') end as done_at
       ) w
 order by t.id;

insert into projects.task_dependencies
  (organization_id, created_by, created_at, updated_at, project_id, predecessor_id, successor_id, kind, lag_days)
select p.organization_id, p.manager_id, p.made_at, p.made_at, p.project_id, p.id, s.id, l.kind, l.lag
  from (
         select k.key,
                case l.predecessor when 'first' then 'permit 1' when 'last' then 'permit ' || k.permits
                                   else l.predecessor end as predecessor,
                case l.successor when 'first' then 'permit 1' when 'last' then 'permit ' || k.permits
                                 else l.successor end as successor,
                l.kind, l.lag
           from pg_temp.demo_projects k
           join pg_temp.demo_link_patterns l on l.family = k.family
         union all
         -- one street after the other
         select k.key, 'permit ' || n, 'permit ' || n + 1, 'start_to_start', 0
           from pg_temp.demo_projects k
          cross join generate_series(1, k.permits - 1) as n
       ) l
  join pg_temp.demo_tasks p on p.key = l.key and p.code = l.predecessor
  join pg_temp.demo_tasks s on s.key = l.key and s.code = l.successor
 order by p.id, s.id;
