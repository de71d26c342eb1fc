-- Postgres has no error function before 16, and the engines differ; these are exact to about 14 digits everywhere.

create or replace function marketing.normal_density(z double precision) returns double precision
language sql immutable parallel safe
return case when abs(z) > 38 then 0 else exp(-z * z / 2) / sqrt(2 * pi()) end;

comment on function marketing.normal_density(double precision) is
  E'@behavior -*\nThe density of the standard normal distribution.';

create or replace function marketing.normal_upper_tail(z double precision) returns double precision
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  term double precision := z;
  total double precision := z;
  fraction double precision := z;
begin
  if z is null or z = 'NaN' then
    return null;
  elsif z < 0 then
    return 1 - marketing.normal_upper_tail(-z);
  elsif z > 38 then
    return 0; -- smaller than what the type holds
  elsif z < 2 then
    -- ½ − φ(z)·(z + z³/3 + z⁵/(3·5) + …): every term has the same sign, so none takes digits from another
    for n in 1 .. 100 loop
      term := term * z * z / (2 * n + 1);
      total := total + term;
      exit when term < total * 1e-17;
    end loop;
    return 0.5 - marketing.normal_density(z) * total;
  end if;
  -- φ(z) / (z + 1/(z + 2/(z + 3/…))), from the inside out; relative to the tail, so that small ones are right as well
  for n in reverse 160 .. 1 loop
    fraction := z + n / fraction;
  end loop;
  return marketing.normal_density(z) / fraction;
end
$$;

comment on function marketing.normal_upper_tail(double precision) is
  E'@behavior -*\nThe chance that a standard normal variable exceeds z. Wrong by less than 1e-15, and by less than one part '
  'in 1e12 for z up to 38, beyond which it is 0.';

create or replace function marketing.normal_quantile(p double precision) returns double precision
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  tail constant double precision := least(p, 1 - p);
  t double precision;
  z double precision;
  correction double precision;
begin
  if p is null or not (p > 0 and p < 1) then
    return null;
  end if;
  -- Abramowitz and Stegun 26.2.23 is right to 0.0005; Newton's steps, by Halley, triple the digits each time.
  t := sqrt(-2 * ln(tail));
  z := t - (2.515517 + 0.802853 * t + 0.010328 * t * t)
           / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t);
  for n in 1 .. 4 loop
    correction := (marketing.normal_upper_tail(z) - tail) / marketing.normal_density(z);
    z := z + correction / (1 - z * correction / 2);
  end loop;
  return case when p < 0.5 then -z else z end;
end
$$;

comment on function marketing.normal_quantile(double precision) is
  E'@behavior -*\nThe z that a standard normal variable does not exceed with chance p; null unless p lies between 0 and 1.';

create or replace function marketing.chi_square_upper_tail(x double precision, degrees integer) returns double precision
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  root constant double precision := sqrt(greatest(x, 0));
  term double precision := 1;
  total double precision := 0;
begin
  if x is null or degrees is null or degrees < 1 then
    return null;
  elsif x <= 0 then
    return 1;
  elsif root > 38 then
    return 0;
  end if;
  -- Finite sums for whole degrees of freedom (Abramowitz and Stegun 26.4.4 and 26.4.5).
  if degrees % 2 = 1 then
    term := root;
    for r in 1 .. (degrees - 1) / 2 loop
      total := total + term;
      term := term * x / (2 * r + 1);
    end loop;
    return least(1, 2 * marketing.normal_upper_tail(root) + 2 * marketing.normal_density(root) * total);
  end if;
  for r in 1 .. degrees / 2 loop
    total := total + term;
    term := term * x / (2 * r);
  end loop;
  return least(1, sqrt(2 * pi()) * marketing.normal_density(root) * total);
end
$$;

comment on function marketing.chi_square_upper_tail(double precision, integer) is
  E'@behavior -*\nThe chance that a chi-square variable with so many degrees of freedom exceeds x.';
grant execute on function
  marketing.normal_density(double precision), marketing.normal_upper_tail(double precision),
  marketing.normal_quantile(double precision),
  marketing.chi_square_upper_tail(double precision, integer)
  to callboard_member, callboard_service;
