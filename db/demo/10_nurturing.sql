-- Sequences of mails with leads at every place of them, and A/B tests: made by the functions themselves, by a clock that goes
-- from four weeks ago to the day of the demo.

create temp table demo_nurturing_templates (organization text, name text, subject text, body text) on commit drop;
insert into pg_temp.demo_nurturing_templates values
  ('lumen', 'Welcome', 'Thank you for writing, {{ lead.first_name | default: "and hello" }}',
   'we read every request ourselves. Here is <a href="https://lumen.test/work">what we built lately</a>.'),
  ('lumen', 'Welcome, short', 'Your stage, {{ lead.first_name | default: "soon" }}?',
   'three questions and we can name a price: <a href="https://lumen.test/brief">the brief</a>.'),
  ('lumen', 'How we light a stage', 'How a stage is lit in a night',
   'from empty to focused in nine hours: <a href="https://lumen.test/night">see how</a>.'),
  ('lumen', 'Shall we talk?', 'Shall we talk about {{ lead.company_name | default: "your plans" }}?',
   'pick a time that suits you: <a href="https://lumen.test/talk">the calendar</a>.'),
  ('lumen', 'A last note', 'We leave you in peace',
   'this is the last of these mails. <a href="https://lumen.test/talk">We are here</a> when you need us.'),
  ('brightside', 'Hello from Brightside', 'Hello from Brightside',
   'our reel is short: <a href="https://brightside.test/reel">two minutes</a>.'),
  ('brightside', 'A month of shooting', 'A month of shooting, in pictures',
   'what a month with us looks like: <a href="https://brightside.test/month">pictures</a>.');
insert into marketing.email_templates (organization_id, name, category, subject, html_source, created_by, created_at, updated_at)
select d.id, t.name, 'nurturing', t.subject,
       '<p>Hello {{ lead.first_name | default: "there" }},</p><p>' || t.body || '</p>'
         || '<p><a href="{{ unsubscribe_url }}">No more of these</a></p>',
       p.user_id, made.at, made.at
  from pg_temp.demo_nurturing_templates t
  join pg_temp.demo_organizations d on d.key = t.organization
  join pg_temp.demo_people p on p.organization = d.key and p.role = 'owner'
 cross join (select pg_temp.at_clock(pg_temp.today() - 60, '10:00') as at) made;
insert into marketing.email_template_versions
  (organization_id, occurred_at, template_id, version, subject, html_source, text_source, variables, created_by)
select t.organization_id, t.created_at, t.id, t.version, t.subject, t.html_source, t.text_source, t.variables, t.created_by
  from marketing.email_templates t
  join pg_temp.demo_organizations d on d.id = t.organization_id
 where t.category = 'nurturing'
    on conflict do nothing;

create function pg_temp.nurturing_template(organization text, name text) returns uuid
language sql stable
return (
  select t.id
    from marketing.email_templates t
    join pg_temp.demo_organizations d on d.id = t.organization_id
   where d.key = nurturing_template.organization and t.name = nurturing_template.name);

-- Two tests: one that runs inside of a sequence, one of a page that is over.
insert into marketing.ab_tests
  (organization_id, id, name, hypothesis, unit_kind, goal, minimum_detectable_effect, created_by, created_at, updated_at)
select d.id, pg_temp.row_id(made.at, t.number, 'ab test ' || t.name), t.name, t.hypothesis, t.unit_kind, t.goal, t.effect,
       p.user_id, made.at, made.at
  from (values
         (1, 'Subject of the welcome', 'A question is opened more often than a thank you.', 'lead', 'opened', 0.15),
         (2, 'Button of the brief', 'People who are told how long it takes begin.', 'visitor', 'brief_sent', 0.06)
       ) as t (number, name, hypothesis, unit_kind, goal, effect)
  join pg_temp.demo_organizations d on d.key = 'lumen'
  join pg_temp.demo_people p on p.organization = d.key and p.role = 'owner'
 cross join (select pg_temp.at_clock(pg_temp.today() - 45, '11:00') as at) made;
