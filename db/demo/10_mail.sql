-- Templates of both organizations, campaigns to their leads with what became of them, and who gets no mail any more.

create temp table demo_templates (
  organization text, key text, name text, category text, subject text, html text, variables jsonb
) on commit drop;
insert into pg_temp.demo_templates values
  ('lumen', 'premiere', 'Premiere invitation', 'invitation',
   '{{ lead.first_name | default: "Dear guest" }}, the premiere is on {{ day }}',
   '<h1>{{ production }}</h1>'
   '<p>Dear {{ lead.first_name | default: "guest" }}{% if lead.company_name %} of {{ lead.company_name }}{% endif %},</p>'
   '<p>{{ production }} opens on {{ day }}. Your seats are held until the day before: '
   '<a href="https://lumen.test/seats">say how many you want</a>.</p>'
   '<p><a href="https://lumen.test/programme">The programme</a></p>',
   '[{"name": "production", "description": "What opens", "sample": "The Glass Harbor"},
     {"name": "day", "description": "The day in words", "default": "Friday", "sample": "12 June"}]'),
  ('lumen', 'showreel', 'Showreel of the season', 'newsletter',
   'What we built this season',
   '<p>Hello {{ lead.first_name | default: "there" }},</p>'
   '<p>Four stages, two films and a harbour full of light: <a href="https://lumen.test/showreel">three minutes of it</a>.</p>'
   '<p>If {{ lead.company_name | default: "you" }} plan something, <a href="https://lumen.test/talk">talk to us</a>.</p>'
   '<p><a href="{{ unsubscribe_url }}">No more of these</a></p>',
   '[]'),
  ('brightside', 'waitlist', 'Screening waitlist', 'waitlist',
   'A seat has become free for {{ film }}',
   '<p>Dear {{ lead.full_name | default: "guest" }},</p>'
   '<p>you are next on the list for {{ film }}. <a href="https://brightside.test/seat">Take the seat</a> within two days.</p>',
   '[{"name": "film", "sample": "North of Here"}]');
insert into marketing.email_templates
  (organization_id, name, category, subject, html_source, variables, created_by, created_at, updated_at)
select d.id, t.name, t.category, t.subject, t.html, t.variables, p.user_id, made.at, made.at
  from pg_temp.demo_templates t
  join pg_temp.demo_organizations d on d.key = t.organization
  join pg_temp.demo_people p on p.organization = d.key and p.role = 'owner'
 cross join (select pg_temp.at_clock(pg_temp.today() - 90, '10:00') as at) made;
insert into marketing.email_template_versions
  (organization_id, occurred_at, template_id, version, subject, html_source, text_source, variables, created_by)
select t.organization_id, t.created_at, t.id, t.version, t.subject, t.html_source, t.text_source, t.variables, t.created_by
  from marketing.email_templates t
  join pg_temp.demo_organizations d on d.id = t.organization_id
    on conflict do nothing;
insert into tenancy.organization_settings (organization_id, section, value)
select d.id, 'marketing',
       jsonb_build_object('footer', o.name || E'\n24 Wythe Avenue, Brooklyn, NY', 'quietFrom', '22:00', 'quietTo', '07:00')
  from pg_temp.demo_organizations d
  join tenancy.organizations o on o.id = d.id
    on conflict on constraint organization_settings_organization_id_section_key do nothing;

create temp table demo_campaigns (organization text, key text, name text, template text, status text, days integer, variables jsonb)
  on commit drop;
insert into pg_temp.demo_campaigns values
  ('lumen', 'season', 'Showreel of the season', 'Showreel of the season', 'completed', 21, '{}'),
  ('lumen', 'premiere', 'The Glass Harbor: premiere', 'Premiere invitation', 'draft', 2,
   '{"production": "The Glass Harbor", "day": "Friday"}'),
  ('brightside', 'waitlist', 'Screening waitlist, first seats', 'Screening waitlist', 'completed', 9,
   '{"film": "North of Here"}');
insert into marketing.campaigns
  (organization_id, name, template_id, audience, variables, status, started_at, audience_taken_at, finished_at, created_by,
   created_at, updated_at)
select d.id, c.name, t.id, 'list', c.variables, c.status,
       case c.status when 'completed' then made.at + interval '2 hours' end,
       case c.status when 'completed' then made.at + interval '2 hours' end,
       case c.status when 'completed' then made.at + interval '2 hours 20 minutes' end, p.user_id, made.at, made.at
  from pg_temp.demo_campaigns c
  join pg_temp.demo_organizations d on d.key = c.organization
  join pg_temp.demo_people p on p.organization = d.key and p.role = 'owner'
  join marketing.email_templates t on t.organization_id = d.id and t.name = c.template
 cross join lateral (select pg_temp.at_clock(pg_temp.today() - c.days, '10:00') as at) made;

