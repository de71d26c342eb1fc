-- Permits and the other papers, and what is written down about safety.

insert into projects.project_compliance
  (organization_id, id, created_by, created_at, updated_at, custom_fields, project_id, kind, name, authority,
   reference_number, status, is_blocking, responsible_id, location, submitted_at, decided_at, valid_from, valid_until,
   cost, notes)
select p.organization_id, pg_temp.row_id(m.made_at, 0, 'permit ' || r.event_id), coalesce(l.user_id, p.manager_id),
       m.made_at, m.made_at,
       jsonb_build_object('police_precincts', left(r.precincts, 100), 'zip_codes', left(r.zips, 400)),
       p.id, 'permit', r.event_type || ', ' || r.street, r.authority, r.event_id, s.status, true,
       coalesce(l.user_id, p.manager_id), r.location,
       case when s.status <> 'required' then r.entered_at end,
       case when s.status not in ('required', 'submitted') then d.decided_at end,
       r.starts_at, r.ends_at,
       -- one fee for a production, paid with its first application
       case when r.event_id = p.seed then 300 end,
       case s.status when 'denied' then 'The precinct asks for other blocks: file again with the alternative.'
                     when 'revoked' then 'Withdrawn by the Mayor''s Office after a street opening was announced.'
                     when 'waived' then 'Not needed after all: shot on private ground.' end
  from pg_temp.demo_permits r
  join pg_temp.demo_projects p on p.key = r.production
  left join pg_temp.demo_members l on l.key = p.key and l.title ilike 'location%'
 cross join lateral (select least(p.made_at, r.entered_at) as made_at) m
 cross join lateral (
         select greatest(least(r.entered_at + interval '50 hours', r.starts_at - interval '5 hours'),
                         r.entered_at + interval '20 minutes') as decided_at
       ) d
 cross join lateral (
         select case
           when r.entered_at > pg_temp.present() then 'required'
           when d.decided_at > pg_temp.present() then 'submitted'
           when pg_temp.roll(r.event_id, 61) = 0 then 'waived'
           when pg_temp.roll(r.event_id, 47) = 1 then 'revoked'
           when pg_temp.roll(r.event_id, 19) = 2 then 'denied'
           else 'approved'
         end as status
       ) s
 order by m.made_at, r.event_id;

insert into projects.project_compliance
  (organization_id, created_by, created_at, updated_at, project_id, kind, name, authority, reference_number, status,
   is_blocking, responsible_id, submitted_at, decided_at, valid_from, valid_until, cost)
select p.organization_id, p.manager_id, p.made_at, p.made_at, p.id, c.kind, c.name, c.authority, c.prefix || p.seed,
       s.status, c.is_blocking, p.manager_id,
       case when s.status <> 'required' then least(p.made_at + interval '3 days', pg_temp.present()) end,
       case when s.status = 'approved' then least(p.made_at + interval '6 days', pg_temp.present()) end,
       pg_temp.at_clock(p.starts_on, '00:00'), v.valid_until, c.cost
  from pg_temp.demo_projects p
 cross join lateral (values
         ('stage', 'insurance', 'General liability certificate for the house', 'Empire Mutual', 'COI-', true, 1900, 90),
         ('stage', 'certification', 'Fire guard certificates of fitness', 'FDNY', 'F01-', true, 75, 400),
         ('stage', 'licence', 'Public performance licence', 'Performing rights society', 'PRO-', false, 640, 120),
         ('shoot', 'insurance', 'Production and equipment insurance', 'Empire Mutual', 'COI-', true, 4200, 120),
         ('shoot', 'contract', 'Location agreements, ' || p.street, null, 'LA-', true, null, 150),
         ('shoot', 'clearance', 'Script and artwork clearance', 'Research house', 'CLR-', false, 1100, 300),
         ('spot', 'insurance', 'Production insurance with the client named', 'Empire Mutual', 'COI-', true, 1600, 90),
         ('spot', 'contract', 'Talent releases and usage', null, 'TR-', true, null, 365)
       ) as c (family, kind, name, authority, prefix, is_blocking, cost, days)
 cross join lateral (
         -- most policies outlast the production; some have to be renewed before it ends
         select case
           when p.is_template then null
           when c.kind = 'insurance' and p.status = 'active' and pg_temp.roll(p.seed, 4) = 0
             then pg_temp.at_clock(pg_temp.today() + 9, '00:01')
           when c.kind = 'insurance' and p.status = 'active' and p.stage = 'running' and pg_temp.roll(p.seed, 4) = 1
             then pg_temp.at_clock(greatest(pg_temp.today() - 3, p.starts_on + 1), '00:01')
           else pg_temp.at_clock(p.ends_on + c.days, '00:01')
         end as valid_until
       ) v
 cross join lateral (
         select case
           when p.is_template or p.status = 'planning' and c.kind <> 'insurance' then 'required'
           when p.stage = 'preparing' and pg_temp.roll(p.seed || c.kind, 3) = 0 then 'submitted'
           when not c.is_blocking and pg_temp.roll(p.seed || c.kind, 9) = 0 then 'waived'
           else 'approved'
         end as status
       ) s
 where c.family = p.family
 order by p.made_at, c.name;