insert into marketing.ab_test_variants (organization_id, ab_test_id, key, name, weight, is_control, template_id, payload)
select t.organization_id, t.id, v.key, v.name, v.weight, v.is_control, pg_temp.nurturing_template('lumen', v.template), v.payload
  from (values
         ('Subject of the welcome', 'thanks', 'A thank you', 1, true, 'Welcome', '{}'::jsonb),
         ('Subject of the welcome', 'question', 'A question', 1, false, 'Welcome, short', '{}'),
         ('Button of the brief', 'plain', 'Send a brief', 2, true, null, '{"label": "Send a brief"}'),
         ('Button of the brief', 'timed', 'Three minutes', 1, false, null, '{"label": "Send a brief: three minutes"}')
       ) as v (test, key, name, weight, is_control, template, payload)
  join marketing.ab_tests t on t.name = v.test
  join pg_temp.demo_organizations d on d.id = t.organization_id;
update marketing.ab_tests t
   set status = 'running'
  from pg_temp.demo_organizations d
 where d.id = t.organization_id;
update marketing.ab_tests t
   set started_at = t.created_at
  from pg_temp.demo_organizations d
 where d.id = t.organization_id;

select count(*)
  from marketing.ab_tests t
  join pg_temp.demo_organizations d on d.id = t.organization_id and t.unit_kind = 'visitor'
 cross join generate_series(1, 40) as day
 cross join lateral marketing.assign_ab_variants(
        t.organization_id, array_fill(t.id, array[45]),
        array(select 'visitor-' || (day * 45 + n) from generate_series(1, 45) n),
        pg_temp.at_clock(pg_temp.today() - 44 + day::integer, '13:00'), true) a;
select marketing.record_ab_conversions(
         t.organization_id, array_agg(a.ab_test_id), array_agg(a.unit), array_agg(t.goal),
         array_agg(a.exposed_at + interval '20 minutes'))
  from marketing.ab_tests t
  join marketing.ab_test_assignments a on a.organization_id = t.organization_id and a.ab_test_id = t.id
  join marketing.ab_test_variants v on v.organization_id = a.organization_id and v.id = a.variant_id
 where t.goal = 'brief_sent'
   and pg_temp.roll(a.unit || 'converts', 100) < case v.key when 'timed' then 19 else 11 end
 group by t.organization_id, t.id;
update marketing.ab_tests t
   set status = 'stopped',
       winner_variant_id = (select v.id from marketing.ab_test_variants v where v.ab_test_id = t.id and v.key = 'timed')
  from pg_temp.demo_organizations d
 where d.id = t.organization_id and t.goal = 'brief_sent';
update marketing.ab_tests t
   set stopped_at = pg_temp.at_clock(pg_temp.today() - 2, '17:00')
  from pg_temp.demo_organizations d
 where d.id = t.organization_id and t.goal = 'brief_sent';

create temp table demo_sequences (organization text, name text, description text, exit_on text[], goal_event text) on commit drop;
insert into pg_temp.demo_sequences values
  ('lumen', 'Welcome of new enquiries', 'From the first mail to the first talk.', '{converted,replied,disqualified}', 'brief_sent'),
  ('lumen', 'Stage of the month', 'Rests until the new season.', '{converted,replied}', null),
  ('lumen', 'Win back', 'Not ready: the texts are missing.', '{converted,replied}', null),
  ('brightside', 'Hello and a month later', null, '{converted,replied}', null);
insert into marketing.nurturing_sequences
  (organization_id, id, name, description, exit_on, goal_event, created_by, created_at, updated_at)
select d.id, pg_temp.row_id(made.at, (row_number() over (order by s.name))::integer, 'sequence ' || s.name), s.name,
       s.description, s.exit_on, s.goal_event, p.user_id, made.at, made.at
  from pg_temp.demo_sequences s
  join pg_temp.demo_organizations d on d.key = s.organization
  join pg_temp.demo_people p on p.organization = d.key and p.role = 'owner'
 cross join (select pg_temp.at_clock(pg_temp.today() - 40, '15:00') as at) made;
