create or replace function platform.topological_order(nodes integer, sources integer[], targets integer[])
returns integer[]
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  waiting integer[] := array_fill(0, array[nodes]);
  first_edge integer[] := array_fill(0, array[nodes]);
  next_edge integer[] := array_fill(0, array[cardinality(sources)]);
  ordered integer[] := array_fill(null::integer, array[nodes]);
  known integer := 0;
  done integer := 0;
  edge integer;
begin
  for edge in 1 .. cardinality(sources) loop
    waiting[targets[edge]] := waiting[targets[edge]] + 1;
    next_edge[edge] := first_edge[sources[edge]];
    first_edge[sources[edge]] := edge;
  end loop;
  for node in 1 .. nodes loop
    if waiting[node] = 0 then
      known := known + 1;
      ordered[known] := node;
    end if;
  end loop;
  while done < known loop
    done := done + 1;
    edge := first_edge[ordered[done]];
    while edge <> 0 loop
      waiting[targets[edge]] := waiting[targets[edge]] - 1;
      if waiting[targets[edge]] = 0 then
        known := known + 1;
        ordered[known] := targets[edge];
      end if;
      edge := next_edge[edge];
    end loop;
  end loop;
  return ordered[:known];
end
$$;

comment on function platform.topological_order(integer, integer[], integer[]) is
  'Nodes 1 to n in an order in which every edge leads forward (Kahn). Those that lie on a circle, or behind one, are '
  'left out.';
grant execute on function platform.topological_order(integer, integer[], integer[]) to callboard_member, callboard_service;