-- What went out: to nearly everybody, with the usual losses.
create temp table demo_mails on commit drop as
select c.organization_id, c.id as campaign_id, c.template_id, c.variables, c.created_by, c.status as campaign_status,
       l.id as lead_id, l.email, l.first_name, l.last_name, l.full_name, l.company_name, l.job_title, l.city, l.country,
       o.name as organization_name, pg_temp.row_id(c.created_at, l.place::integer, c.name || l.email) as id,
       c.started_at + make_interval(secs => l.place * 7) as sent_at, pg_temp.roll(c.name || l.email, 100) as fate,
       l.email_consent
  from marketing.campaigns c
  join pg_temp.demo_organizations d on d.id = c.organization_id
  join tenancy.organizations o on o.id = d.id
 cross join lateral (
         select l.*, row_number() over (order by l.email) as place
           from crm.leads l
          where l.organization_id = c.organization_id and l.deleted_at is null
       ) l;
insert into marketing.email_queue
  (organization_id, id, lead_id, template_id, campaign_id, variables, status, send_after, email, template_version, context,
   attempts, attempted_at, sent_at, reason, reply_code, created_by, created_at, updated_at)
select m.organization_id, m.id, m.lead_id, m.template_id, m.campaign_id, m.variables,
       case when m.email_consent = 'withdrawn' then 'suppressed' when m.fate < 4 then 'failed' else 'sent' end,
       m.sent_at,
       case when m.email_consent <> 'withdrawn' then m.email end, 1,
       m.variables || jsonb_build_object(
         'lead', jsonb_build_object('first_name', m.first_name, 'last_name', m.last_name, 'full_name', m.full_name,
                                    'email', m.email, 'company_name', m.company_name, 'job_title', m.job_title,
                                    'city', m.city, 'country', m.country, 'locale', null),
         'organization', jsonb_build_object('name', m.organization_name, 'website', null)),
       case when m.email_consent = 'withdrawn' then 0 else 1 end,
       case when m.email_consent <> 'withdrawn' then m.sent_at end,
       case when m.email_consent <> 'withdrawn' and m.fate >= 4 then m.sent_at end,
       case when m.email_consent = 'withdrawn' then 'consent_withdrawn'
            when m.fate < 4 then '550 5.1.1 There is no such mailbox' end,
       case when m.email_consent <> 'withdrawn' then case when m.fate < 4 then '5.1.1' else '250' end end,
       m.created_by, m.sent_at, m.sent_at
  from pg_temp.demo_mails m
 where m.campaign_status = 'completed';
insert into marketing.campaign_recipients (organization_id, occurred_at, campaign_id, lead_id, queued_email_id, added_by)
select m.organization_id, coalesce(m.sent_at, pg_temp.present()), m.campaign_id, m.lead_id,
       case m.campaign_status when 'completed' then m.id end, m.created_by
  from pg_temp.demo_mails m;

create temp table demo_events on commit drop as
select m.organization_id, m.id, m.email, e.kind, e.url, m.sent_at + e.later as at
  from pg_temp.demo_mails m
 cross join lateral (
         values
           ('bounced', null, interval '0', m.fate < 4),
           ('delivered', null, interval '40 seconds', m.fate >= 4),
           ('opened', null, make_interval(mins => 20 + m.fate * 9), m.fate between 30 and 84),
           ('clicked', 'https://' || split_part(m.email, '@', 2) || '/', make_interval(mins => 22 + m.fate * 9), m.fate between 60 and 84),
           ('replied', null, make_interval(mins => 60 + m.fate * 11), m.fate between 80 and 83),
           ('unsubscribed', null, make_interval(mins => 25 + m.fate * 9), m.fate between 28 and 29)
       ) as e (kind, url, later, happened)
 where m.campaign_status = 'completed' and m.email_consent <> 'withdrawn' and e.happened;
update pg_temp.demo_events e set url = 'https://lumen.test/showreel' where e.kind = 'clicked';
select marketing.note_interactions(
         e.organization_id,
         jsonb_agg(jsonb_build_object(
           'id', e.id, 'kind', e.kind, 'url', e.url, 'occurred_at', e.at, 'is_hard', e.kind = 'bounced',
           'source', case e.kind when 'bounced' then 'smtp' when 'opened' then 'pixel' when 'clicked' then 'link'
                       when 'unsubscribed' then 'one_click' else 'message' end)
           order by e.at))
  from pg_temp.demo_events e
 where e.at < pg_temp.present()
 group by e.organization_id;

-- Somebody who asked by telephone, and a box that is full at the moment.
select marketing.suppress_email(d.id, 'press@' || d.key || '-office.test', 'manual', 'Asked by telephone to be left alone.')
  from pg_temp.demo_organizations d;
select marketing.suppress_email(d.id, 'tickets@harbor.test', 'soft_bounce', '452 4.2.2 The mailbox is full',
                                expires_at => now() + interval '2 days')
  from pg_temp.demo_organizations d
 where d.key = 'lumen';

-- What leads did with these mails counts.
select crm.store_lead_scores(d.id, array(select l.id from crm.leads l where l.organization_id = d.id))
  from pg_temp.demo_organizations d;
delete from crm.leads_to_score q using pg_temp.demo_organizations d where q.organization_id = d.id;
