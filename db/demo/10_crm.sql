-- Who may become a client, how they met the organization, what is being sold to them and what it brought. Everything lies in
-- the last months before the day of the demo.

create temp table demo_sources (organization text, name text, channel text, campaign text) on commit drop;
insert into pg_temp.demo_sources values
  ('lumen', 'Website form', 'organic_search', null),
  ('lumen', 'Spring showreel', 'paid_social', 'spring showreel'),
  ('lumen', 'Brand film search ads', 'paid_search', 'brand films'),
  ('lumen', 'Festival season stand', 'event', 'festival season'),
  ('lumen', 'Recommended by a client', 'referral', null),
  ('lumen', 'Newsletter', 'email', 'monthly letter'),
  ('brightside', 'Pitch market', 'event', 'pitch market'),
  ('brightside', 'Agents and lawyers', 'partner', null),
  ('brightside', 'Press and reviews', 'content', 'festival press'),
  ('brightside', 'Website form', 'organic_search', null);
insert into crm.lead_sources (organization_id, name, channel, created_by, created_at, updated_at)
select d.id, s.name, s.channel, p.user_id, made.at, made.at
  from pg_temp.demo_sources s
  join pg_temp.demo_organizations d on d.key = s.organization
  join pg_temp.demo_people p on p.organization = d.key and p.role = 'owner'
 cross join (select pg_temp.at_clock(pg_temp.today() - 280, '10:00') as at) made;

-- Companies, of which each sends some people.
create temp table demo_companies (
  organization text, number integer, company text, domain text, industry text, city text, country text, zone text,
  employees integer, budget integer
) on commit drop;
insert into pg_temp.demo_companies values
  ('lumen', 1, 'Northern Lights Film Festival', 'northern-lights.test', 'Film festival', 'Tromsø', 'NO', 'Europe/Oslo', 35, 60000),
  ('lumen', 2, 'Harbor & Vine', 'harborvine.test', 'Wine brand', 'Portland', 'US', 'America/Los_Angeles', 240, 180000),
  ('lumen', 3, 'The Meridian Theatre', 'meridian.test', 'Theatre venue', 'Chicago', 'US', 'America/Chicago', 85, 45000),
  ('lumen', 4, 'Solstice Music Week', 'solsticeweek.test', 'Music festival', 'Lisbon', 'PT', 'Europe/Lisbon', 28, 75000),
  ('lumen', 5, 'Kestrel Outdoor', 'kestrel.test', 'Outdoor brand', 'Denver', 'US', 'America/Denver', 620, 220000),
  ('lumen', 6, 'Galerie Bonnard', 'bonnard.test', 'Museum and gallery', 'Paris', 'FR', 'Europe/Paris', 19, 22000),
  ('lumen', 7, 'Ember Coffee', 'embercoffee.test', 'Food brand', 'Brooklyn', 'US', 'America/New_York', 60, 30000),
  ('lumen', 8, 'Pier 9 Live', 'pier9.test', 'Concert venue', 'New York', 'US', 'America/New_York', 44, 90000),
  ('lumen', 9, 'Orchard Street Agency', 'orchardst.test', 'Advertising agency', 'New York', 'US', 'America/New_York', 130, 140000),
  ('lumen', 10, 'Fjord Dance Biennale', 'fjorddance.test', 'Dance festival', 'Bergen', 'NO', 'Europe/Oslo', 14, 38000),
  ('lumen', 11, 'Calder & Sons Watches', 'calderwatches.test', 'Luxury brand', 'Geneva', 'CH', 'Europe/Zurich', 310, 260000),
  ('lumen', 12, 'Riverside Arts Council', 'riversidearts.test', 'Public arts council', 'Newark', 'US', 'America/New_York', 22, 25000),
  ('lumen', 13, 'Mosaic Fashion Days', 'mosaicdays.test', 'Fashion event', 'Milan', 'IT', 'Europe/Rome', 40, 120000),
  ('lumen', 14, 'Copperline Brewing', 'copperline.test', 'Beer brand', 'Austin', 'US', 'America/Chicago', 75, 28000),
  ('lumen', 15, 'Halcyon Hotels', 'halcyon.test', 'Hospitality', 'Miami', 'US', 'America/New_York', 1900, 310000),
  ('lumen', 16, 'Sakura Film Days', 'sakurafilm.test', 'Film festival', 'Kyoto', 'JP', 'Asia/Tokyo', 17, 41000),
  ('lumen', 17, 'St. Brendan''s Hall', 'stbrendans.test', 'Venue', 'Boston', 'US', 'America/New_York', 12, 9000),
  ('lumen', 18, 'Vantage Cycling', 'vantagecycling.test', 'Sports brand', 'Ghent', 'BE', 'Europe/Brussels', 150, 95000),
  ('brightside', 1, 'Aster Streaming', 'aster.test', 'Television', 'Los Angeles', 'US', 'America/Los_Angeles', 2400, 900000),
  ('brightside', 2, 'Blue Door Television', 'bluedoor.test', 'Television', 'London', 'GB', 'Europe/London', 320, 450000),
  ('brightside', 3, 'Lantern Distribution', 'lantern.test', 'Film distribution', 'New York', 'US', 'America/New_York', 48, 200000),
  ('brightside', 4, 'Docu North', 'docunorth.test', 'Broadcast', 'Copenhagen', 'DK', 'Europe/Copenhagen', 90, 150000),
  ('brightside', 5, 'Rialto Cinemas', 'rialto.test', 'Cinema venue', 'Toronto', 'CA', 'America/Toronto', 210, 60000),
  ('brightside', 6, 'Field Museum of Film', 'fieldfilm.test', 'Museum', 'Berlin', 'DE', 'Europe/Berlin', 33, 40000);

