create or replace procedure platform.allow_transitions(protected regclass, status_column text, transitions jsonb)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  execute format(
    $sql$create or replace trigger _200_transition_%1$s before update of %1$I on %2$s for each row
      when (old.%1$I is distinct from new.%1$I)
      execute function platform.check_transition_trigger(%1$L, %3$L)$sql$,
    status_column, protected, transitions);
end
$$;

comment on procedure platform.allow_transitions(regclass, text, jsonb) is
  'Which status may follow which: {"planning": ["active", "cancelled"], …}. Every other change is refused (CB006).';

create or replace function platform.check_transition_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  old_status constant text := to_jsonb(old) ->> tg_argv[0];
  new_status constant text := to_jsonb(new) ->> tg_argv[0];
  allowed constant jsonb := coalesce(tg_argv[1]::jsonb -> old_status, '[]');
begin
  if not allowed ? new_status then
    perform platform.refuse(
      'CB006', format('%s cannot follow %s.', new_status, old_status),
      field => tg_argv[0],
      hint => case
        when allowed = '[]' then format('%s is final.', old_status)
        else format('After %s: %s.', old_status,
          (select string_agg(next, ', ') from jsonb_array_elements_text(allowed) as t (next)))
      end);
  end if;
  return new;
end
$$;

comment on function platform.check_transition_trigger() is 'Refuses a status that cannot follow the present one.';
