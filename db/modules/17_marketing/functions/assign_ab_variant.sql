create or replace function marketing.ab_bucket(ab_test_id uuid, unit text, buckets bigint) returns bigint
language sql immutable parallel safe
return (
  ('x' || left(encode(sha256(convert_to(ab_test_id || ':' || unit, 'UTF8')), 'hex'), 10))::bit(40)::bigint * buckets) >> 40;

comment on function marketing.ab_bucket(uuid, text, bigint) is
  E'@behavior -*\nWhich of so many buckets (at most a million) a unit falls into: always the same one, evenly over units, and in each test '
  'independently of every other.';

create or replace function marketing.draw_ab_variants(organization_id uuid, ab_test_ids uuid[], units text[])
returns table (ab_test_id uuid, unit text, variant_id uuid)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with shares as materialized (
    select v.ab_test_id, v.id, v.weight,
           sum(v.weight) over (partition by v.ab_test_id order by v.id) as until,
           sum(v.weight) over (partition by v.ab_test_id) as total
      from marketing.ab_test_variants v
     where v.organization_id = draw_ab_variants.organization_id
       and v.ab_test_id in (select unnest(draw_ab_variants.ab_test_ids))
       and v.deleted_at is null
  ),
  drawn as materialized (
    select w.ab_test_id, w.unit, marketing.ab_bucket(w.ab_test_id, w.unit, t.total) as bucket
      from unnest(draw_ab_variants.ab_test_ids, draw_ab_variants.units) as w (ab_test_id, unit)
      join (select distinct s.ab_test_id, s.total from shares s) t on t.ab_test_id = w.ab_test_id
  )
  select d.ab_test_id, d.unit, s.id
    from drawn d
    join shares s on s.ab_test_id = d.ab_test_id and d.bucket >= s.until - s.weight and d.bucket < s.until
$$;

comment on function marketing.draw_ab_variants(uuid, uuid[], text[]) is
  'The variants that units fall to, by their weights: the n-th unit in the n-th test. Writes nothing.';

create or replace function marketing.assign_ab_variants(
  organization_id uuid,
  ab_test_ids uuid[],
  units text[],
  at timestamptz default now(),
  exposed boolean default false
) returns table (ab_test_id uuid, unit text, variant_id uuid)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  -- What is there already stays. In the order of the key: two that assign the same units wait for each other, not in a ring.
  insert into marketing.ab_test_assignments as a
    (organization_id, ab_test_id, variant_id, unit, lead_id, occurred_at, exposed_at)
  select t.organization_id, t.id, d.variant_id, d.unit,
         case t.unit_kind when 'lead' then d.unit::uuid end, at, case when exposed then at end
    from marketing.draw_ab_variants(assign_ab_variants.organization_id, ab_test_ids, units) d
    join marketing.ab_tests t
      on t.organization_id = assign_ab_variants.organization_id and t.id = d.ab_test_id and t.status = 'running'
   where not exists (
           select
             from marketing.ab_test_assignments a
            where a.organization_id = assign_ab_variants.organization_id
              and a.ab_test_id = d.ab_test_id
              and a.unit = d.unit
              and (a.exposed_at is not null or not assign_ab_variants.exposed)
         )
   order by d.ab_test_id, d.unit
      on conflict (organization_id, ab_test_id, unit) do update
           set exposed_at = coalesce(a.exposed_at, excluded.exposed_at)
         where a.exposed_at is null and excluded.exposed_at is not null;
  return query
    select w.ab_test_id, w.unit, coalesce(a.variant_id, t.winner_variant_id, c.id)
      from unnest(ab_test_ids, units) as w (ab_test_id, unit)
      join marketing.ab_tests t on t.organization_id = assign_ab_variants.organization_id and t.id = w.ab_test_id
      left join lateral (
             select a.variant_id
               from marketing.ab_test_assignments a
              where a.organization_id = assign_ab_variants.organization_id
                and a.ab_test_id = w.ab_test_id
                and a.unit = w.unit
                and t.status = 'running'
             offset 0
           ) a on true
      left join marketing.ab_test_variants c
        on c.organization_id = t.organization_id and c.ab_test_id = t.id and c.is_control and c.deleted_at is null;
end
$$;

