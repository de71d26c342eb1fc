-- Two organizations, their people, workspaces and own fields.

create temp table demo_people (
  organization text,
  position integer,
  email text primary key,
  name text,
  role text,
  title text,
  has_password boolean,
  user_id uuid
) on commit drop;
insert into pg_temp.demo_people (organization, position, email, name, role, title, has_password) values
  ('lumen', 0, 'owner@lumen.test', 'Mara Lindqvist', 'owner', 'Executive producer', true),
  ('lumen', 1, 'pm.stage@lumen.test', 'Dorothea Quill', 'admin', 'Production manager, stage', false),
  ('lumen', 2, 'pm.spots@lumen.test', 'Rafael Iturbe', 'member', 'Producer, commercials and stills', false),
  ('lumen', 3, 'crew@lumen.test', 'Theo Okafor', 'member', 'Technical director', true),
  ('lumen', 4, 'electrics@lumen.test', 'Wanda Piotrowska', 'member', 'Head electrician', false),
  ('lumen', 5, 'audio@lumen.test', 'Samir Haddad', 'member', 'Head of sound', false),
  ('lumen', 6, 'carpentry@lumen.test', 'Bridget Malone', 'member', 'Head carpenter', false),
  ('lumen', 7, 'rigging@lumen.test', 'Curtis Bell', 'member', 'Head rigger', false),
  ('lumen', 8, 'stage.management@lumen.test', 'Noor Aziz', 'member', 'Stage manager', false),
  ('lumen', 9, 'locations@lumen.test', 'Pia Castellano', 'member', 'Location and permit manager', false),
  ('lumen', 10, 'wardrobe@lumen.test', 'Yvette Baptiste', 'member', 'Wardrobe and props', false),
  ('lumen', 11, 'accounts@lumen.test', 'Gordon Pell', 'admin', 'Production accountant', false),
  ('lumen', 99, 'client@lumen.test', 'Ines Carvalho', 'guest', 'Brand director, Harbor & Vine', true),
  ('brightside', 0, 'owner@brightside.test', 'Jonah Feldstein', 'owner', 'Executive producer', true),
  ('brightside', 1, 'upm.series@brightside.test', 'Celeste Armand', 'admin', 'Unit production manager, series', false),
  ('brightside', 2, 'upm.features@brightside.test', 'Howard Nakamura', 'member', 'Unit production manager, features', false),
  ('brightside', 3, 'locations@brightside.test', 'Desmond Achebe', 'member', 'Location manager', false),
  ('brightside', 4, 'first.ad@brightside.test', 'Katya Morozova', 'member', 'First assistant director', false),
  ('brightside', 5, 'camera@brightside.test', 'Luis Ferreira', 'member', 'Director of photography', false),
  ('brightside', 6, 'electric@brightside.test', 'Big Al Kowalczyk', 'member', 'Gaffer', false),
  ('brightside', 7, 'grip@brightside.test', 'Renee Duval', 'member', 'Key grip', false),
  ('brightside', 8, 'sound@brightside.test', 'Tomas Berg', 'member', 'Sound mixer', false),
  ('brightside', 9, 'art@brightside.test', 'Odile Fontaine', 'member', 'Production designer', false),
  ('brightside', 10, 'post@brightside.test', 'Priya Raman', 'member', 'Post-production supervisor', false),
  ('brightside', 11, 'accounts@brightside.test', 'Lorraine Tubbs', 'admin', 'Production accountant', false);

insert into identity.users (email, name, time_zone, email_verified_at, created_at, updated_at)
select p.email, p.name, 'America/New_York', made.at, made.at, made.at
  from pg_temp.demo_people p
 cross join lateral (select pg_temp.at_clock(pg_temp.today() - 300 + p.position, '09:30') as at) made
 order by made.at;
update pg_temp.demo_people p set user_id = u.id from identity.users u where u.email = p.email;
-- One hash for all: it takes its time, and hides a password that everybody may know.
with hashed as materialized (
  select identity.hash_password(current_setting('callboard.demo_password')) as password_hash
)
insert into identity.credentials (user_id, password_hash)
select p.user_id, h.password_hash
  from pg_temp.demo_people p
 cross join hashed h
 where p.has_password;

create temp table demo_organizations on commit drop as
select o.key, tenancy.create_organization(o.name, p.user_id, 'America/New_York', 'USD') as id
  from (values ('lumen', 'Lumen Stage', 'owner@lumen.test'),
               ('brightside', 'Brightside Pictures', 'owner@brightside.test')) as o (key, name, owner)
  join pg_temp.demo_people p on p.email = o.owner;

-- Lumen has room to grow, Brightside is near the limits of its plan. What they pay is in 10_billing.sql.
select billing.start_subscription(o.id, p.id, arranged => true)
  from pg_temp.demo_organizations o
  join billing.subscription_plans p on p.key = case o.key when 'lumen' then 'company' else 'studio' end;

