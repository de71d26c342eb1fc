create table marketing.ab_tests (
  like platform.tenant_row including all,
  name text not null check (btrim(name) <> '' and length(name) <= 200),
  hypothesis text check (length(hypothesis) <= 2000),
  unit_kind text not null default 'lead' check (unit_kind in ('lead', 'user', 'visitor')),
  goal text not null default 'converted' check (goal ~ '^[a-z][a-z0-9_.]*$' and length(goal) <= 100),
  status text not null default 'draft' check (status in ('draft', 'running', 'stopped')),
  confidence_level numeric(5,4) not null default 0.95 check (confidence_level between 0.8 and 0.9999),
  power numeric(5,4) not null default 0.8 check (power between 0.5 and 0.9999),
  baseline_rate numeric(9,8) check (baseline_rate > 0 and baseline_rate < 1),
  minimum_detectable_effect numeric(9,8) not null default 0.05
    check (minimum_detectable_effect > 0 and minimum_detectable_effect < 1),
  conversion_window interval check (conversion_window > interval '0' and conversion_window <= interval '1 year'),
  started_at timestamptz,
  stopped_at timestamptz,
  winner_variant_id uuid,
  check ((status = 'draft') = (started_at is null)),
  check ((status = 'stopped') = (stopped_at is not null)),
  constraint ab_tests_winner_rule check (winner_variant_id is null or status = 'stopped')
);
create index on marketing.ab_tests (organization_id, status);
create index on marketing.ab_tests (organization_id, id, winner_variant_id);
comment on table marketing.ab_tests is
  'Which of several variants does better (seed ab_tests): draft, then running, then stopped, perhaps with a winner. While it '
  'runs, its variants and what it measures stay as they are.';
comment on constraint ab_tests_winner_rule on marketing.ab_tests is 'Only a test that is stopped has a winner.';
comment on column marketing.ab_tests.unit_kind is
  'What is assigned to a variant: a lead (by its id), a user or a visitor (by whatever id the caller has for them).';
comment on column marketing.ab_tests.goal is
  'The conversion that counts. For leads opened, clicked and replied (of the mails of a nurturing step with this test) and '
  'converted are recorded by themselves; others by recordAbConversion.';
comment on column marketing.ab_tests.confidence_level is
  'Of intervals, and 1 minus the chance to find a difference where there is none, over all comparisons together.';
comment on column marketing.ab_tests.power is 'The chance to find the minimum detectable effect if it is there.';
comment on column marketing.ab_tests.baseline_rate is
  'The rate expected without a change, 0 to 1, for the sample size; without it, the rate that the control has had so far.';
comment on column marketing.ab_tests.minimum_detectable_effect is
  'The smallest difference of rates that would matter, absolute: 0.05 is five percentage points.';
comment on column marketing.ab_tests.conversion_window is
  'How long after its exposure a unit may convert; without it, for as long as the test runs.';
comment on column marketing.ab_tests.winner_variant_id is
  'The variant that everybody gets now that the test is over; without one, the control.';

create table marketing.ab_test_variants (
  like platform.tenant_row including all,
  ab_test_id uuid not null,
  key text not null check (key ~ '^[a-z0-9][a-z0-9_-]*$' and length(key) <= 50),
  name text not null check (btrim(name) <> '' and length(name) <= 200),
  weight integer not null default 1 check (weight between 0 and 10000),
  is_control boolean not null default false,
  template_id uuid,
  payload jsonb not null default '{}' check (jsonb_typeof(payload) = 'object'),
  unique (organization_id, ab_test_id, id),
  unique nulls not distinct (organization_id, ab_test_id, key, deleted_at),
  foreign key (organization_id, ab_test_id) references marketing.ab_tests,
  foreign key (organization_id, template_id) references marketing.email_templates
);
create unique index ab_test_variants_one_control on marketing.ab_test_variants (organization_id, ab_test_id)
  where is_control and deleted_at is null;
create index on marketing.ab_test_variants (organization_id, template_id);
comment on table marketing.ab_test_variants is 'What an A/B test compares. One of them is the control.';
comment on column marketing.ab_test_variants.key is 'Its name for programs, such as short_subject.';
comment on column marketing.ab_test_variants.weight is
  'Its share of the units, against the sum of all weights. 0 gets nobody.';
comment on column marketing.ab_test_variants.template_id is
  'The mail that a nurturing step with this test sends; without one, the template of the step.';
comment on column marketing.ab_test_variants.payload is 'What a program needs to know to show this variant.';
alter table marketing.ab_tests
  add foreign key (organization_id, id, winner_variant_id)
    references marketing.ab_test_variants (organization_id, ab_test_id, id);

