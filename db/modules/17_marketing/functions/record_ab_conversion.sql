create or replace function marketing.record_ab_conversions(
  organization_id uuid,
  ab_test_ids uuid[],
  units text[],
  goals text[],
  moments timestamptz[],
  amounts numeric[] default null
) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  recorded integer;
begin
  insert into marketing.ab_test_conversions (organization_id, ab_test_id, assignment_id, goal, occurred_at, value)
  select distinct on (a.ab_test_id, a.id, w.goal) a.organization_id, a.ab_test_id, a.id, w.goal, w.moment, w.amount
    from unnest(record_ab_conversions.ab_test_ids, units, goals, moments, amounts)
           as w (ab_test_id, unit, goal, moment, amount)
    join marketing.ab_test_assignments a
      on a.organization_id = record_ab_conversions.organization_id
     and a.ab_test_id = w.ab_test_id
     and a.unit = w.unit
     and a.exposed_at <= w.moment
    join marketing.ab_tests t
      on t.organization_id = a.organization_id
     and t.id = a.ab_test_id
     and (t.status = 'running' or w.moment <= t.stopped_at)
     and (w.moment <= a.exposed_at + t.conversion_window) is not false
   order by a.ab_test_id, a.id, w.goal, w.moment
      on conflict (organization_id, ab_test_id, assignment_id, goal) do nothing;
  get diagnostics recorded = row_count;
  return recorded;
end
$$;

comment on function marketing.record_ab_conversions(uuid, uuid[], text[], text[], timestamptz[], numeric[]) is
  'Notes that the n-th unit has reached the n-th goal of the n-th test, each once, and returns how many were new. Left out: '
  'units that had not met their variant by then, or whose time is over, and what came after the test. For functions that '
  'have checked who asks.';
grant execute on function marketing.record_ab_conversions(uuid, uuid[], text[], text[], timestamptz[], numeric[])
  to callboard_service;

create or replace function marketing.record_ab_conversion(
  ab_test_id uuid,
  unit text,
  goal text default null,
  value numeric default null,
  occurred_at timestamptz default null
) returns marketing.ab_test_conversions
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  test constant marketing.ab_tests := marketing.ab_test_to_use(ab_test_id, unit);
  reached constant text := coalesce(record_ab_conversion.goal, test.goal);
  conversion marketing.ab_test_conversions;
begin
  if reached !~ '^[a-z][a-z0-9_.]*$' or length(reached) > 100 then
    perform platform.refuse('CB002', 'A goal is a word such as signed_up.', field => 'goal');
  end if;
  if not isfinite(record_ab_conversion.occurred_at) or record_ab_conversion.occurred_at > now() + interval '1 minute' then
    perform platform.refuse('CB002', 'This has not happened yet.', field => 'occurred_at');
  end if;
  perform marketing.record_ab_conversions(
            test.organization_id, array[test.id], array[unit], array[reached],
            array[coalesce(record_ab_conversion.occurred_at, now())], array[record_ab_conversion.value]);
  select c.*
    into conversion
    from marketing.ab_test_assignments a
    join marketing.ab_test_conversions c
      on c.organization_id = a.organization_id
     and c.ab_test_id = a.ab_test_id
     and c.assignment_id = a.id
     and c.goal = reached
   where a.organization_id = test.organization_id and a.ab_test_id = test.id and a.unit = record_ab_conversion.unit;
  if conversion.id is null then
    perform platform.refuse(
      'CB005', 'This unit had not met its variant by then, or its time to convert was over.', field => 'unit',
      hint => 'Record the exposure first.');
  end if;
  return conversion;
end
$$;

comment on function marketing.record_ab_conversion(uuid, text, text, numeric, timestamptz) is
  'Notes that a unit has reached a goal, that of the test when none is named. It counts once: a second time gives back the '
  'first. Needs marketing.write. Errors: INVALID_INPUT, NOT_FOUND_OR_FORBIDDEN; CONFLICT for a unit that had not met its '
  'variant by then, whose conversion window was over, or after the end of the test. Definer: conversions are written by '
  'functions alone.';
grant execute on function marketing.record_ab_conversion(uuid, text, text, numeric, timestamptz)
  to callboard_member, callboard_service;
