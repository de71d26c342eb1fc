-- What people did in the portal in the last four months, and what follows from it.

-- Some came only this season: whom activation and retention are about.
update tenancy.organization_members m
   set joined_at = pg_temp.at_clock(pg_temp.today() - 15 - 11 * (p.position - 5), '10:00')
  from pg_temp.demo_people p
  join pg_temp.demo_organizations o on o.key = p.organization
 where m.organization_id = o.id and m.user_id = p.user_id and p.position between 5 and 10;

insert into analytics.activation_rules (organization_id, event_name, event_count, within_days, created_by)
select o.id, r.event_name, r.event_count, 14, p.user_id
  from pg_temp.demo_organizations o
  join pg_temp.demo_people p on p.organization = o.key and p.role = 'owner'
 cross join (values ('project_opened', 3), ('call_sheet_opened', 1)) as r (event_name, event_count);

-- A visit or two on a working day, fewer at weekends, more every week; what somebody does depends on what they are there for.
create temp table demo_visits on commit drop as
select o.id as organization_id, o.key as organization, m.user_id, p.position, d.day, v.number,
       pg_temp.at_clock(d.day, '07:30') + pg_temp.roll(concat('start', s.seed), 660) * interval '1 minute' as starts_at,
       2 + pg_temp.roll(concat('length', s.seed), 9) as events,
       (array['web', 'web', 'ios', 'android'])[1 + pg_temp.roll(concat('source', m.user_id), 4)] as source
  from pg_temp.demo_organizations o
  join pg_temp.demo_people p on p.organization = o.key
  join tenancy.organization_members m on m.organization_id = o.id and m.user_id = p.user_id
 cross join lateral (
         select g::date as day from generate_series(pg_temp.today() - 119, pg_temp.today(), interval '1 day') g
       ) d
 cross join generate_series(1, 2) as v (number)
 cross join lateral (select concat(p.email, d.day - pg_temp.today(), v.number) as seed) s
 where pg_temp.at_clock(d.day, '07:30') >= m.joined_at
   and pg_temp.roll(concat('comes', s.seed), 100)
       < (case when extract(isodow from d.day) > 5 then 12 else 62 - 3 * p.position % 30 end) / v.number
         + (d.day - pg_temp.today() + 119) / 8
   -- one quiet day, which trends find
   and (p.position <> 9 or d.day < pg_temp.today() - 16)
   and (d.day <> pg_temp.today() - 1 or pg_temp.roll(concat('quiet', s.seed), 5) = 0);

insert into analytics.app_events
  (organization_id, id, occurred_at, received_at, name, user_id, session_key, source, url, value, properties)
select v.organization_id, pg_temp.row_id(e.at, e.number, e.seed), e.at, e.at, e.name, v.user_id,
       left(md5(concat(v.user_id, v.day, v.number)), 12), v.source,
       'https://portal.' || v.organization || '.test/' || split_part(e.name, '_', 1) || 's',
       case when e.name = 'invoice_opened' then 100 * (1 + pg_temp.roll(e.seed || 'value', 80)) end,
       jsonb_build_object('position', e.number)
  from pg_temp.demo_visits v
 cross join lateral (
         select n as number,
                v.starts_at + n * interval '70 seconds' + pg_temp.roll(concat(s.seed, n), 60) * interval '1 second' as at,
                case
                  when n = 0 then 'login'
                  else (array['project_opened', 'project_opened', 'call_sheet_opened', 'task_done', 'file_uploaded',
                              'comment_added', 'schedule_changed', 'budget_viewed', 'invoice_opened', 'gear_reserved'])
                         [1 + pg_temp.roll(concat('event', s.seed, n), 10)]
                end as name,
                concat(s.seed, n) as seed
           from generate_series(0, v.events) n
          cross join (select concat(v.user_id, v.day - pg_temp.today(), v.number) as seed) s
       ) e
 where e.at < pg_temp.at_clock(pg_temp.today(), '23:59');