insert into marketing.nurturing_steps
  (organization_id, sequence_id, key, position, name, delay, counts_working_days, send_days, send_from, send_until, condition,
   template_id, ab_test_id, branch_on, branch_wait, created_by, created_at, updated_at)
select s.organization_id, s.id, n.key, n.position, n.name, n.delay, n.working_days, n.days, n.from_time, n.until_time,
       n.condition, pg_temp.nurturing_template(d.key, n.template),
       (select t.id from marketing.ab_tests t where t.organization_id = s.organization_id and t.name = n.test),
       n.branch_on, n.branch_wait, s.created_by, s.created_at, s.created_at
  from (values
         ('Welcome of new enquiries', 'welcome', 1, 'Thank you', interval '1 hour', false, '{1,2,3,4,5,6,7}'::smallint[],
          time '08:00', time '20:00', null::jsonb, 'Welcome', 'Subject of the welcome', null, null::interval),
         ('Welcome of new enquiries', 'light', 2, 'How we light a stage', '3 days', true, '{1,2,3,4,5}', '09:00', '17:00', null,
          'How we light a stage', null, 'clicked', '4 days'),
         ('Welcome of new enquiries', 'last', 3, 'A last note', '10 days', false, '{1,2,3,4,5}', '09:00', '17:00',
          '{"not": {"field": "industry", "op": "=", "value": "competitor"}}', 'A last note', null, null, null),
         ('Welcome of new enquiries', 'talk', 4, 'Shall we talk?', '1 day', true, '{2,3,4}', '10:00', '16:00', null,
          'Shall we talk?', null, null, null),
         ('Stage of the month', 'light', 1, null, '1 day', false, '{1,2,3,4,5}', '09:00', '17:00', null,
          'How we light a stage', null, null, null),
         ('Stage of the month', 'talk', 2, null, '20 days', false, '{1,2,3,4,5}', '09:00', '17:00', null,
          'Shall we talk?', null, null, null),
         ('Win back', 'talk', 1, null, '0', false, '{1,2,3,4,5}', '09:00', '17:00', null, 'Shall we talk?', null, null, null),
         ('Hello and a month later', 'hello', 1, null, '2 hours', false, '{1,2,3,4,5}', '09:00', '18:00', null,
          'Hello from Brightside', null, null, null),
         ('Hello and a month later', 'month', 2, null, '12 days', false, '{1,2,3,4,5}', '09:00', '18:00', null,
          'A month of shooting', null, null, null)
       ) as n (sequence, key, position, name, delay, working_days, days, from_time, until_time, condition, template, test,
               branch_on, branch_wait)
  join marketing.nurturing_sequences s on s.name = n.sequence
  join pg_temp.demo_organizations d on d.id = s.organization_id;
update marketing.nurturing_steps f
   set next_step_id = case when l.way = 'next' then t.id else f.next_step_id end,
       branch_step_id = case when l.way = 'branch' then t.id else f.branch_step_id end
  from (values ('welcome', 'next', 'light'), ('hello', 'next', 'month')) as l (source, way, target)
  join marketing.nurturing_steps t on t.key = l.target
  join pg_temp.demo_organizations d on d.id = t.organization_id
 where f.organization_id = t.organization_id and f.sequence_id = t.sequence_id and f.key = l.source;
update marketing.nurturing_steps f
   set next_step_id = t.id,
       branch_step_id = (select b.id from marketing.nurturing_steps b where b.sequence_id = f.sequence_id and b.key = 'talk')
  from marketing.nurturing_steps t
  join pg_temp.demo_organizations d on d.id = t.organization_id
 where f.organization_id = t.organization_id and f.sequence_id = t.sequence_id and f.key = 'light' and t.key = 'last';
update marketing.nurturing_steps f
   set next_step_id = t.id
  from marketing.nurturing_steps t
  join pg_temp.demo_organizations d on d.id = t.organization_id
 where f.organization_id = t.organization_id and f.sequence_id = t.sequence_id and f.key = 'light' and t.key = 'talk'
   and f.next_step_id is null;