create temp table demo_leads on commit drop as
select d.id as organization_id, d.key as organization, c.company, c.number as company_number, n.number,
       f.name as first_name, l.name as last_name, t.title as job_title, c.domain, c.industry, c.city, c.country, c.zone,
       c.employees, c.budget, pg_temp.roll(seed.text || 'source', case d.key when 'lumen' then 6 else 4 end) + 1 as source,
       pg_temp.at_clock(pg_temp.today() - 4 - pg_temp.roll(seed.text || 'made', 150), '08:00')
         + make_interval(mins => pg_temp.roll(seed.text || 'hour', 600)) as made_at,
       seed.text as seed, pg_temp.roll(seed.text || 'status', 20) as fate
  from pg_temp.demo_companies c
  join pg_temp.demo_organizations d on d.key = c.organization
 cross join lateral generate_series(1, case d.key when 'lumen' then 2 else 3 end + pg_temp.roll(c.company, 3)) as n (number)
 cross join lateral (select c.company || n.number as text) seed
 cross join lateral (
         select (array['Ingrid', 'Mateo', 'Amara', 'Felix', 'Yuki', 'Clara', 'Omar', 'Greta', 'Hugo', 'Lena', 'Dario', 'Nadia',
                       'Pavel', 'Simone', 'Elif', 'Jonas', 'Rosa', 'Idris'])[1 + pg_temp.roll(seed.text || 'first', 18)] as name
       ) f
 cross join lateral (
         select (array['Solberg', 'Alvarez', 'Okoye', 'Brandt', 'Tanaka', 'Moreau', 'Farouk', 'Lindgren', 'Silva', 'Weiss',
                       'Romano', 'Petrova', 'Novak', 'Leclerc', 'Demir', 'Hansen', 'Costa', 'Bello'])
                  [1 + pg_temp.roll(seed.text || 'last', 18)] as name
       ) l
 cross join lateral (
         select (array['Head of Programme', 'Marketing director', 'Producer', 'Brand manager', 'Artistic director',
                       'Assistant', 'Events coordinator', 'Founder', 'Technical manager', 'Communications officer'])
                  [1 + pg_temp.roll(seed.text || 'title', 10)] as title
       ) t;

