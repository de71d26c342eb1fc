-- What people keep about themselves: whom to call, and what they work with.

insert into identity.emergency_contacts (user_id, name, relationship, phone, email, notes, is_primary, is_shared, created_at, updated_at)
select p.user_id, c.name, c.relationship, c.phone, c.email, c.notes, c.is_primary, c.is_shared, made.at, made.at
  from (values
          ('owner@lumen.test', 'Elin Lindqvist', 'sister', '+1 917 555 0142', null, null, true, true),
          ('owner@lumen.test', 'Dr. Amara Nwosu', 'physician', '+1 212 555 0118', 'practice@nwosu.test', null, false, false),
          ('crew@lumen.test', 'Grace Okafor', 'mother', '+1 718 555 0177', 'grace.okafor@mail.test', 'Theo is allergic to penicillin.', true, true),
          ('crew@lumen.test', 'Ben Adeyemi', 'partner', '+1 347 555 0109', null, 'Works nights: call, do not write.', false, true),
          ('electrics@lumen.test', 'Marek Piotrowski', 'husband', '+1 929 555 0163', null, null, true, true),
          ('rigging@lumen.test', 'Dana Bell', 'wife', '+1 646 555 0135', null, 'Has the insurance papers.', true, true),
          ('client@lumen.test', 'Rui Carvalho', 'brother', '+351 21 555 0190', null, null, true, true),
          ('owner@brightside.test', 'Miriam Feldstein', 'wife', '+1 917 555 0121', 'miriam@feldstein.test', null, true, true),
          ('grip@brightside.test', 'Paul Duval', 'father', '+1 514 555 0154', null, 'Speaks French.', true, true),
          ('camera@brightside.test', 'Inês Ferreira', 'partner', '+1 347 555 0188', null, null, true, true)
       ) as c (address, name, relationship, phone, email, notes, is_primary, is_shared)
  join pg_temp.demo_people p on p.email = c.address
 cross join lateral (select pg_temp.at_clock(pg_temp.today() - 290 + p.position, '10:15') as at) made
 order by made.at, c.is_primary desc;

insert into identity.connected_apps (user_id, name, category, website, notes, created_at, updated_at)
select p.user_id, a.name, a.category, a.website, a.notes, made.at, made.at
  from (values
          ('owner@lumen.test', 'QuickBooks Online', 'accounting', 'https://quickbooks.intuit.com', 'Books of both companies.'),
          ('owner@lumen.test', 'Google Calendar', 'calendar', 'https://calendar.google.com', null),
          ('owner@lumen.test', 'Slack', 'communication', 'https://slack.com', null),
          ('crew@lumen.test', 'Vectorworks Spotlight', 'design', 'https://www.vectorworks.net', 'Plots and rigging plans.'),
          ('crew@lumen.test', 'Dropbox', 'storage', 'https://www.dropbox.com', 'Drawings that houses send.'),
          ('owner@brightside.test', 'Movie Magic Scheduling', 'project_management', 'https://www.ep.com', 'Stripboards of the features.'),
          ('owner@brightside.test', 'Frame.io', 'storage', 'https://frame.io', null)
       ) as a (address, name, category, website, notes)
  join pg_temp.demo_people p on p.email = a.address
 cross join lateral (select pg_temp.at_clock(pg_temp.today() - 280 + p.position, '11:00') as at) made
 order by made.at, a.name;