update tenancy.organizations o
   set kind = d.kind, description = d.description, contact_email = d.email, website = d.website,
       created_at = pg_temp.at_clock(pg_temp.today() - 300, '09:00')
  from pg_temp.demo_organizations g
  join (values
         ('lumen', 'theatre', 'Theatre and live production: load-ins all over the city, commercials and stills.',
          'office@lumen.test', 'https://lumen.test'),
         ('brightside', 'production_company', 'Film and television: series, features, documentaries.',
          'office@brightside.test', 'https://brightside.test')
       ) as d (key, kind, description, email, website) on d.key = g.key
 where o.id = g.id;

insert into tenancy.organization_members (organization_id, user_id, role_id, title, joined_at)
select o.id, p.user_id, r.id, p.title, pg_temp.at_clock(pg_temp.today() - 290 + p.position, '10:00')
  from (
         select p.organization, p.position, p.user_id, p.role, p.title from pg_temp.demo_people p where p.role <> 'owner'
         union all
         -- a co-production: whoever owns one organization works in the other
         select 'brightside', 98, p.user_id, 'member', 'Co-producer, Lumen Stage'
           from pg_temp.demo_people p
          where p.email = 'owner@lumen.test'
       ) p
  join pg_temp.demo_organizations o on o.key = p.organization
  join tenancy.roles r on r.organization_id = o.id and r.key = p.role;
update tenancy.organization_members m
   set title = p.title, joined_at = pg_temp.at_clock(pg_temp.today() - 300, '09:00')
  from pg_temp.demo_people p
  join pg_temp.demo_organizations o on o.key = p.organization
 where p.role = 'owner' and m.organization_id = o.id and m.user_id = p.user_id;

create temp table demo_workspaces (organization text, slug text, name text, is_private boolean, description text)
  on commit drop;
insert into pg_temp.demo_workspaces values
  ('lumen', 'stage', 'Stage', false, 'Load-ins, shows and load-outs.'),
  ('lumen', 'spots', 'Commercials and Stills', false, 'Commercials, promos and photography.'),
  ('lumen', 'client-room', 'Client Room', true, 'What the client looks at with us.'),
  ('brightside', 'series', 'Series', false, 'Episodic, cable and variety.'),
  ('brightside', 'features', 'Features', true, 'Features and shorts, closed until they are announced.');
insert into tenancy.workspaces (organization_id, name, slug, description, is_private, created_by)
select o.id, w.name, w.slug, w.description, w.is_private, p.user_id
  from pg_temp.demo_workspaces w
  join pg_temp.demo_organizations o on o.key = w.organization
  join pg_temp.demo_people p on p.organization = w.organization and p.role = 'owner';
insert into tenancy.workspace_members (organization_id, workspace_id, user_id)
select w.organization_id, w.id, p.user_id
  from (values
         ('client-room', 'client@lumen.test'), ('client-room', 'pm.spots@lumen.test'),
         ('client-room', 'wardrobe@lumen.test'), ('features', 'upm.features@brightside.test'),
         ('features', 'locations@brightside.test'), ('features', 'first.ad@brightside.test'),
         ('features', 'camera@brightside.test')
       ) as m (slug, email)
  join pg_temp.demo_people p on p.email = m.email
  join pg_temp.demo_organizations o on o.key = p.organization
  join tenancy.workspaces w on w.organization_id = o.id and w.slug = m.slug;

insert into collaboration.custom_fields
  (organization_id, entity_type, field_name, label, field_type, options, position, created_by, created_at, updated_at)
select o.id, f.entity_type, f.field_name, f.label, f.field_type, f.options::jsonb, f.position, p.user_id, made.at, made.at
  from (values
         ('projects.projects', 'borough', 'Borough', 'select',
          '{"choices": ["Manhattan", "Brooklyn", "Queens", "Bronx", "Staten Island"]}', 1),
         ('projects.projects', 'shoot_days', 'Days on the street', 'number', '{"min": 0, "max": 400}', 2),
         ('projects.projects', 'community_boards', 'Community boards', 'text', '{"max_length": 200}', 3),
         ('projects.project_compliance', 'police_precincts', 'Police precincts', 'text', '{"max_length": 100}', 1),
         ('projects.project_compliance', 'zip_codes', 'ZIP codes', 'text', '{"max_length": 400}', 2),
         ('projects.project_tasks', 'call_time', 'Call', 'datetime', '{}', 1)
       ) as f (entity_type, field_name, label, field_type, options, position)
 cross join pg_temp.demo_organizations o
  join pg_temp.demo_people p on p.organization = o.key and p.role = 'owner'
 cross join lateral (select pg_temp.at_clock(pg_temp.today() - 280, '11:00') as at) made;
