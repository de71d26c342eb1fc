create or replace function projects.refuse_cycles_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  touched record;
  circle uuid[];
begin
  for touched in select distinct n.organization_id, n.project_id from new_rows n where n.deleted_at is null order by 2 loop
    -- Two callers who each add half of a circle: the second waits, and then sees the first one's half.
    perform pg_advisory_xact_lock(hashtextextended(touched.project_id::text, 5678004));
    circle := projects.find_dependency_cycle(touched.organization_id, touched.project_id);
    if circle is not null then
      perform platform.refuse(
        'CB007', 'The tasks would wait for each other in a circle.',
        field => 'successor_id',
        detail => (
          select string_agg(t.title, ' → ' order by c.position)
            from unnest(circle) with ordinality as c (task_id, position)
            join projects.project_tasks t on t.organization_id = touched.organization_id and t.id = c.task_id
        ));
    end if;
  end loop;
  return null;
end
$$;

comment on function projects.refuse_cycles_trigger() is
  'Refuses links that close a circle, and names its tasks. Definer: links that the caller does not see count too.';