update marketing.nurturing_sequences s
   set status = 'active'
  from pg_temp.demo_organizations d
 where d.id = s.organization_id and s.name <> 'Win back';

-- Six hours at a time, since leads live in many time zones: who comes in, what is due, and what people do with it.
do $$
declare
  sequence record;
  moment timestamptz;
begin
  for hours in reverse 28 * 24 .. 6 by 6 loop
    moment := pg_temp.present() - make_interval(hours => hours);
    for sequence in
      select s.organization_id, s.id
        from marketing.nurturing_sequences s
        join pg_temp.demo_organizations d on d.id = s.organization_id
       where s.status = 'active' and (s.name <> 'Stage of the month' or hours > 12 * 24)
       order by s.id
    loop
      perform marketing.enroll(
                sequence.organization_id, sequence.id,
                array(
                  select l.id
                    from crm.leads l
                   where l.organization_id = sequence.organization_id
                     and l.created_at < moment
                     and l.deleted_at is null
                     and pg_temp.roll(l.id::text || sequence.id, 120) = hours / 6
                   order by l.id),
                at => moment);
      perform marketing.advance_enrollments(sequence.organization_id, sequence.id, moment, 10000);
    end loop;

    with done as (
      update marketing.email_queue q
         set status = 'sent', email = l.email, template_version = 1, attempts = 1, created_at = moment,
             attempted_at = moment + interval '80 seconds', sent_at = moment + interval '90 seconds',
             delivered_at = moment + interval '2 minutes',
             opened_at = case when w.roll < 48 then moment + make_interval(mins => 20 + 7 * w.roll) end,
             clicked_at = case when w.roll < 17 then moment + make_interval(mins => 25 + 7 * w.roll) end,
             replied_at = case when w.roll < 7 then moment + make_interval(mins => 90 + 7 * w.roll) end
        from crm.leads l
        join pg_temp.demo_organizations d on d.id = l.organization_id
        join marketing.email_queue k on k.organization_id = l.organization_id and k.lead_id = l.id
       cross join lateral (select pg_temp.roll(k.lead_id::text || k.step_id || 'reads', 100) as roll) w
       where q.organization_id = k.organization_id and q.id = k.id and q.status = 'queued' and q.step_id is not null
      returning q.*
    )
    insert into marketing.email_interactions (organization_id, occurred_at, queued_email_id, lead_id, kind, source, url)
    select t.organization_id, e.at, t.id, t.lead_id, e.kind, e.source, e.url
      from done t
     cross join lateral (
             values ('opened', t.opened_at, 'pixel', null), ('clicked', t.clicked_at, 'link', 'https://lumen.test/talk'),
                    ('replied', t.replied_at, 'message', null)
           ) as e (kind, at, source, url)
     where e.at is not null
     order by e.at;
  end loop;
end
$$;

-- One rests, a lead waits by hand, one has left by hand.
update marketing.nurturing_sequences s
   set status = 'paused'
  from pg_temp.demo_organizations d
 where d.id = s.organization_id and s.name = 'Stage of the month';
update marketing.nurturing_enrollments e
   set status = 'paused', paused_at = pg_temp.present()
 where e.id in (
         select distinct on (o.organization_id) o.id
           from marketing.nurturing_enrollments o
           join pg_temp.demo_organizations d on d.id = o.organization_id
          where o.status = 'active'
          order by o.organization_id, o.id
       );
select marketing.end_enrollments(e.organization_id, array_agg(e.id), 'manual', pg_temp.present())
  from (
    select distinct on (o.sequence_id) o.organization_id, o.id
      from marketing.nurturing_enrollments o
      join pg_temp.demo_organizations d on d.id = o.organization_id
     where o.status = 'active'
     order by o.sequence_id, o.id
  ) e
 group by e.organization_id;
-- What they did with the mails counts in their scores.
select crm.score_queued_leads(o.id, 1000) from crm.organizations_to_score() as o (id);