insert into crm.leads
  (organization_id, id, email, first_name, last_name, company_name, job_title, phone, website, industry, employees, city,
   country, time_zone, locale, status, email_consent, email_consent_at, email_consent_source, lead_source_id, owner_id,
   budget_amount, currency, interests, created_by, created_at, updated_at)
select l.organization_id, pg_temp.row_id(l.made_at, l.number, l.seed),
       lower(translate(l.first_name || '.' || l.last_name, ' øé''', '.oe')) || case when l.number > 1 then l.number::text else '' end
         || '@' || l.domain,
       l.first_name, l.last_name, l.company, l.job_title,
       case when pg_temp.roll(l.seed || 'phone', 3) > 0
         then '+1 212 555 01' || lpad(pg_temp.roll(l.seed || 'digits', 100)::text, 2, '0') end,
       'https://' || l.domain, l.industry, l.employees, l.city, l.country, l.zone,
       case l.country when 'FR' then 'fr' when 'IT' then 'it' when 'PT' then 'pt' when 'JP' then 'ja' when 'DE' then 'de' else 'en' end,
       case
         when l.fate < 6 then 'new'
         when l.fate < 11 then 'contacted'
         when l.fate < 17 then 'qualified'
         when l.fate < 18 then 'unqualified'
         else 'lost'
       end,
       case when l.fate in (3, 9) then 'unknown' when l.fate = 19 then 'withdrawn' else 'granted' end,
       case when l.fate not in (3, 9) then l.made_at end,
       case when l.fate not in (3, 9, 19) then 'Ticked the box of the form' end,
       s.id,
       (select m.user_id
          from pg_temp.demo_people m
         where m.organization = l.organization and m.position = 1 + pg_temp.roll(l.seed || 'owner', 2)),
       case when pg_temp.roll(l.seed || 'budget', 4) > 0 then l.budget end,
       case when pg_temp.roll(l.seed || 'budget', 4) > 0 then 'USD' end,
       case pg_temp.roll(l.seed || 'interest', 4)
         when 0 then '{Launch film}'::text[]
         when 1 then '{Live stage,Lighting}'
         when 2 then '{Stills,Launch film}'
         else '{Live stage}'
       end,
       p.user_id, l.made_at, l.made_at
  from pg_temp.demo_leads l
  join pg_temp.demo_people p on p.organization = l.organization and p.role = 'owner'
  join (select s.organization_id, s.id, row_number() over (partition by s.organization_id order by s.id) as number
          from crm.lead_sources s) s
    on s.organization_id = l.organization_id and s.number = l.source;

-- They meet the organization more often as the day of the demo comes near, and each by the campaign that brought them.
insert into crm.lead_touchpoints
  (organization_id, id, occurred_at, lead_id, lead_source_id, kind, channel, campaign, title, url)