create table marketing.ab_test_assignments (
  like platform.tenant_log_row including all,
  ab_test_id uuid not null,
  variant_id uuid not null,
  unit text not null check (btrim(unit) <> '' and length(unit) <= 200),
  lead_id uuid,
  exposed_at timestamptz check (isfinite(exposed_at)),
  primary key (organization_id, id),
  unique (organization_id, ab_test_id, unit),
  unique (organization_id, id, ab_test_id),
  check (lead_id is null or unit = lead_id::text),
  foreign key (organization_id, ab_test_id) references marketing.ab_tests,
  foreign key (organization_id, ab_test_id, variant_id)
    references marketing.ab_test_variants (organization_id, ab_test_id, id),
  foreign key (organization_id, lead_id) references crm.leads
);
-- Units are looked up by the one index that is led by the test.
create index on marketing.ab_test_assignments (organization_id, variant_id, ab_test_id);
create index on marketing.ab_test_assignments (organization_id, lead_id);
comment on table marketing.ab_test_assignments is
  'Which variant a unit has got (seed ab_test_assignments), once and for all.';
comment on column marketing.ab_test_assignments.unit is 'Who or what was assigned: the id of a lead, a user, a visitor.';
comment on column marketing.ab_test_assignments.exposed_at is
  'When the unit first met its variant: from then on it counts. Null: assigned, but not yet shown anything.';

create table marketing.ab_test_conversions (
  like platform.tenant_log_row including all,
  ab_test_id uuid not null,
  assignment_id uuid not null,
  goal text not null check (goal ~ '^[a-z][a-z0-9_.]*$' and length(goal) <= 100),
  value numeric(14,2) check (value <> 'NaN'),
  primary key (organization_id, id),
  unique (organization_id, ab_test_id, assignment_id, goal),
  foreign key (organization_id, ab_test_id) references marketing.ab_tests,
  foreign key (organization_id, ab_test_id, assignment_id)
    references marketing.ab_test_assignments (organization_id, ab_test_id, id)
);
comment on table marketing.ab_test_conversions is
  'What units of A/B tests did (seed ab_test_conversions): a unit reaches a goal once, the first time counts.';
comment on column marketing.ab_test_conversions.occurred_at is 'When it did.';
comment on column marketing.ab_test_conversions.value is 'What it was worth, where that is known.';

create type marketing.ab_variant_result as (
  variant_id uuid,
  key text,
  name text,
  is_control boolean,
  assigned bigint,
  exposed bigint,
  conversions bigint,
  rate double precision,
  rate_low double precision,
  rate_high double precision,
  difference double precision,
  difference_low double precision,
  difference_high double precision,
  z_score double precision,
  p_value double precision,
  adjusted_p_value double precision,
  method text,
  is_significant boolean,
  required_exposures bigint,
  has_enough_exposures boolean
);
comment on type marketing.ab_variant_result is 'One variant of an A/B test against the control.';
comment on column marketing.ab_variant_result.exposed is 'The units that met the variant: the denominator of the rate.';
comment on column marketing.ab_variant_result.conversions is 'The units among them that reached the goal in time.';
comment on column marketing.ab_variant_result.rate is 'conversions ÷ exposed; null while nobody was exposed.';
comment on column marketing.ab_variant_result.rate_low is 'Lower end of the Wilson interval of the rate.';
comment on column marketing.ab_variant_result.rate_high is 'Upper end of the Wilson interval of the rate.';
comment on column marketing.ab_variant_result.difference is 'The rate minus that of the control.';
comment on column marketing.ab_variant_result.difference_low is 'Lower end of the interval of the difference (Newcombe).';
comment on column marketing.ab_variant_result.difference_high is 'Upper end of the interval of the difference (Newcombe).';
comment on column marketing.ab_variant_result.z_score is 'Of the pooled two-proportion test; null where that does not hold.';
comment on column marketing.ab_variant_result.p_value is 'Two-sided, of this comparison alone.';
comment on column marketing.ab_variant_result.adjusted_p_value is
  'Corrected for the number of comparisons (Holm–Bonferroni): what is_significant goes by.';
comment on column marketing.ab_variant_result.method is
  'z_test, or fisher_exact where an expected count is below 5 and the z test would mislead; null for the control and without '
  'data.';
comment on column marketing.ab_variant_result.required_exposures is
  'How many it takes to find the minimum detectable effect with the power asked for; null while no rate is known.';

create type marketing.ab_test_result as (
  ab_test_id uuid,
  goal text,
  assigned bigint,
  exposed bigint,
  conversions bigint,
  sample_ratio_p_value double precision,
  has_sample_ratio_mismatch boolean,
  verdict text,
  best_variant_id uuid,
  variants marketing.ab_variant_result[]
);
comment on type marketing.ab_test_result is 'What an A/B test has found so far.';
comment on column marketing.ab_test_result.sample_ratio_p_value is
  'Whether the units were shared out as the weights say (chi-square); null while too few were.';
comment on column marketing.ab_test_result.has_sample_ratio_mismatch is
  'Below 0.001: the units were not shared out as they should have been. Look for the reason before believing anything else.';
comment on column marketing.ab_test_result.verdict is
  'no_data, sample_ratio_mismatch, too_small (fewer exposures than required), significant or not_significant.';
comment on column marketing.ab_test_result.best_variant_id is
  'The variant with the highest rate among those that differ significantly from the control, or the control if all of these '
  'do worse; null unless the verdict is significant.';
