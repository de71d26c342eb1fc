create or replace function marketing.check_ab_test_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  variants record;
begin
  if new.status = 'running' and old.status <> 'running' then
    select count(*) filter (where v.weight > 0) as drawn,
           bool_or(v.is_control) as has_control,
           bool_or(v.is_control and v.weight > 0) as draws_control,
           coalesce(sum(v.weight), 0) as total
      into variants
      from marketing.ab_test_variants v
     where v.organization_id = new.organization_id and v.ab_test_id = new.id and v.deleted_at is null;
    if variants.drawn < 2 then
      perform platform.refuse('CB002', 'A test compares at least two variants with a weight above 0.', field => 'variants');
    elsif not variants.has_control then
      perform platform.refuse('CB002', 'One of the variants has to be the control.', field => 'variants');
    elsif not variants.draws_control then
      perform platform.refuse('CB002', 'The control needs a weight above 0.', field => 'variants');
    elsif variants.total > 1000000 then
      perform platform.refuse('CB002', 'The weights add up to more than 1000000.', field => 'variants');
    end if;
    new.started_at := now();
  elsif new.status = 'stopped' and old.status <> 'stopped' then
    new.stopped_at := now();
  end if;
  if old.status <> 'draft'
     and (new.unit_kind, new.goal, new.conversion_window, new.confidence_level)
           is distinct from (old.unit_kind, old.goal, old.conversion_window, old.confidence_level) then
    perform platform.refuse(
      'CB005', 'What a test measures stays as it was when it began.', field => 'status',
      hint => 'Stop it, and begin another.');
  end if;
  return new;
end
$$;

comment on function marketing.check_ab_test_trigger() is
  'A test begins with at least two variants, of which one is the control, and then measures one and the same thing.';

create or replace function marketing.keep_ab_variants_trigger() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  statuses text[];
begin
  if tg_op = 'UPDATE'
     and (new.ab_test_id, new.key, new.weight, new.is_control, new.template_id, new.payload, new.deleted_at)
           is not distinct from
         (old.ab_test_id, old.key, old.weight, old.is_control, old.template_id, old.payload, old.deleted_at) then
    return new;
  end if;
  if pg_trigger_depth() > 1 then
    return new; -- comes and goes with its test
  end if;
  -- Locked, so that nobody starts the test meanwhile.
  select array_agg(t.status)
    into statuses
    from (
      select t.status
        from marketing.ab_tests t
       where t.organization_id = new.organization_id
         and t.id in (new.ab_test_id, case when tg_op = 'UPDATE' then old.ab_test_id end)
       order by t.id
         for share
    ) t;
  if statuses && '{running,stopped}' then
    perform platform.refuse(
      'CB005', 'The test has begun: its variants stay as they are, or its figures would mean nothing.',
      field => 'ab_test_id', hint => 'Stop it, and begin another.');
  end if;
  return new;
end
$$;

comment on function marketing.keep_ab_variants_trigger() is
  'Once a test has begun no variant comes, goes, or changes what it is or how many it gets. Its name may change.';

create or replace function marketing.start_ab_test(ab_test_id uuid) returns marketing.ab_tests
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('marketing.write');
  started marketing.ab_tests;
begin
  update marketing.ab_tests t
     set status = 'running'
   where t.organization_id = organization and t.id = start_ab_test.ab_test_id and t.deleted_at is null
     and t.status <> 'running'
  returning * into started;
  if started.id is null then
    select t.*
      into started
      from marketing.ab_tests t
     where t.organization_id = organization and t.id = start_ab_test.ab_test_id and t.deleted_at is null;
  end if;
  if started.id is null then
    perform platform.refuse('CB004', 'There is no such A/B test, or you may not start it.', field => 'ab_test_id');
  end if;
  return started;
end
$$;

comment on function marketing.start_ab_test(uuid) is
  'Starts an A/B test; one that runs already goes on. It takes two variants with a weight, one of them the control. Needs '
  'marketing.write. Errors: NOT_FOUND_OR_FORBIDDEN, INVALID_INPUT for variants that do not make a test, INVALID_TRANSITION '
  'for a test that was stopped.';

create or replace function marketing.stop_ab_test(ab_test_id uuid, winner_variant_id uuid default null)
returns marketing.ab_tests
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('marketing.write');
  stopped marketing.ab_tests;
begin
  if winner_variant_id is not null and not exists (
    select
      from marketing.ab_test_variants v
     where v.organization_id = organization
       and v.ab_test_id = stop_ab_test.ab_test_id
       and v.id = stop_ab_test.winner_variant_id
       and v.deleted_at is null
  ) then
    perform platform.refuse('CB004', 'This test has no such variant.', field => 'winner_variant_id');
  end if;
  update marketing.ab_tests t
     set status = 'stopped', winner_variant_id = coalesce(stop_ab_test.winner_variant_id, t.winner_variant_id)
   where t.organization_id = organization and t.id = stop_ab_test.ab_test_id and t.deleted_at is null
  returning * into stopped;
  if stopped.id is null then
    perform platform.refuse('CB004', 'There is no such A/B test, or you may not stop it.', field => 'ab_test_id');
  end if;
  return stopped;
end
$$;

comment on function marketing.stop_ab_test(uuid, uuid) is
  'Stops an A/B test and says which variant everybody gets from now on; without one it is the control. Called again for a '
  'test that was stopped, it names the winner. Needs marketing.write. Errors: NOT_FOUND_OR_FORBIDDEN, INVALID_TRANSITION for '
  'a test that never ran.';
grant execute on function marketing.start_ab_test(uuid), marketing.stop_ab_test(uuid, uuid)
  to callboard_member, callboard_service;
