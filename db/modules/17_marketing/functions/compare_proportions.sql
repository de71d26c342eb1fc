create or replace function marketing.wilson_interval(
  successes bigint,
  trials bigint,
  confidence double precision,
  out low double precision,
  out high double precision
)
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  z constant double precision := marketing.normal_quantile((1 + confidence) / 2);
  n constant double precision := trials;
  rate double precision;
  center double precision;
  margin double precision;
begin
  if coalesce(trials, 0) <= 0 or z is null then
    return;
  end if;
  rate := successes / n;
  center := (rate + z * z / (2 * n)) / (1 + z * z / n);
  margin := z / (1 + z * z / n) * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n));
  -- At the ends the formula gives 0 and 1 but for the last digit.
  low := case when successes = 0 then 0 else center - margin end;
  high := case when successes = trials then 1 else center + margin end;
end
$$;

comment on function marketing.wilson_interval(bigint, bigint, double precision) is
  E'@behavior -*\nThe Wilson score interval of a rate; nulls without trials.';

create or replace function marketing.fisher_exact(
  successes_a bigint, trials_a bigint, successes_b bigint, trials_b bigint
) returns double precision
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  successes constant bigint := successes_a + successes_b;
  fewest constant bigint := greatest(0, successes - trials_b);
  most constant bigint := least(trials_a, successes);
  likeliest constant bigint := least(
    most,
    greatest(fewest, floor((successes + 1)::numeric * (trials_a + 1) / (trials_a + trials_b + 2))::bigint));
  observed double precision := 0;
  weight double precision;
  total double precision := 0;
  extreme double precision := 0;
begin
  if trials_a is null or trials_b is null or successes is null or trials_a < 0 or trials_b < 0
     or successes_a not between 0 and trials_a or successes_b not between 0 and trials_b then
    return null;
  end if;
  -- Weights against that of the likeliest table, each out of its neighbour: no factorials that grow out of any type.
  -- Once to find the weight of what was observed, once to add up.
  for round in 1 .. 2 loop
    weight := 1;
    for k in likeliest .. most loop
      if round = 1 then
        if k = successes_a then
          observed := weight;
        end if;
      else
        total := total + weight;
        if weight <= observed * (1 + 1e-7) then
          extreme := extreme + weight;
        end if;
      end if;
      -- what is too small to count ends it; what was observed is found before
      exit when weight < 1e-290 or round = 2 and weight < 1e-25 * observed;
      weight := weight * (trials_a - k)::double precision * (successes - k)
                / ((k + 1)::double precision * (trials_b - successes + k + 1));
    end loop;
    weight := 1;
    for k in reverse likeliest .. fewest loop
      if k < likeliest then
        weight := weight * (k + 1)::double precision * (trials_b - successes + k + 1)
                  / ((trials_a - k)::double precision * (successes - k));
        if round = 1 then
          if k = successes_a then
            observed := weight;
          end if;
        else
          total := total + weight;
          if weight <= observed * (1 + 1e-7) then
            extreme := extreme + weight;
          end if;
        end if;
        exit when weight < 1e-290 or round = 2 and weight < 1e-25 * observed;
      end if;
    end loop;
  end loop;
  return least(1, extreme / total);
end
$$;

comment on function marketing.fisher_exact(bigint, bigint, bigint, bigint) is
  E'@behavior -*\nFisher''s exact test, two-sided: the chance of a table that is no likelier than this one, if both rates '
  'were the same.';

create or replace function marketing.compare_proportions(
  successes_a bigint,
  trials_a bigint,
  successes_b bigint,
  trials_b bigint,
  out method text,
  out z_score double precision,
  out p_value double precision
)
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  trials constant double precision := trials_a + trials_b;
  pooled double precision;
begin
  if coalesce(trials_a, 0) <= 0 or coalesce(trials_b, 0) <= 0 then
    return;
  end if;
  pooled := (successes_a + successes_b) / trials;
  if least(trials_a, trials_b) * least(pooled, 1 - pooled) < 5 then
    method := 'fisher_exact';
    p_value := marketing.fisher_exact(successes_a, trials_a, successes_b, trials_b);
    return;
  end if;
  method := 'z_test';
  z_score := (successes_b / trials_b::double precision - successes_a / trials_a::double precision)
             / sqrt(pooled * (1 - pooled) * (1 / trials_a::double precision + 1 / trials_b::double precision));
  p_value := least(1, 2 * marketing.normal_upper_tail(abs(z_score)));
end
$$;

comment on function marketing.compare_proportions(bigint, bigint, bigint, bigint) is
  E'@behavior -*\nWhether two rates differ, two-sided: the pooled z test, or Fisher''s exact test where an expected count is '
  'below 5. z_score is positive when b is higher. Nulls without trials.';

create or replace function marketing.required_sample_size(
  baseline double precision,
  effect double precision,
  confidence double precision,
  power double precision,
  comparisons integer default 1,
  ratio double precision default 1,
  out control_size bigint,
  out variant_size bigint
)
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  other constant double precision := case when baseline + effect < 1 then baseline + effect else baseline - effect end;
  z_alpha constant double precision := marketing.normal_quantile(1 - (1 - confidence) / (2 * greatest(comparisons, 1)));
  z_power constant double precision := marketing.normal_quantile(power);
  pooled double precision;
  size double precision;
begin
  if baseline is null or not (baseline >= 0 and baseline <= 1) or not (other >= 0 and other <= 1) or not (ratio > 0)
     or not (effect > 0) then
    return;
  end if;
  pooled := (baseline + ratio * other) / (1 + ratio);
  size := power(
            z_alpha * sqrt((1 + 1 / ratio) * pooled * (1 - pooled))
            + z_power * sqrt(baseline * (1 - baseline) + other * (1 - other) / ratio), 2)
          / power(other - baseline, 2);
  control_size := ceil(size);
  variant_size := ceil(size * ratio);
end
$$;

comment on function marketing.required_sample_size(
  double precision, double precision, double precision, double precision, integer, double precision) is
  E'@behavior -*\nHow many units it takes to find an absolute difference of rates with a two-sided test: of the control, and '
  'of a variant that gets ratio times as many. With several comparisons each is held to its share of the error (Bonferroni), '
  'which is on the safe side. Where the rate cannot rise by so much it is taken to fall.';
grant execute on function
  marketing.wilson_interval(bigint, bigint, double precision),
  marketing.fisher_exact(bigint, bigint, bigint, bigint),
  marketing.compare_proportions(bigint, bigint, bigint, bigint),
  marketing.required_sample_size(
    double precision, double precision, double precision, double precision, integer, double precision)
  to callboard_member, callboard_service;
