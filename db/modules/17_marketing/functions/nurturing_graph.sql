create or replace function marketing.nurturing_edges(organization_id uuid, sequence_id uuid)
returns table (source integer, target integer, takes interval)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with steps as (
    select s.*, row_number() over (order by s.position, s.id)::integer as number
      from marketing.nurturing_steps s
     where s.organization_id = nurturing_edges.organization_id
       and s.sequence_id = nurturing_edges.sequence_id
       and s.deleted_at is null
  )
  select s.number, t.number,
         t.delay + case when e.kind = 'next' then coalesce(s.branch_wait, '0') else '0' end
    from steps s
   cross join lateral (
           values ('next', s.next_step_id), ('branch', s.branch_step_id), ('otherwise', s.otherwise_step_id),
                  -- whoever does not get the mail goes on at once
                  ('passed', case when s.condition is not null and s.otherwise_step_id is null then s.next_step_id end)
         ) as e (kind, target_id)
    join steps t on t.id = e.target_id
$$;

comment on function marketing.nurturing_edges(uuid, uuid) is
  'The ways from step to step of a sequence, numbered by their positions, with the least time that each takes.';

create or replace function marketing.check_nurturing_graph(organization_id uuid, sequence_id uuid) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  -- A circle that is quicker would be a nuisance to whoever is in it.
  quickest constant interval := make_interval(days => 1);
  keys text[];
  ids uuid[];
  reached integer[] := array[1];
  found integer;
  ordered integer[];
  astray record;
begin
  select array_agg(s.key order by s.position, s.id), array_agg(s.id order by s.position, s.id)
    into keys, ids
    from marketing.nurturing_steps s
   where s.organization_id = check_nurturing_graph.organization_id
     and s.sequence_id = check_nurturing_graph.sequence_id
     and s.deleted_at is null;
  if keys is null then
    perform platform.refuse('CB002', 'A sequence needs at least one step.', field => 'steps');
  end if;

  select s.key, s.position,
         case
           when s.next_step_id <> all (ids) then 'next'
           when s.branch_step_id <> all (ids) then 'branch'
           else 'otherwise'
         end as way
    into astray
    from marketing.nurturing_steps s
   where s.organization_id = check_nurturing_graph.organization_id
     and s.sequence_id = check_nurturing_graph.sequence_id
     and s.deleted_at is null
     and (s.next_step_id <> all (ids) or s.branch_step_id <> all (ids) or s.otherwise_step_id <> all (ids))
   order by s.position, s.id
   limit 1;
  if astray.key is not null then
    perform platform.refuse(
      'CB002', format('The step %s leads to one that is not there any more.', astray.key),
      field => format('steps.%s.%s', array_position(keys, astray.key) - 1, astray.way));
  end if;

  loop
    select array_agg(distinct e.target)
      into ordered
      from marketing.nurturing_edges(organization_id, sequence_id) e
     where e.source = any (reached) and e.target <> all (reached);
    exit when ordered is null;
    reached := reached || ordered;
  end loop;
  select min(n) into found from generate_series(1, cardinality(keys)) n where n <> all (reached);
  if found is not null then
    perform platform.refuse(
      'CB002', format('No way leads to the step %s.', keys[found]), field => format('steps.%s', found - 1),
      hint => 'Name it as what follows another step, or take it out.');
  end if;

  -- Where every circle has a way of a day or more, nothing is left of it without those ways.
  select platform.topological_order(
           cardinality(keys),
           coalesce(array_agg(e.source) filter (where e.takes < quickest), '{}'),
           coalesce(array_agg(e.target) filter (where e.takes < quickest), '{}'))
    into ordered
    from marketing.nurturing_edges(organization_id, sequence_id) e;
  if cardinality(ordered) < cardinality(keys) then
    select array_agg(distinct e.source)
      into reached
      from marketing.nurturing_edges(organization_id, sequence_id) e
     where e.takes < quickest and e.source <> all (ordered);
    found := (select min(n) from unnest(reached) n);
    perform platform.refuse(
      'CB007', 'These steps lead around in a circle that takes less than a day.', field => format('steps.%s', found - 1),
      detail => (select string_agg(keys[n], ', ' order by n) from unnest(reached) n),
      hint => 'Give one of them a delay of a day or more.');
  end if;