select l.organization_id, pg_temp.row_id(t.at, n, l.email || n), t.at, l.id, case when n = 1 then l.lead_source_id end,
       case when n = 1 then k.first_kind else k.kind end,
       case when n = 1 then s.channel else k.channel end, case when n = 1 or k.kind = 'ad_click' then s.campaign end,
       k.title, case when k.kind in ('page_view', 'content_viewed', 'download') then 'https://callboard.test/work/' || pg_temp.roll(l.email || n, 40) end
  from crm.leads l
  join pg_temp.demo_organizations d on d.id = l.organization_id
  join crm.lead_sources c on c.organization_id = l.organization_id and c.id = l.lead_source_id
  join pg_temp.demo_sources s on s.organization = d.key and s.name = c.name
 cross join lateral generate_series(1, 3 + pg_temp.roll(l.email, 14)) as n
 cross join lateral (
         select greatest(l.created_at, pg_temp.present() - interval '90 days') as since
       ) b
 cross join lateral (
         select case
                  when n = 1 then b.since + interval '20 minutes'
                  else b.since + interval '1 hour'
                       + (pg_temp.present() - b.since - interval '2 hours') * (pg_temp.roll(l.email || 't' || n, 1000) / 1000.0)
                end as at
       ) t
 cross join lateral (
         select v.kind, v.channel, v.title,
                case s.channel
                  when 'event' then 'event_attended' when 'referral' then 'referral' when 'partner' then 'referral'
                  when 'email' then 'email_click' when 'paid_search' then 'ad_click' when 'paid_social' then 'ad_click'
                  else 'form_submitted'
                end as first_kind
           from (values
                  (0, 'page_view', 'direct', 'Home'), (1, 'page_view', 'organic_search', 'Work: launch films'),
                  (2, 'content_viewed', 'organic_social', 'Showreel'), (3, 'download', 'email', 'Rate card'),
                  (4, 'form_submitted', 'direct', 'Contact form'), (5, 'call', 'phone', 'Called the office'),
                  (6, 'meeting', 'direct', 'Met at the studio'), (7, 'email_click', 'email', 'Letter: what we shot'),
                  (8, 'page_view', 'direct', 'Work: live stage'), (9, 'quote_requested', 'direct', 'Asked for a quote'),
                  (10, 'content_viewed', 'content', 'Making of'), (11, 'ad_click', 'paid_social', 'Advertisement')
                ) as v (number, kind, channel, title)
          where v.number = pg_temp.roll(l.email || 'k' || n, 12)
       ) k;

insert into crm.lead_activities
  (organization_id, lead_id, kind, subject, body, outcome, occurred_at, due_at, completed_at, assignee_id, created_by,
   created_at, updated_at)
select l.organization_id, l.id, a.kind, a.subject, a.body, a.outcome, t.at,
       case when a.kind = 'task' then t.at + interval '5 days' end,
       case when a.kind = 'task' and t.at < pg_temp.present() - interval '10 days' then t.at + interval '4 days' end,
       l.owner_id, l.owner_id, t.at, t.at
  from crm.leads l
  join pg_temp.demo_organizations d on d.id = l.organization_id
  join (values
         (0, 'call', 'First call', 'They saw our work at the festival and want something like it, smaller.', 'Send examples'),
         (1, 'note', 'How they decide', 'The board meets on the first Tuesday of the month.', null),
         (2, 'meeting', 'Went through the brief', 'Two nights, one stage, projections on the facade.', 'Proposal by Friday'),
         (3, 'task', 'Send three references', null, null),
         (4, 'site_visit', 'Looked at the hall', 'Ceiling takes 800 kg a point; load-in through the side street.', 'Feasible')
       ) as a (number, kind, subject, body, outcome)
    on a.number <= pg_temp.roll(l.email || 'acts', 6) - 1
 cross join lateral (
         select least(l.created_at + make_interval(days => 2 + 6 * a.number), pg_temp.present() - interval '3 hours') as at
       ) t
 where l.status <> 'new';

-- Deals of those who are qualified or were, spread over all stages.
create temp table demo_deals on commit drop as
select l.organization_id, l.id as lead_id, l.owner_id, l.lead_source_id, l.company_name, l.email,
       pg_temp.roll(l.email || 'stage', 10) as fate,
       greatest(l.created_at + interval '1 day', pg_temp.present() - interval '100 days') as made_at,
       (pg_temp.roll(l.email || 'amount', 40) + 4) * 2500 as amount
  from crm.leads l
  join pg_temp.demo_organizations d on d.id = l.organization_id
 where l.status in ('contacted', 'qualified', 'lost') and l.created_at < pg_temp.present() - interval '8 days';
insert into crm.deals
  (organization_id, lead_id, name, stage_id, amount, currency, expected_close_on, owner_id, lead_source_id, created_by,
   created_at, updated_at, stage_entered_at, closed_at, lost_reason)
