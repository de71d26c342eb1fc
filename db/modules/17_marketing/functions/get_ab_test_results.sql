create or replace function marketing.get_ab_test_results(ab_test_id uuid) returns marketing.ab_test_result
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  organization constant uuid := authz.require('marketing.read');
  -- Below it hardly anything but a fault in the assignment is left as the reason.
  mismatch_level constant double precision := 0.001;
  test marketing.ab_tests;
  result marketing.ab_test_result;
  is_big_enough boolean;
begin
  select t.*
    into test
    from marketing.ab_tests t
   where t.organization_id = organization and t.id = get_ab_test_results.ab_test_id;
  if test.id is null then
    perform platform.refuse('CB004', 'There is no such A/B test, or you may not read it.', field => 'ab_test_id');
  end if;

  with counts as materialized (
    select a.variant_id, count(*) as assigned, count(a.exposed_at) as exposed, count(c.id) as conversions
      from marketing.ab_test_assignments a
      left join marketing.ab_test_conversions c
        on c.organization_id = a.organization_id
       and c.ab_test_id = a.ab_test_id
       and c.assignment_id = a.id
       and c.goal = test.goal
     where a.organization_id = organization and a.ab_test_id = test.id
     group by a.variant_id
  ),
  variants as (
    select v.id, v.key, v.name, v.is_control, v.weight,
           coalesce(n.assigned, 0) as assigned, coalesce(n.exposed, 0) as exposed,
           coalesce(n.conversions, 0) as conversions
      from marketing.ab_test_variants v
      left join counts n on n.variant_id = v.id
     where v.organization_id = organization
       and v.ab_test_id = test.id
       and (v.deleted_at is null or v.deleted_at >= test.deleted_at)
  ),
  totals as (
    select sum(v.weight) as weight, sum(v.assigned) as assigned,
           greatest(count(*) filter (where v.weight > 0) - 1, 1)::integer as comparisons
      from variants v
  ),
  ratio as (
    select sum(power(v.assigned - e.expected, 2) / e.expected) as chi_square,
           count(*)::integer - 1 as degrees,
           min(e.expected) as fewest
      from variants v
     cross join totals t
     cross join lateral (select t.assigned * v.weight / t.weight::double precision as expected) e
     where v.weight > 0 and t.assigned > 0
  ),
  compared as (
    select v.*, i.low, i.high, c.weight as control_weight, c.exposed as control_exposed,
           c.conversions as control_conversions,
           v.conversions / nullif(v.exposed, 0)::double precision as rate,
           k.method, k.z_score, k.p_value, t.comparisons
      from variants v
     cross join totals t
      left join variants c on c.is_control
     cross join lateral marketing.wilson_interval(v.conversions, v.exposed, test.confidence_level) i
      left join lateral marketing.compare_proportions(c.conversions, c.exposed, v.conversions, v.exposed) k
        on not v.is_control
  ),
  -- Holm: the smallest p-value times the number of comparisons, the next times one less, and never below the one before.
  ranked as (
    select r.*,
           case
             when r.p_value is not null then
               max(least(1, r.factor * r.p_value)) over (partition by r.p_value is null order by r.p_value)
           end as adjusted
      from (
        select c.*,
               c.comparisons + 1 - rank() over (partition by c.p_value is null order by c.p_value, c.id) as factor
          from compared c
      ) r
  ),
  sized as (
    select r.*,
           r.rate - r.control_conversions / nullif(r.control_exposed, 0)::double precision as difference,
           case when r.is_control then s.control_size else s.variant_size end as required,
           b.low as control_low, b.high as control_high,
           r.control_conversions / nullif(r.control_exposed, 0)::double precision as control_rate
      from ranked r
     cross join lateral marketing.wilson_interval(r.control_conversions, r.control_exposed, test.confidence_level) b
      left join lateral marketing.required_sample_size(
             coalesce(test.baseline_rate, r.control_conversions / nullif(r.control_exposed, 0)::double precision),
             test.minimum_detectable_effect, test.confidence_level, test.power, r.comparisons,
             case when r.is_control then 1 else r.weight / nullif(r.control_weight, 0)::double precision end) s
        on r.weight > 0
  )
  select test.id, test.goal, sum(s.assigned), sum(s.exposed), sum(s.conversions),
         (select case when t.fewest >= 5 and t.degrees > 0 then marketing.chi_square_upper_tail(t.chi_square, t.degrees) end
            from ratio t),
         null::boolean, null::text,
         (array_agg(s.id order by s.rate desc nulls last, s.id)
            filter (where s.is_control or s.adjusted < 1 - test.confidence_level))[1],
         array_agg(
           (s.id, s.key, s.name, s.is_control, s.assigned, s.exposed, s.conversions, s.rate, s.low, s.high,
            case when not s.is_control then s.difference end,
            case when not s.is_control then
              s.difference - sqrt(power(s.rate - s.low, 2) + power(s.control_high - s.control_rate, 2)) end,
            case when not s.is_control then
              s.difference + sqrt(power(s.high - s.rate, 2) + power(s.control_rate - s.control_low, 2)) end,
            s.z_score, s.p_value, s.adjusted, s.method,
            case when not s.is_control then coalesce(s.adjusted < 1 - test.confidence_level, false) end,
            s.required, s.exposed >= s.required
           )::marketing.ab_variant_result
           order by s.is_control desc, s.key)
    into result
    from sized s;

  select bool_and(coalesce(v.has_enough_exposures, false))
    into is_big_enough
    from unnest(result.variants) v
   where v.required_exposures is not null or v.exposed > 0;
  result.ab_test_id := test.id;
  result.goal := test.goal;
  result.has_sample_ratio_mismatch := coalesce(result.sample_ratio_p_value < mismatch_level, false);
  result.verdict := case
    when coalesce(result.exposed, 0) = 0 then 'no_data'
    when result.has_sample_ratio_mismatch then 'sample_ratio_mismatch'
    when not coalesce(is_big_enough, false) then 'too_small'
    when exists (select from unnest(result.variants) v where v.is_significant) then 'significant'
    else 'not_significant'
  end;
  if result.verdict <> 'significant' then
    result.best_variant_id := null;
  end if;
  return result;
end
$$;

comment on function marketing.get_ab_test_results(uuid) is
  'What an A/B test has found: per variant the rate with its Wilson interval, the difference from the control, and a two-sided '
  'test of it (pooled z, or Fisher''s exact test for small counts) corrected for the number of comparisons (Holm–Bonferroni); '
  'how many exposures it takes; whether the units were shared out as the weights say. A verdict before the required number of '
  'exposures is too_small: looking again and again until something is significant finds what is not there. Needs '
  'marketing.read. Errors: NOT_FOUND_OR_FORBIDDEN.';

create or replace function marketing.ab_tests_results(test marketing.ab_tests) returns marketing.ab_test_result
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select marketing.get_ab_test_results(test.id)
$$;

comment on function marketing.ab_tests_results(marketing.ab_tests) is
  'What the test has found so far: see getAbTestResults.';
grant execute on function
  marketing.get_ab_test_results(uuid), marketing.ab_tests_results(marketing.ab_tests)
  to callboard_member, callboard_service;
