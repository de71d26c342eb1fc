-- Who works together, who is asked to join, who may do more than their role says, and how they like it.

insert into tenancy.roles (organization_id, key, name, description, permissions)
select o.id, 'line_producer', 'Line producer', 'Works like a member and reads the money.',
       r.permissions || '{finance.read}'::text[]
  from pg_temp.demo_organizations o
  join tenancy.roles r on r.organization_id = o.id and r.key = 'member'
 where o.key = 'lumen';
update tenancy.organization_members m
   set role_id = r.id
  from pg_temp.demo_people p
  join pg_temp.demo_organizations o on o.key = p.organization
  join tenancy.roles r on r.organization_id = o.id and r.key = 'line_producer'
 where p.email = 'pm.spots@lumen.test' and m.organization_id = o.id and m.user_id = p.user_id;

insert into tenancy.member_permissions (organization_id, user_id, permission, effect, reason, expires_at, created_by, created_at)
select o.id, p.user_id, g.permission, g.effect, g.reason, pg_temp.at_clock(pg_temp.today() + g.days, '18:00'),
       b.user_id, pg_temp.at_clock(pg_temp.today() - 3, '11:20')
  from (values
         ('locations@lumen.test', 'finance.read', 'grant', 'Checks what permits cost until the audit is over.', 21),
         ('audio@lumen.test', 'projects.write', 'deny', 'On leave: the plots stay as they were approved.', 10)
       ) as g (email, permission, effect, reason, days)
  join pg_temp.demo_people p on p.email = g.email
  join pg_temp.demo_organizations o on o.key = p.organization
  join pg_temp.demo_people b on b.email = 'owner@lumen.test';

create temp table demo_teams (organization text, name text, kind text, color text, description text, leader text)
  on commit drop;
insert into pg_temp.demo_teams values
  ('lumen', 'Electrics', 'department', '#f2b705', 'Lamps, dimmers, power.', 'electrics@lumen.test'),
  ('lumen', 'Load-in crew', 'crew', '#3b5bdb', 'Whoever is on the truck at six.', 'rigging@lumen.test'),
  ('lumen', 'Permits desk', 'department', '#2f9e44', 'Streets, sidewalks, police.', 'locations@lumen.test'),
  ('brightside', 'Camera and grip', 'department', '#862e9c', 'Everything that moves the camera.', 'camera@brightside.test'),
  ('brightside', 'Locations', 'department', '#2f9e44', null, 'locations@brightside.test');
insert into tenancy.teams (organization_id, name, kind, color, description, created_by, created_at)
select o.id, t.name, t.kind, t.color, t.description, p.user_id, pg_temp.at_clock(pg_temp.today() - 270, '12:00')
  from pg_temp.demo_teams t
  join pg_temp.demo_organizations o on o.key = t.organization
  join pg_temp.demo_people p on p.organization = t.organization and p.role = 'owner';
insert into tenancy.team_members (organization_id, team_id, user_id, role, title, created_by, created_at)
select o.id, t.id, p.user_id, case p.email when d.leader then 'lead' else 'member' end, m.title, b.user_id,
       pg_temp.at_clock(pg_temp.today() - 270, '12:10')
  from (values
         ('Electrics', 'electrics@lumen.test', 'Head electrician'), ('Electrics', 'crew@lumen.test', 'Programmer'),
         ('Load-in crew', 'rigging@lumen.test', null), ('Load-in crew', 'carpentry@lumen.test', null),
         ('Load-in crew', 'electrics@lumen.test', null), ('Load-in crew', 'audio@lumen.test', null),
         ('Permits desk', 'locations@lumen.test', null), ('Permits desk', 'pm.stage@lumen.test', 'Signs'),
         ('Camera and grip', 'camera@brightside.test', null), ('Camera and grip', 'grip@brightside.test', null),
         ('Locations', 'locations@brightside.test', null), ('Locations', 'first.ad@brightside.test', null)
       ) as m (team, email, title)
  join pg_temp.demo_people p on p.email = m.email
  join pg_temp.demo_organizations o on o.key = p.organization
  join pg_temp.demo_teams d on d.organization = p.organization and d.name = m.team
  join tenancy.teams t on t.organization_id = o.id and t.name = m.team
  join pg_temp.demo_people b on b.organization = p.organization and b.role = 'owner';

-- No message goes out for these, so nobody can accept them: they are there to be looked at.
insert into tenancy.invitations
  (organization_id, email, role_id, workspace_ids, team_id, invited_by, sent_at, expires_at, revoked_at, revoked_by, created_at)
select o.id, i.email, r.id,
       array(select w.id from tenancy.workspaces w where w.organization_id = o.id and w.slug = i.workspace), t.id,
       b.user_id, sent.at, sent.at + interval '14 days',
       case when i.is_revoked then sent.at + interval '1 day' end, case when i.is_revoked then b.user_id end, sent.at
  from (values
         ('dimmer.hire@harborlights.test', 'member', null, 'Electrics', 2, false),
         ('marketing@harborandvine.test', 'guest', 'client-room', null, 5, false),
         ('intern@lumen.test', 'guest', 'client-room', null, 60, false),
         ('mistyped@lumen.tset', 'member', null, null, 6, true)
       ) as i (email, role, workspace, team, days_ago, is_revoked)
  join pg_temp.demo_organizations o on o.key = 'lumen'
  join tenancy.roles r on r.organization_id = o.id and r.key = i.role
  left join tenancy.teams t on t.organization_id = o.id and t.name = i.team
  join pg_temp.demo_people b on b.email = 'pm.stage@lumen.test'
 cross join lateral (select pg_temp.at_clock(pg_temp.today() - i.days_ago, '10:05') as at) sent;

insert into tenancy.organization_settings (organization_id, section, value)
select o.id, s.section, s.value::jsonb
  from (values
         ('lumen', 'general', '{"timeFormat": "12h", "weekStartsOn": 7, "units": "imperial"}'),
         ('lumen', 'security', '{"invitationDays": 14}'),
         ('lumen', 'notifications',
          '{"digest": "daily", "digestHour": 7, "replyTo": "office@lumen.test",
            "quietHours": {"from": "23:00", "to": "05:30", "timeZone": "America/New_York"}}'),
         ('lumen', 'customizations', '{"accentColor": "#b3261e", "terms": {"project": "Production", "task": "Call"}}'),
         ('brightside', 'general', '{"timeFormat": "24h", "fiscalYearStartsIn": 7}'),
         ('brightside', 'workflows',
          '{"workDays": [1, 2, 3, 4, 5, 6], "approval": {"expensesFrom": 500, "purchasesFrom": 2500}}')
       ) as s (organization, section, value)
  join pg_temp.demo_organizations o on o.key = s.organization;
update identity.user_settings s
   set value = '{"theme": "dark", "density": "compact"}'
  from pg_temp.demo_people p
 where p.email = 'crew@lumen.test' and s.user_id = p.user_id and s.organization_id is null;