select d.organization_id, d.lead_id,
       (array['Launch film', 'Festival opening night', 'Stage and light', 'Campaign stills', 'Season trailer'])
         [1 + pg_temp.roll(d.email || 'deal', 5)] || ', ' || d.company_name,
       s.id, d.amount, 'USD',
       pg_temp.today() + case when s.kind = 'open' then pg_temp.roll(d.email || 'close', 150) - 10
                              else - pg_temp.roll(d.email || 'close', 30) end,
       d.owner_id, d.lead_source_id, d.owner_id, d.made_at, d.made_at, entered.at, case when s.kind <> 'open' then entered.at end,
       case when s.kind = 'lost' then
         (array['Went with a cheaper offer', 'Postponed to next year', 'No answer after the proposal', 'Built a team of their own'])
           [1 + pg_temp.roll(d.email || 'why', 4)] end
  from pg_temp.demo_deals d
  join crm.pipeline_stages s
    on s.organization_id = d.organization_id
   and s.position = case when d.fate < 5 then d.fate + 1 when d.fate < 8 then 6 else 7 end
 cross join lateral (
         select d.made_at + (pg_temp.present() - interval '6 hours' - d.made_at)
                  * (0.4 + pg_temp.roll(d.email || 'entered', 50) / 100.0) as at
       ) entered
 order by d.made_at;

-- The way that each has gone: one stage after the other, with the time between making it and where it is now shared out.
delete from crm.deal_stage_changes c using pg_temp.demo_organizations d where c.organization_id = d.id;
insert into crm.deal_stage_changes
  (organization_id, id, occurred_at, deal_id, workspace_id, from_stage_id, to_stage_id, from_status, to_status,
   seconds_in_stage, moved_by, amount, currency, lost_reason)
select w.organization_id, pg_temp.row_id(w.at, w.step::integer, w.id::text || w.step), w.at, w.id, w.workspace_id,
       lag(w.stage_id) over way, w.stage_id, lag(w.kind) over way, w.kind,
       extract(epoch from w.at - lag(w.at) over way)::bigint, w.owner_id, w.amount, w.currency,
       case when w.kind = 'lost' then w.lost_reason end
  from (
         select d.organization_id, d.id, d.workspace_id, d.owner_id, d.amount, d.currency, d.lost_reason, s.id as stage_id, s.kind,
                row_number() over (partition by d.id order by s.position) as step,
                d.created_at + (d.stage_entered_at - d.created_at)
                  * ((row_number() over (partition by d.id order by s.position) - 1)::double precision
                     / greatest(count(*) over (partition by d.id) - 1, 1)) as at
           from crm.deals d
           join pg_temp.demo_organizations o on o.id = d.organization_id
           join crm.pipeline_stages f on f.organization_id = d.organization_id and f.id = d.stage_id
           join crm.pipeline_stages s
             on s.organization_id = d.organization_id
            and (s.id = f.id
                 or s.kind = 'open' and s.position < case f.kind
                      when 'open' then f.position
                      when 'won' then 6
                      else 2 + pg_temp.roll(d.name || 'until', 4)
                    end)
       ) w
window way as (partition by w.id order by w.step);

insert into crm.deal_contacts (organization_id, deal_id, lead_id, role, created_by)
select d.organization_id, d.id, o.id,
       (array['decision_maker', 'budget_holder', 'champion', 'influencer'])[1 + pg_temp.roll(o.email || 'role', 4)], d.owner_id
  from crm.deals d
  join pg_temp.demo_organizations x on x.id = d.organization_id
  join crm.leads l on l.organization_id = d.organization_id and l.id = d.lead_id
  join crm.leads o on o.organization_id = l.organization_id and o.company_name = l.company_name and o.id <> l.id;

