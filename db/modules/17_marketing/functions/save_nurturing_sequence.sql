create or replace function marketing.save_nurturing_sequence(
  sequence marketing.nurturing_sequence_draft,
  steps marketing.nurturing_step_draft[]
) returns marketing.nurturing_sequences
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('marketing.write');
  saved marketing.nurturing_sequences;
  wrong record;
begin
  if (sequence).row_id is null then
    insert into marketing.nurturing_sequences
      (name, description, enroll_segment_id, enroll_event, goal_event, goal_condition, exit_on, reenrollment, reenroll_after)
    values (
      (sequence).name, (sequence).description, (sequence).enroll_segment_id, (sequence).enroll_event,
      (sequence).goal_event, (sequence).goal_condition, coalesce((sequence).exit_on, '{converted,replied}'),
      coalesce((sequence).reenrollment, 'never'), coalesce((sequence).reenroll_after, '0'))
    returning * into saved;
  else
    update marketing.nurturing_sequences s
       set name = (sequence).name,
           description = (sequence).description,
           enroll_segment_id = (sequence).enroll_segment_id,
           enroll_event = (sequence).enroll_event,
           goal_event = (sequence).goal_event,
           goal_condition = (sequence).goal_condition,
           exit_on = coalesce((sequence).exit_on, '{converted,replied}'),
           reenrollment = coalesce((sequence).reenrollment, 'never'),
           reenroll_after = coalesce((sequence).reenroll_after, '0')
     where s.organization_id = organization
       and s.id = (sequence).row_id
       and s.deleted_at is null
       and ((sequence).expected_updated_at is null or s.updated_at = (sequence).expected_updated_at)
    returning * into saved;
    if saved.id is null then
      perform platform.refuse_unsaved('marketing.nurturing_sequences', (sequence).row_id, 'sequence');
    elsif saved.status = 'archived' then
      perform platform.refuse('CB005', 'The sequence is archived, for good.', field => 'sequence.row_id');
    end if;
  end if;
  if steps is null then
    return saved;
  elsif cardinality(steps) > 100 then
    perform platform.refuse('CB002', 'A sequence has at most 100 steps.', field => 'steps');
  end if;

  with given as (
    select n.*, coalesce(n.key, 'step-' || n.number) as own_key
      from unnest(steps) with ordinality
             as n (key, name, delay, counts_working_days, send_days, send_from, send_until, condition, otherwise, template_id,
                   variables, ab_test_id, branch_on, branch_wait, branch, next, is_last, number)
  )
  select *
    into wrong
    from (
      select g.number, 'key' as field, 'Two steps have this key.' as message
        from given g
       where exists (select from given o where o.own_key = g.own_key and o.number < g.number)
      union all
      select g.number, w.field, format('There is no step %s.', w.key)
        from given g
       cross join lateral (values ('next', g.next), ('branch', g.branch), ('otherwise', g.otherwise)) as w (field, key)
       where not exists (select from given o where o.own_key = w.key) and w.key is not null
      union all
      select g.number, 'is_last', 'A last step has no next one.'
        from given g
       where g.is_last and g.next is not null
      union all
      select g.number, 'condition', format('Part of a condition is wrong: %s %s.', p.field, p.problem)
        from given g
       cross join lateral marketing.condition_problem(g.condition, 'condition') p
       where g.condition is not null and p.problem is not null
      union all
      select g.number, 'template_id', 'A step needs a template that is there.'
        from given g
       where not exists (
               select
                 from marketing.email_templates t
                where t.organization_id = organization and t.id = g.template_id and t.deleted_at is null
             )
      union all
      select g.number, 'ab_test_id', 'The test of a step is one whose units are leads.'
        from given g
       where g.ab_test_id is not null
         and not exists (
               select
                 from marketing.ab_tests t
                where t.organization_id = organization and t.id = g.ab_test_id and t.unit_kind = 'lead'
                  and t.deleted_at is null
             )
    ) w
   order by w.number, w.field
   limit 1;
  if wrong.number is not null then
    perform platform.refuse('CB002', wrong.message, field => format('steps.%s.%s', wrong.number - 1, wrong.field));
  end if;

  -- One statement, so that what is looked at afterwards is the whole.
  with given as materialized (
    select n.*, coalesce(n.key, 'step-' || n.number) as own_key,
           lead(coalesce(n.key, 'step-' || n.number)) over (order by n.number) as following
      from unnest(steps) with ordinality
             as n (key, name, delay, counts_working_days, send_days, send_from, send_until, condition, otherwise, template_id,
                   variables, ab_test_id, branch_on, branch_wait, branch, next, is_last, number)
  ),
  identified as materialized (
    select g.*, coalesce(s.id, platform.uuidv7()) as id
      from given g
      left join marketing.nurturing_steps s
        on s.organization_id = organization
       and s.sequence_id = saved.id
       and s.key = g.own_key
       and s.deleted_at is null
     order by g.number
  ),
  removed as (
    update marketing.nurturing_steps s
       set deleted_at = now()
     where s.organization_id = organization
       and s.sequence_id = saved.id
       and s.deleted_at is null
       and s.id not in (select i.id from identified i)
  )
  insert into marketing.nurturing_steps as s
    (id, sequence_id, key, position, name, delay, counts_working_days, send_days, send_from, send_until, condition,
     otherwise_step_id, template_id, variables, ab_test_id, branch_on, branch_wait, branch_step_id, next_step_id)
  select i.id, saved.id, i.own_key, i.number, i.name, coalesce(i.delay, '0'), coalesce(i.counts_working_days, false),
         coalesce(i.send_days, '{1,2,3,4,5,6,7}'), coalesce(i.send_from, '00:00'), coalesce(i.send_until, '24:00'),
         i.condition, (select o.id from identified o where o.own_key = i.otherwise), i.template_id,
         coalesce(i.variables, '{}'), i.ab_test_id, i.branch_on, i.branch_wait,
         (select o.id from identified o where o.own_key = i.branch),
         (select o.id
            from identified o
           where o.own_key = case when i.is_last then null else coalesce(i.next, i.following) end)
    from identified i
   order by i.number
      on conflict (organization_id, id) do update
         set position = excluded.position, name = excluded.name, delay = excluded.delay,
             counts_working_days = excluded.counts_working_days, send_days = excluded.send_days,
             send_from = excluded.send_from, send_until = excluded.send_until, condition = excluded.condition,
             otherwise_step_id = excluded.otherwise_step_id, template_id = excluded.template_id,
             variables = excluded.variables, ab_test_id = excluded.ab_test_id, branch_on = excluded.branch_on,
             branch_wait = excluded.branch_wait, branch_step_id = excluded.branch_step_id,
             next_step_id = excluded.next_step_id;
  perform marketing.check_nurturing_graph(organization, saved.id);
  return saved;
end
$$;

comment on function marketing.save_nurturing_sequence(
  marketing.nurturing_sequence_draft, marketing.nurturing_step_draft[]) is
  'A sequence with all its steps in one call: what is given is how it will be. Steps whose key the sequence has are changed, '
  'others are new, those that are missing are archived; their order is kept. Without steps at all they stay as they are. In a '
  'sequence that is active, leads go by what is saved from their next step on: times that they wait for already stay, and a '
  'step that was taken out is passed by. Nothing is saved when anything is wrong. Needs marketing.write. Errors: '
  'NOT_FOUND_OR_FORBIDDEN, CONFLICT when it has changed since expected_updated_at or is archived, INVALID_INPUT for steps that '
  'do not make a sequence (two with one key, one that nothing leads to, one that leads nowhere, a condition that cannot be '
  'evaluated), DEPENDENCY_CYCLE for a circle that takes less than a day, and those of the columns.';
grant execute on function marketing.save_nurturing_sequence(
  marketing.nurturing_sequence_draft, marketing.nurturing_step_draft[]) to callboard_member, callboard_service;