end
$$;

comment on function marketing.check_nurturing_graph(uuid, uuid) is
  'Refuses steps that do not make a sequence: none at all (CB002), one that leads to a step that was taken out (CB002), one '
  'that nothing leads to (CB002), a circle none of whose ways takes a day (CB007).';
grant execute on function
  marketing.nurturing_edges(uuid, uuid), marketing.check_nurturing_graph(uuid, uuid)
  to callboard_member, callboard_service;

create or replace function marketing.check_nurturing_graph_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if pg_trigger_depth() = 1 then
    perform marketing.check_nurturing_graph(s.organization_id, s.id)
       from marketing.nurturing_sequences s
      where (s.organization_id, s.id) in (select n.organization_id, n.sequence_id from new_rows n)
        and s.status in ('active', 'paused')
        and s.deleted_at is null;
  end if;
  return null;
end
$$;

comment on function marketing.check_nurturing_graph_trigger() is
  'The steps of a sequence that has begun make a whole, whoever writes them. Drafts may be half done.';

create or replace function marketing.check_nurturing_step_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  wrong record;
  missing record;
begin
  if new.condition is not null and (tg_op = 'INSERT' or new.condition is distinct from old.condition) then
    wrong := marketing.condition_problem(new.condition, 'condition');
    if wrong.problem is not null then
      perform platform.refuse(
        'CB002', format('Part of a condition is wrong: %s %s.', wrong.field, wrong.problem), field => wrong.field);
    end if;
  end if;
  if new.send_until = time '00:00' then
    new.send_until := time '24:00'; -- the midnight at the end of the day; clients read both as 00:00
  end if;
  if tg_op = 'UPDATE' and new.sequence_id <> old.sequence_id then
    perform platform.refuse('CB002', 'A step stays in its sequence.', field => 'sequence_id');
  end if;
  -- Whether they exist, and who may see them, the keys and the policies say.
  if exists (
    select
      from marketing.ab_tests t
     where t.organization_id = new.organization_id
       and t.id = new.ab_test_id
       and (tg_op = 'INSERT' or new.ab_test_id is distinct from old.ab_test_id)
       and (t.unit_kind <> 'lead' or t.deleted_at is not null)
  ) then
    perform platform.refuse('CB002', 'The test of a step is one whose units are leads.', field => 'ab_test_id');
  end if;
  if exists (
    select
      from marketing.email_templates t
     where t.organization_id = new.organization_id
       and t.id = new.template_id
       and (tg_op = 'INSERT' or new.template_id <> old.template_id)
       and t.deleted_at is not null
  ) then
    perform platform.refuse('CB002', 'The template is archived.', field => 'template_id');
  end if;
  select marketing.missing_variable(new.organization_id, t.template_id, new.variables) as name
    into missing
    from (
      select new.template_id
       union
      select v.template_id
        from marketing.ab_test_variants v
       where v.organization_id = new.organization_id
         and v.ab_test_id = new.ab_test_id
         and v.template_id is not null
         and v.deleted_at is null
    ) t
   where marketing.missing_variable(new.organization_id, t.template_id, new.variables) is not null
   limit 1;
  if missing.name is not null then
    perform platform.refuse(
      'CB002', format('The template needs the variable %s.', missing.name), field => 'variables.' || missing.name);
  end if;
  return new;
end
$$;

comment on function marketing.check_nurturing_step_trigger() is
  'A step has a condition that can be evaluated, a template that is there with all that it needs, and, if any, a '
  'test of leads.';
