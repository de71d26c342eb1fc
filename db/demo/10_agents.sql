-- Agents with a month behind them, of which one had a bad day, and a handbook that the search knows.

create temp table demo_agents (organization text, key text, name text, purpose text, model text, status text, prompt text,
  description text, daily integer, slow integer) on commit drop;
insert into pg_temp.demo_agents values
  ('lumen', 'permit-clerk', 'Permit clerk', 'research', 'gpt-5-mini', 'active',
   'You answer questions about street permits. Name the permit number and the days it holds for.',
   'Knows which permits run out, and whom to ask for another one.', 34, 1400),
  ('lumen', 'call-sheet-writer', 'Call sheet writer', 'writing', 'claude-sonnet-4', 'active',
   'You write call sheets from tasks and phases. Plain words, times in New York.',
   'Drafts tomorrow''s call sheet from what is due.', 26, 4200),
  ('lumen', 'budget-watch', 'Budget watch', 'budgeting', 'gpt-5', 'paused',
   'You compare postings with the budget and say what is about to be too much.', 'Paused until the audit is over.', 0, 0),
  ('brightside', 'location-scout', 'Location scout', 'research', 'llama-4-maverick', 'active',
   'You suggest streets for a scene and say what each would need.', 'Suggests streets, with what they would need.', 24, 2600);

insert into ai.agents
  (organization_id, id, created_by, created_at, key, name, purpose, model, status, system_prompt, description, tools, parameters,
   max_interactions_per_day, max_tokens_per_day, max_cost_per_month)
select o.id, pg_temp.row_id(pg_temp.present() - interval '60 days', d.position::integer, d.key), p.user_id,
       pg_temp.present() - interval '60 days', d.key, d.name, d.purpose, d.model, d.status, d.prompt, d.description,
       '[{"name": "search", "description": "Finds projects, tasks and papers.", "parameters": {"type": "object", "properties": {"query": {"type": "string"}}}}]',
       '{"temperature": 0.2}', 200, 400000, 60
  from (select a.*, row_number() over (order by a.organization, a.key) as position from pg_temp.demo_agents a) d
  join pg_temp.demo_organizations o on o.key = d.organization
  join pg_temp.demo_people p on p.organization = d.organization and p.role = 'owner';

create temp table demo_interactions on commit drop as
select a.organization_id, a.id as agent_id, a.model, d.slow, day.ago, n.number, a.key || day.ago || '-' || n.number as seed,
       pg_temp.at_clock(pg_temp.today() - day.ago, '09:00')
         + make_interval(secs => 36000 * n.number / (d.daily + 4) + pg_temp.roll(a.key || day.ago || n.number, 500)) as occurred_at,
       -- yesterday the permit clerk's provider was in trouble
       case when a.key = 'permit-clerk' and day.ago = 1 then 45 else 3 end as trouble
  from ai.agents a
  join pg_temp.demo_agents d on d.key = a.key and d.daily > 0
 cross join generate_series(1, 30) as day (ago)
 cross join lateral generate_series(1, d.daily + pg_temp.roll(a.key || day.ago, 7)) as n (number);
insert into ai.agent_interactions
  (organization_id, id, occurred_at, agent_id, user_id, recorded_at, model, outcome, error, request, response, input_tokens,
   output_tokens, latency_ms, cost_micros, currency)
select i.organization_id, pg_temp.row_id(i.occurred_at, i.number, i.seed), i.occurred_at, i.agent_id, p.user_id, i.occurred_at,
       i.model, k.outcome, case k.outcome when 'error' then 'The provider answered 529: overloaded.' end,
       (array['Which permits run out this week?', 'Draft the call sheet for tomorrow.', 'What does the load-in need?',
              'Who is the authority for this street?', 'Find a street like Bayard Street.'])
         [1 + pg_temp.roll(i.seed || 'q', 5)],
       case when k.outcome = 'success' then 'Done.' end, t.tokens, case when k.outcome = 'success' then t.tokens / 6 else 0 end,
       case when k.outcome = 'timeout' then 30000 else i.slow * (70 + pg_temp.roll(i.seed || 'l', 90)) / 100 end,
       t.tokens * 3, 'USD'
  from pg_temp.demo_interactions i
 cross join lateral (select 600 + pg_temp.roll(i.seed || 't', 1800) as tokens) t
 cross join lateral (
         select case
           when pg_temp.roll(i.seed || 'o', 100) < i.trouble then 'error'
           when pg_temp.roll(i.seed || 'o', 100) = 98 then 'timeout'
           when pg_temp.roll(i.seed || 'o', 100) = 99 then 'refused'
           else 'success'
         end as outcome
       ) k
  join pg_temp.demo_organizations o on o.id = i.organization_id
  join pg_temp.demo_people p on p.organization = o.key and p.role = 'owner';
insert into ai.interaction_feedback
  (organization_id, interaction_id, agent_id, interaction_occurred_at, user_id, rating, comment, occurred_at)
select i.organization_id, i.id, i.agent_id, i.occurred_at, i.user_id, case when r.roll < 5 then -1 else 1 end,
       case r.roll when 0 then 'The street was right, the day was not.' when 9 then 'Saved me an hour.' end,
       i.occurred_at + interval '3 minutes'
  from ai.agent_interactions i
  join pg_temp.demo_organizations o on o.id = i.organization_id
 cross join lateral (select pg_temp.roll(i.id::text, 30) as roll) r
 where i.outcome = 'success' and r.roll < 10 + 8 * (extract(day from i.occurred_at)::integer % 2);
select ai.summarize_agents();
select ai.find_insights();

select ai.index_rows('handbook', 'ai.read', null, array_agg(row(
         o.id, ai.document_id(h.key), null, null, h.title, h.content, null, null, array[h.key])::ai.searchable_row))
  from (values
         ('street-permits', 'How to get a street permit',
          'Ask the mayor''s office of media at least ten days before. Name the streets between which cars may not park, and post '
          'the signs 48 hours ahead. Keep the permit on set: the police will ask for it.'),
         ('camera-crane', 'Renting a camera crane',
          'A crane wants a flat street, a permit of its own where it stands on the pavement, and somebody who watches the wind. '
          'Above 25 miles an hour it comes down.'),
         ('load-in', 'The morning of a load-in',
          'Trucks queue on the side street. Riggers first, then lighting, then sound; scenery waits until the points are up. '
          'Nobody works under a load.'),
         ('meals', 'Meals and breaks',
          'A hot meal within six hours of the call. Vegetarian and vegan for a fifth of the crew, water everywhere.'),
         ('rain', 'When it rains',
          'Power goes off before covers come on. The assistant director decides by noon whether the evening is moved.')
       ) as h (key, title, content)
 cross join pg_temp.demo_organizations o;
update ai.search_documents d
   set key = d.codes[1]
  from pg_temp.demo_organizations o
 where d.organization_id = o.id and d.namespace = 'handbook';

-- Projects and the handbook are embedded with the demo; the rest follows when a worker runs, a few seconds after the start.
select ai.collect_marks(1000000);
update ai.embedding_outbox o
   set marked_at = '-infinity'
 where o.namespace in ('handbook', 'projects.projects');
select ai.embed_built_in(80);
