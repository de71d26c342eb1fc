create or replace function projects.find_dependency_cycle(organization_id uuid, project_id uuid) returns uuid[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  tasks uuid[];
  predecessors integer[];
  successors integer[];
  remaining boolean[];
  ordered integer[];
  here integer;
  walked integer[] := '{}'::integer[];
begin
  select array_agg(t.id order by t.id)
    into tasks
    from (
      select unnest(array[d.predecessor_id, d.successor_id]) as id
        from projects.task_dependencies d
       where d.organization_id = find_dependency_cycle.organization_id
         and d.project_id = find_dependency_cycle.project_id
         and d.deleted_at is null
       group by 1
    ) t;
  if tasks is null then
    return null;
  end if;
  with numbered as materialized (
    select n.id, n.number::integer as number from unnest(tasks) with ordinality as n (id, number)
  )
  select array_agg(p.number), array_agg(s.number)
    into predecessors, successors
    from projects.task_dependencies d
    join numbered p on p.id = d.predecessor_id
    join numbered s on s.id = d.successor_id
   where d.organization_id = find_dependency_cycle.organization_id
     and d.project_id = find_dependency_cycle.project_id
     and d.deleted_at is null;
  ordered := platform.topological_order(cardinality(tasks), predecessors, successors);
  if cardinality(ordered) = cardinality(tasks) then
    return null;
  end if;

  -- Every task that could not be ordered waits for another such one: walking backwards must come to one a second time.
  remaining := array_fill(true, array[cardinality(tasks)]);
  foreach here in array ordered loop
    remaining[here] := false;
  end loop;
  here := array_position(remaining, true);
  while array_position(walked, here) is null loop
    walked := walked || here;
    here := (
      select l.predecessor
        from unnest(predecessors, successors) as l (predecessor, successor)
       where l.successor = here and remaining[l.predecessor]
       limit 1
    );
  end loop;
  walked := walked[array_position(walked, here):] || here;
  return (
    select array_agg(tasks[w.number] order by w.position desc)
      from unnest(walked) with ordinality as w (number, position)
  );
end
$$;

comment on function projects.find_dependency_cycle(uuid, uuid) is
  'One circle among the links of a project, from a task back to itself in working order; null when there is none.';
