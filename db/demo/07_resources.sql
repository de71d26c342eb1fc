-- People, gear and places that a project needs, and its designs.

insert into projects.project_resources
  (organization_id, created_by, created_at, updated_at, project_id, task_id, kind, name, quantity, unit, unit_cost,
   status, needed_from, needed_until)
select p.organization_id, p.manager_id, p.made_at, p.made_at, p.id, t.id, r.kind, replace(r.name, '%street', p.street),
       greatest(round(r.quantity * case when r.kind = 'person' and p.crew < 15 then 0.4 else 1 end), 1), r.unit,
       r.unit_cost,
       case
         when p.is_template then 'planned'
         when p.status = 'cancelled' or p.last_day + 3 < pg_temp.today() then 'released'
         when p.first_day <= pg_temp.today() then
           case when pg_temp.roll(p.seed || r.name, 9) = 0 then 'requested' else 'confirmed' end
         else (array['confirmed', 'requested', 'confirmed', 'planned', 'confirmed'])[1 + pg_temp.roll(p.seed || r.name, 5)]
       end,
       p.first_day - case when r.kind = 'equipment' then 1 else 0 end, p.last_day
  from pg_temp.demo_projects p
  join (values
         ('stage', 'person', 'Production electrician', 1, 'person', 620, null),
         ('stage', 'person', 'Head rigger', 1, 'person', 680, null),
         ('stage', 'person', 'Stagehands', 16, 'person', 410, 'call'),
         ('stage', 'person', 'Sound engineer, front of house', 1, 'person', 640, null),
         ('stage', 'equipment', 'Chain motors, one ton', 12, 'piece', 45, 'order'),
         ('stage', 'equipment', 'Moving lights', 36, 'piece', 55, 'order'),
         ('stage', 'vehicle', 'Trailer, 53 ft', 3, 'truck', 1450, null),
         ('stage', 'space', 'Curb and dock, %street', 1, 'block', null, 'collect'),
         ('shoot', 'person', 'Director of photography', 1, 'person', 1450, 'crew'),
         ('shoot', 'person', 'First assistant director', 1, 'person', 980, 'crew'),
         ('shoot', 'person', 'Gaffer and best boy', 2, 'person', 720, 'crew'),
         ('shoot', 'person', 'Production assistants', 8, 'person', 230, 'crew'),
         ('shoot', 'equipment', 'Camera and lens package', 1, 'package', 2950, 'order'),
         ('shoot', 'equipment', 'Grip and electric package', 1, 'package', 2100, 'order'),
         ('shoot', 'vehicle', 'Camera truck and cube vans', 3, 'truck', 420, null),
         ('shoot', 'space', 'Holding and catering near %street', 1, 'room', 900, 'scout'),
         ('spot', 'person', 'Photographer or director', 1, 'person', 2400, 'brief'),
         ('spot', 'person', 'Stylist', 1, 'person', 850, 'styling'),
         ('spot', 'person', 'Digital technician', 1, 'person', 700, null),
         ('spot', 'equipment', 'Camera and lighting package', 1, 'package', 1400, null),
         ('spot', 'material', 'Wardrobe and props', 1, 'lot', 1900, 'styling'),
         ('spot', 'vehicle', 'Camper, hair and make-up', 1, 'truck', 780, null)
       ) as r (family, kind, name, quantity, unit, unit_cost, task) on r.family = p.family
  left join pg_temp.demo_tasks t on t.key = p.key and t.code = r.task and t.status <> 'cancelled'
 order by p.made_at, r.kind, r.name;

insert into projects.design_versions
  (organization_id, created_by, created_at, updated_at, project_id, name, status, notes, content, reviewed_by, reviewed_at)
select p.organization_id, coalesce(m.user_id, p.manager_id), v.made_at, v.made_at, p.id, d.name, s.status,
       case v.round when 1 then 'First pass from the scout photos.'
                    when 2 then 'After the notes: trucks moved off ' || p.street || '.'
                    else 'As it will be built.' end,
       jsonb_build_object('sheet', d.sheet, 'scale', d.scale, 'round', v.round),
       case when s.status in ('approved', 'superseded', 'changes_requested') then coalesce(p.client_id, p.manager_id) end,
       case when s.status in ('approved', 'superseded', 'changes_requested') then least(v.made_at + interval '20 hours', pg_temp.present()) end
  from pg_temp.demo_projects p
  join (values ('stage', 'Lighting plot', 'LX-1', '1:50'), ('stage', 'Rigging plot', 'RG-1', '1:50'),
               ('shoot', 'Location plan', 'LOC-1', '1:200'), ('spot', 'Layout and storyboard', 'SB-1', null))
       as d (family, name, sheet, scale) on d.family = p.family
 cross join lateral (
         select n as round, r.rounds, pg_temp.at_clock(p.starts_on + 3 + n * 3, '16:00') as made_at
           from (select 2 + pg_temp.roll(p.seed || d.name, 2) as rounds) r
          cross join generate_series(1, r.rounds) as n
       ) v
  left join pg_temp.demo_members m on m.key = p.key and m.place = 1
 cross join lateral (
         select case
           when v.round < v.rounds and v.made_at + interval '3 days' < pg_temp.present()
             then 'superseded'
           when v.made_at > pg_temp.present() - interval '3 days' then (array['draft', 'in_review'])[1 + pg_temp.roll(p.seed, 2)]
           when p.status in ('active', 'on_hold') and pg_temp.roll(p.seed || d.name, 5) = 0 then 'changes_requested'
           else 'approved'
         end as status
       ) s
 where v.made_at < pg_temp.present() and not p.is_template and p.status <> 'planning'
 order by v.made_at, p.key, d.name;