-- Leads look at the site; what they did in the last days is for the demo's own nurturing.
insert into analytics.app_events (organization_id, id, occurred_at, received_at, name, lead_id, source, url)
select l.organization_id, pg_temp.row_id(e.at, n, concat('lead', l.id, n)), e.at, e.at,
       (array['page_viewed', 'page_viewed', 'page_viewed', 'showreel_watched', 'brochure_downloaded', 'quote_requested'])
         [1 + pg_temp.roll(concat('lead event', l.email, n), 6)],
       l.id, 'web', 'https://' || o.key || '.test/work'
  from crm.leads l
  join pg_temp.demo_organizations o on o.id = l.organization_id
 cross join generate_series(1, 12) n
 cross join lateral (
         select pg_temp.at_clock(pg_temp.today() - 3 - pg_temp.roll(concat('day', l.email, n / 4), 60), '09:00')
                + n * interval '4 minutes' as at
       ) e
 where n <= pg_temp.roll('visits' || l.email, 14) and l.deleted_at is null;
select analytics.settle_partitions();

insert into analytics.nps_responses (organization_id, score, comment, user_id, answered_at, created_at, created_by)
select o.id, a.score,
       case
         when a.score >= 9 then (array['Call sheets that everybody has read.', 'One place for everything.',
                                       'I open it before my mail.'])[1 + pg_temp.roll('why' || p.email, 3)]
         when a.score <= 6 then (array['Too many clicks on the phone.', 'I cannot find last year''s drawings.'])
                                 [1 + pg_temp.roll('why' || p.email, 2)]
       end,
       p.user_id, a.at, a.at, p.user_id
  from pg_temp.demo_people p
  join pg_temp.demo_organizations o on o.key = p.organization
 cross join lateral (
         select (array[10, 9, 9, 8, 10, 7, 9, 6, 8, 10, 3])[1 + pg_temp.roll('nps' || p.email, 11)] as score,
                pg_temp.at_clock(pg_temp.today() - 3 - pg_temp.roll('asked' || p.email, 80), '16:20') as at
       ) a
 where pg_temp.roll('answers' || p.email, 5) > 0;

insert into analytics.segments (organization_id, name, description, subject, rule, created_by)
select o.id, s.name, s.description, s.subject, s.rule::jsonb, p.user_id
  from pg_temp.demo_organizations o
  join pg_temp.demo_people p on p.organization = o.key and p.role = 'owner'
 cross join (values
         ('Regulars', 'Open a project at least ten times in two weeks.', 'user',
          '{"event": "project_opened", "op": ">=", "count": 10, "days": 14}'),
         ('Slipping away', 'Were here, but not in the last ten days.', 'user', '{"seen": "before", "days": 10}'),
         ('New and not yet at home', 'Joined in the last three months, and hardly a call sheet this month.', 'user',
          '{"all": [{"field": "joined_at", "op": "within_days", "value": 90},
                    {"event": "call_sheet_opened", "op": "<", "count": 8, "days": 30}]}'),
         ('Warm leads', 'A good score, or a quote asked for, and mail is welcome.', 'lead',
          '{"all": [{"any": [{"field": "score", "op": ">=", "value": 60}, {"event": "quote_requested", "days": 60}]},
                    {"not": {"field": "email_consent", "value": "withdrawn"}}]}')
       ) as s (name, description, subject, rule);

insert into analytics.metrics_log (organization_id, id, occurred_at, kind, metric, source, value, unit, labels)
select o.id, pg_temp.row_id(t.at, 0, concat('log', o.key, k.metric, k.source, t.at)), t.at, k.kind, k.metric, k.source,
       round(k.usual * (0.8 + 0.004 * pg_temp.roll(concat(o.key, k.metric, k.source, t.at), 100)), 1), k.unit,
       k.labels::jsonb
  from pg_temp.demo_organizations o
 cross join (values
         ('performance', 'page_load', 'web', 640, 'ms', '{"path": "/projects"}'),
         ('performance', 'page_load', 'ios', 410, 'ms', '{"path": "/call-sheets"}'),
         ('business', 'bar.takings', 'front of house', 2300, 'USD', '{}'),
         ('system', 'disk.used', 'archive', 71, '%', '{}')
       ) as k (kind, metric, source, usual, unit, labels)
 cross join lateral (
         select pg_temp.at_clock(g::date, '18:00') as at
           from generate_series(pg_temp.today() - 27, pg_temp.today() - 1, interval '1 day') g
       ) t;

-- What jobs would do in time.
select analytics.digest_events(o.id) from pg_temp.demo_organizations o;
select analytics.recompute_days(o.id, pg_temp.today() - 119, pg_temp.today()) from pg_temp.demo_organizations o;
select analytics.take_pmf_snapshot(o.id, pg_temp.today() - n)
  from pg_temp.demo_organizations o
 cross join generate_series(0, 27) n;