insert into projects.project_safety
  (organization_id, created_by, created_at, updated_at, project_id, kind, title, description, severity, likelihood,
   status, responsible_id, mitigation, occurred_at, closed_at)
select p.organization_id, coalesce(r.user_id, p.manager_id), at.made, at.made, p.id, s.kind, s.title, s.description,
       s.severity, s.likelihood, st.status, coalesce(r.user_id, p.manager_id), s.mitigation,
       case when s.kind in ('incident', 'briefing', 'inspection') then at.made end,
       case when st.status = 'closed' then least(at.made + interval '2 days', pg_temp.present()) end
  from pg_temp.demo_projects p
 cross join lateral (values
         ('', 'risk_assessment', 1, 1, 'Risk assessment, ' || p.street, 'Street, traffic, power, weather.',
          'medium', 'possible', 'Marshals at both ends of the block, cables ramped, rain plan.', p.starts_on + p.prep_days * 3 / 4),
         ('', 'briefing', 1, 1, 'Toolbox talk on the first day', 'Exits, first aid, radio channels.',
          'low', null, null, p.first_day),
         ('stage', 'safety_plan', 1, 1, 'Fall protection and rescue plan', 'Work above the deck, motors, rescue kit.',
          'high', 'unlikely', 'Harness check before each call; rescuer named.', p.starts_on + p.prep_days * 2 / 3),
         ('stage', 'hazard', 2, 1, 'Forklift crosses the pedestrian path at the dock', null,
          'high', 'likely', 'Barriers and a spotter while trucks unload.', p.first_day),
         ('stage', 'incident', 3, 1, 'Crushed finger at the truck ramp', 'First aid, two days of light duty.',
          'medium', null, 'Gloves and two hands per case.', p.first_day + (p.last_day - p.first_day) / 2),
         ('stage', 'incident', 5, 3, 'Motor chain slipped at trim', 'Nobody beneath; the point was taken out of service.',
          'critical', null, 'Motor sent for inspection.', p.first_day + (p.last_day - p.first_day) / 3),
         ('shoot', 'hazard', 2, 1, 'Cable runs across the bike lane', null,
          'medium', 'likely', 'Yellow jackets and a marshal.', p.first_day),
         ('shoot', 'incident', 3, 2, 'Grip slipped from a wet lift gate', 'Bruised knee, back at work next day.',
          'medium', null, 'Grit tape on all gates.', p.first_day + (p.last_day - p.first_day) / 2),
         ('shoot', 'incident', 4, 3, 'Near miss: light stand fell in the wind', 'Two bags were missing.',
          'high', null, 'Bag count on the call sheet.', p.first_day + (p.last_day - p.first_day) / 3),
         ('spot', 'hazard', 3, 1, 'Models cross a street that is open to traffic', null,
          'medium', 'possible', 'Intermittent traffic control.', p.first_day),
         ('spot', 'incident', 4, 2, 'Make-up lamp burned a hand', 'First aid on the spot.',
          'low', null, 'Lamps on stands with guards.', p.first_day + (p.last_day - p.first_day) / 2)
       ) as s (family, kind, sides, face, title, description, severity, likelihood, mitigation, day)
 cross join lateral (select least(pg_temp.at_clock(s.day, '07:30'), pg_temp.present() - interval '2 hours') as made) at
 cross join lateral (
         select case
           when s.kind in ('risk_assessment', 'safety_plan') then case when s.day < pg_temp.today() then 'closed' else 'open' end
           when p.status = 'completed' then 'closed'
           when s.kind = 'briefing' then 'closed'
           else (array['open', 'mitigated', 'open', 'closed'])[1 + pg_temp.roll(p.seed || s.title, 4)]
         end as status
       ) st
  left join pg_temp.demo_members r on r.key = p.key and r.place = 2
 where s.family in ('', p.family)
   and pg_temp.roll(p.seed || s.kind || s.severity, s.sides) = s.face % s.sides
   and not p.is_template
   -- a plan is made ahead; a day can only be told of afterwards
   and (s.kind in ('risk_assessment', 'safety_plan') or s.day < pg_temp.today() and p.status <> 'cancelled')
   and p.status <> 'planning'
 order by at.made, p.key, s.title;
