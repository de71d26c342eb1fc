create or replace function projects.get_production_timeline(project_id uuid) returns projects.production_timeline
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('projects.read');
  project record;
  result projects.production_timeline;
  ids uuid[];
  durations integer[];
  not_before integer[];
  predecessors integer[];
  successors integer[];
  kinds text[];
  lags integer[];
  first_link integer[];
  next_link integer[];
  ordered integer[];
  ranks integer[];
  earliest integer[];
  latest integer[];
  floors integer[];
  finish integer := 0;
  task integer;
  link integer;
  other integer;
  bound integer;
  days date[];
  first_day date;
begin
  select p.id, p.starts_on, p.ends_on, p.working_days as weekdays, p.days_off
    into project
    from projects.projects p
   where p.organization_id = organization and p.id = get_production_timeline.project_id;
  if project.id is null then
    perform platform.refuse('CB004', 'There is no such project, or you may not read it.', field => 'project_id');
  end if;
  first_day := coalesce(
    project.starts_on,
    (select min(t.starts_on)
       from projects.project_tasks t
      where t.organization_id = organization
        and t.project_id = project.id
        and t.status <> 'cancelled'
        and t.deleted_at is null),
    platform.today(organization));
  days := projects.working_days(first_day, 1, project.weekdays, project.days_off);
  first_day := days[1];
  result.project_id := project.id;
  result.starts_on := first_day;
  result.ends_on := project.ends_on;
  result.working_days := 0;
  result.critical_path := '{}';
  result.tasks := '{}';

  -- Days are counted from 0 at the first working day; a finish is the day after the last one of work.
  select projects.working_days(
           first_day, greatest(max(t.starts_on) - first_day, 1), project.weekdays, project.days_off)
    into days
    from projects.project_tasks t
   where t.organization_id = organization
     and t.project_id = project.id
     and t.status <> 'cancelled'
     and t.deleted_at is null;
  select array_agg(t.id order by t.id),
         array_agg(t.duration_days order by t.id),
         array_agg(case when t.starts_on > first_day then width_bucket(t.starts_on - 1, days) else 0 end order by t.id)
    into ids, durations, not_before
    from projects.project_tasks t
   where t.organization_id = organization
     and t.project_id = project.id
     and t.status <> 'cancelled'
     and t.deleted_at is null;
  if ids is null then
    return result;
  end if;
  with numbered as materialized (
    select n.id, n.number::integer as number from unnest(ids) with ordinality as n (id, number)
  )
  select coalesce(array_agg(p.number order by d.id), '{}'), coalesce(array_agg(s.number order by d.id), '{}'),
         coalesce(array_agg(d.kind order by d.id), '{}'), coalesce(array_agg(d.lag_days order by d.id), '{}')
    into predecessors, successors, kinds, lags
    from projects.task_dependencies d
    join numbered p on p.id = d.predecessor_id
    join numbered s on s.id = d.successor_id
   where d.organization_id = organization and d.project_id = project.id and d.deleted_at is null;

  ordered := platform.topological_order(cardinality(ids), predecessors, successors);
  first_link := array_fill(0, array[cardinality(ids)]);
  next_link := array_fill(0, array[cardinality(predecessors)]);
  for link in 1 .. cardinality(predecessors) loop
    next_link[link] := first_link[predecessors[link]];
    first_link[predecessors[link]] := link;
  end loop;

  -- Forward: no start before what is waited for.
  -- An instant lies at the end of a day, unless something holds it to the beginning of the next one: its own first day,
  -- the start of other work, or another such instant. Then that next day is its floor.
  earliest := not_before;
  floors := not_before;
  foreach task in array ordered loop
    finish := greatest(finish, earliest[task] + durations[task]);
    link := first_link[task];
    while link <> 0 loop
      other := successors[link];
      bound := lags[link] + earliest[task]
        + case when kinds[link] in ('finish_to_start', 'finish_to_finish') then durations[task] else 0 end
        - case when kinds[link] in ('finish_to_finish', 'start_to_finish') then durations[other] else 0 end;
      earliest[other] := greatest(earliest[other], bound);
      if durations[task] = 0 then
        floors[other] := greatest(floors[other], floors[task] + lags[link]);
      elsif kinds[link] = 'start_to_start' then
        floors[other] := greatest(floors[other], earliest[task] + lags[link]);
      end if;
      link := next_link[link];
    end loop;
  end loop;

  -- Backward: no start after which the project would finish later.
  latest := array_fill(0, array[cardinality(ids)]);
  ranks := latest;
  for position in reverse cardinality(ordered) .. 1 loop
    task := ordered[position];
    ranks[task] := position;
    latest[task] := finish - durations[task];
    link := first_link[task];
    while link <> 0 loop
      other := successors[link];
      bound := latest[other] - lags[link]
        - case when kinds[link] in ('finish_to_start', 'finish_to_finish') then durations[task] else 0 end
        + case when kinds[link] in ('finish_to_finish', 'start_to_finish') then durations[other] else 0 end;
      latest[task] := least(latest[task], bound);
      link := next_link[link];
    end loop;
  end loop;

  days := projects.working_days(first_day, finish + 1, project.weekdays, project.days_off);
  select array_agg(
           (t.id, t.title, t.status, n.duration,
            days[1 + s.first], days[s.first + greatest(n.duration, 1)],
            days[1 + s.last], days[s.last + greatest(n.duration, 1)],
            n.latest - n.earliest, n.latest = n.earliest
           )::projects.timeline_task
           order by s.first, n.earliest, n.latest, n.rank),
         array_agg(t.id order by s.first, n.earliest, n.rank)
           filter (where n.latest = n.earliest)
    into result.tasks, result.critical_path
    from unnest(ids, durations, floors, earliest, latest, ranks) as n (id, duration, floor, earliest, latest, rank)
   cross join lateral (
           select case when n.duration = 0 then greatest(n.earliest - 1, n.floor) else n.earliest end as first,
                  case when n.duration = 0 then greatest(n.latest - 1, n.floor) else n.latest end as last
         ) s
    join projects.project_tasks t on t.organization_id = organization and t.id = n.id;
  result.working_days := finish;
  result.finishes_on := (select max(t.earliest_finish) from unnest(result.tasks) t);
  result.days_late := result.finishes_on - project.ends_on;
  return result;
end
$$;

comment on function projects.get_production_timeline(uuid) is
  'The critical path of a project: earliest and latest start and finish of each task over its links (finish-to-start, '
  'start-to-start, finish-to-finish, start-to-finish, with lag), in the project''s working days, with slack; and when the '
  'project finishes. Cancelled and archived tasks do not count; a task that is part of another counts by itself. Needs '
  'projects.read. Errors: NOT_FOUND_OR_FORBIDDEN.';
grant execute on function projects.get_production_timeline(uuid) to callboard_member, callboard_service;
