create or replace function projects.refuse_subtask_cycle_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  circle text;
begin
  perform pg_advisory_xact_lock(hashtextextended(new.project_id::text, 5678004));
  with recursive above as (
    select t.id, t.parent_task_id, t.title, 1 as depth
      from projects.project_tasks t
     where t.organization_id = new.organization_id and t.id = new.parent_task_id
    union all
    select t.id, t.parent_task_id, t.title, a.depth + 1
      from above a
      join projects.project_tasks t on t.organization_id = new.organization_id and t.id = a.parent_task_id
     where a.parent_task_id <> new.id
  )
  select string_agg(a.title, ' → ' order by a.depth) into circle
    from above a
  having bool_or(a.parent_task_id = new.id);
  if circle is not null then
    perform platform.refuse(
      'CB007', 'A task cannot be part of itself.', field => 'parent_task_id',
      detail => concat_ws(' → ', new.title, circle, new.title));
  end if;
  return new;
end
$$;

comment on function projects.refuse_subtask_cycle_trigger() is
  'Refuses a task as a part of one of its own parts. Definer: tasks that the caller does not see count too.';