comment on function marketing.assign_ab_variants(uuid, uuid[], text[], timestamptz, boolean) is
  'What the n-th unit gets of the n-th test. While a test runs: its variant, drawn at the first time and written down, with '
  'exposed also that it was shown. Before: the control; afterwards: the winner, or the control without one. For functions '
  'that have checked who asks; the units of tests with leads are ids of leads.';
grant execute on function marketing.ab_bucket(uuid, text, bigint), marketing.draw_ab_variants(uuid, uuid[], text[])
  to callboard_member, callboard_service;
grant execute on function marketing.assign_ab_variants(uuid, uuid[], text[], timestamptz, boolean) to callboard_service;

create or replace function marketing.ab_test_to_use(ab_test_id uuid, unit text) returns marketing.ab_tests
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('marketing.write');
  found_test marketing.ab_tests;
begin
  if coalesce(btrim(unit), '') = '' or length(unit) > 200 then
    perform platform.refuse('CB002', 'A unit is a text of 1 to 200 characters.', field => 'unit');
  end if;
  select t.*
    into found_test
    from marketing.ab_tests t
   where t.organization_id = organization and t.id = ab_test_to_use.ab_test_id and t.deleted_at is null
     -- definers ask, for whom no policy says it
     and authz.sees_workspace(t.workspace_id);
  if found_test.id is null then
    perform platform.refuse('CB004', 'There is no such A/B test, or you may not use it.', field => 'ab_test_id');
  end if;
  if found_test.unit_kind = 'lead' and not exists (
    select
      from crm.leads l
     where l.organization_id = organization and l.id::text = unit and l.deleted_at is null
       and l.id = case when unit ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then unit::uuid end
       and authz.sees_workspace(l.workspace_id)
  ) then
    perform platform.refuse(
      'CB004', 'There is no such lead: the units of this test are ids of leads.', field => 'unit');
  end if;
  return found_test;
end
$$;

comment on function marketing.ab_test_to_use(uuid, text) is
  E'@behavior -*\nThe test that the caller may record something of, or an error: CB001, CB002, CB003, CB004.';
grant execute on function marketing.ab_test_to_use(uuid, text) to callboard_member, callboard_service;

create or replace function marketing.assign_ab_variant(ab_test_id uuid, unit text) returns marketing.ab_test_variants
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  test constant marketing.ab_tests := marketing.ab_test_to_use(ab_test_id, unit);
  variant marketing.ab_test_variants;
begin
  select v.*
    into variant
    from marketing.assign_ab_variants(test.organization_id, array[test.id], array[unit]) a
    join marketing.ab_test_variants v on v.organization_id = test.organization_id and v.id = a.variant_id;
  return variant;
end
$$;

comment on function marketing.assign_ab_variant(uuid, text) is
  'The variant that a unit gets. While the test runs it is drawn by the weights, always the same for this unit, and written '
  'down once, whoever asks at the same time. Before the test runs it is the control; afterwards the winner, or the control '
  'without one. Needs marketing.write. Errors: INVALID_INPUT, NOT_FOUND_OR_FORBIDDEN. Definer: assignments are written by '
  'functions alone.';

create or replace function marketing.record_ab_exposure(ab_test_id uuid, unit text) returns marketing.ab_test_assignments
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  test constant marketing.ab_tests := marketing.ab_test_to_use(ab_test_id, unit);
  assignment marketing.ab_test_assignments;
begin
  perform marketing.assign_ab_variants(test.organization_id, array[test.id], array[unit], exposed => true);
  select a.*
    into assignment
    from marketing.ab_test_assignments a
   where a.organization_id = test.organization_id and a.ab_test_id = test.id and a.unit = record_ab_exposure.unit;
  if assignment.id is null then
    perform platform.refuse(
      'CB005', 'The test does not run, so nobody is assigned to a variant.', field => 'ab_test_id');
  end if;
  return assignment;
end
$$;

comment on function marketing.record_ab_exposure(uuid, text) is
  'Notes that a unit has met its variant, and assigns it if nobody has: from then on it counts. The first time stays. Needs '
  'marketing.write. Errors: INVALID_INPUT, NOT_FOUND_OR_FORBIDDEN, CONFLICT for a unit without a variant while the test does '
  'not run. Definer: assignments are written by functions alone.';
grant execute on function marketing.assign_ab_variant(uuid, text), marketing.record_ab_exposure(uuid, text)
  to callboard_member, callboard_service;