-- Some came back, one wanted its deposit back, and some only signed up.
insert into crm.revenue_events (organization_id, conversion_id, kind, amount, currency, occurred_at, reference)
select c.organization_id, c.id, r.kind, r.amount, 'USD', least(c.occurred_at + r.later, pg_temp.present() - interval '1 hour'), r.reference
  from (select c.*, row_number() over (partition by c.organization_id order by c.id) as number from crm.conversions c) c
  join pg_temp.demo_organizations d on d.id = c.organization_id
  join (values (1, 'expansion', 4800.00, interval '12 days', 'Second night'),
               (2, 'refund', -1250.00, interval '9 days', 'Deposit of the cancelled day'),
               (3, 'recurring', 2200.00, interval '20 days', 'Storage of the set')) as r (number, kind, amount, later, reference)
    on r.number = c.number;
insert into crm.conversions (organization_id, lead_id, kind, occurred_at)
select l.organization_id, l.id, 'sign_up', l.created_at + interval '2 hours'
  from crm.leads l
  join pg_temp.demo_organizations d on d.id = l.organization_id
 where pg_temp.roll(l.email || 'signed', 4) = 0;

insert into marketing.marketing_costs
  (organization_id, name, channel, campaign, vendor, amount, currency, starts_on, ends_on, created_by)
select d.id, c.name, c.channel, c.campaign, c.vendor, c.amount, 'USD', pg_temp.today() - c.since, pg_temp.today() - c.until, p.user_id
  from (values
         ('lumen', 'Advertisements, showreel', 'paid_social', 'spring showreel', 'Social network', 3600.00, 90, 1),
         ('lumen', 'Search advertisements', 'paid_search', 'brand films', 'Search engine', 5400.00, 90, 1),
         ('lumen', 'Stand, travel, two people', 'event', 'festival season', 'Festival office', 7850.00, 62, 58),
         ('lumen', 'Monthly letter', 'email', 'monthly letter', 'Studio', 450.00, 90, 1),
         ('lumen', 'Cutting the showreel', 'content', 'spring showreel', 'Own people', 2100.00, 96, 92),
         ('brightside', 'Pitch market', 'event', 'pitch market', 'Market office', 12400.00, 48, 44),
         ('brightside', 'Press agent', 'content', 'festival press', 'Agent', 6000.00, 80, 20)
       ) as c (organization, name, channel, campaign, vendor, amount, since, until)
  join pg_temp.demo_organizations d on d.key = c.organization
  join pg_temp.demo_people p on p.organization = d.key and p.role = 'owner';

-- Clients recommend us, and so do our own people.
insert into community.referrals (organization_id, referrer_lead_id, status, lead_id, reward, expires_at, created_by)
select l.organization_id, l.id, 'open', null, 'Two tickets for an opening night', pg_temp.present() + interval '90 days', l.owner_id
  from (select l.*, row_number() over (partition by l.organization_id order by l.id) as number
          from crm.leads l where l.status = 'converted') l
  join pg_temp.demo_organizations d on d.id = l.organization_id
 where l.number <= 3;
insert into community.referrals (organization_id, referrer_id, status, lead_id, reward, used_at, rewarded_at, created_by)
select l.organization_id, l.owner_id, case when l.number = 1 then 'rewarded' else 'used' end, l.id, 'A day off',
       l.created_at, case when l.number = 1 then l.created_at + interval '10 days' end, l.owner_id
  from (select l.*, row_number() over (partition by l.organization_id order by l.id desc) as number
          from crm.leads l join crm.lead_sources s on s.organization_id = l.organization_id and s.id = l.lead_source_id
         where s.channel = 'referral' or s.channel = 'partner') l
  join pg_temp.demo_organizations d on d.id = l.organization_id
 where l.number <= 3;

-- What jobs would do later.
select crm.store_lead_scores(d.id, array(select l.id from crm.leads l where l.organization_id = d.id))
  from pg_temp.demo_organizations d;
delete from crm.leads_to_score q using pg_temp.demo_organizations d where q.organization_id = d.id;
select crm.snapshot_pipeline(d.id) from pg_temp.demo_organizations d;
select marketing.track_roi(
         d.id, (date_trunc('month', pg_temp.today()::timestamp) - interval '4 months')::date,
         date_trunc('month', pg_temp.today()::timestamp)::date)
  from pg_temp.demo_organizations d;
