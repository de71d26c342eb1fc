import { beforeAll, describe, expect, test } from '@jest/globals';
import { within } from '../billing/plans.ts';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { one, type Values } from '../projects/fixtures.ts';
import { addTest } from './ab_tests.ts';
import { ask, type House } from './nurturing.ts';

const database = testDatabase();
let ours: Cast;
let theirs: Cast;
beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
});

const inHouse = (work: (house: House) => Promise<void>) =>
  within(database, (client) => work({ client, cast: ours }));

const calculate = <T>(expression: string, ...values: unknown[]) =>
  within(database, (client) => one<T>(client, `marketing.${expression}`, values));

describe('the normal distribution', () => {
  // erfc(z / √2) / 2 with 40 digits
  test.each([
    [0, 0.5],
    [0.1, 0.460172162722971019],
    [0.5, 0.308537538725986896],
    [1, 0.158655253931457051],
    [1.5, 0.066807201268858066],
    [1.959963984540054, 0.0250000000000000138],
    [1.9999, 0.0227555315847671871],
    [2, 0.0227501319481792072],
    [2.5, 0.00620966532577613517],
    [3, 0.00134989803163009453],
    [4, 0.0000316712418331199213],
    [5, 2.86651571879193912e-7],
    [6, 9.86587645037698141e-10],
    [8, 6.22096057427178412e-16],
    [10, 7.61985302416052607e-24],
    [15, 3.67096619931275089e-51],
    [20, 2.7536241186062337e-89],
    [30, 4.90671392714818706e-198],
    [37.5, 4.60535300958195484e-308],
  ])('beyond %d lies %d, to twelve digits', async (z, tail) => {
    const [above, below] = await Promise.all([
      calculate<number>('normal_upper_tail($1)', z),
      calculate<number>('normal_upper_tail($1)', -z),
    ]);
    expect(Math.abs(above / tail - 1)).toBeLessThan(1e-12);
    expect(Math.abs(below - (1 - tail))).toBeLessThan(1e-15);
  });

  test('its ends are 0 and 1, and what is no number has no answer', async () => {
    expect(await calculate('normal_upper_tail($1)', 1e9)).toBe(0);
    expect(await calculate('normal_upper_tail($1)', '-Infinity')).toBe(1);
    expect(await calculate('normal_upper_tail($1)', 'Infinity')).toBe(0);
    expect(await calculate('normal_upper_tail($1)', 'NaN')).toBeNull();
    expect(await calculate('normal_upper_tail($1)', null)).toBeNull();
  });

  test.each([
    [0.6, 0.253347103135799799],
    [0.9, 1.28155156554460047],
    [0.95, 1.64485362695147271],
    [0.975, 1.95996398454005424],
    [0.995, 2.57582930354890076],
    [0.9999, 3.71901648545568056],
    [1e-10, -6.3613409024040562],
  ])('the quantile of %d is %d', async (p, z) => {
    expect(Math.abs((await calculate<number>('normal_quantile($1)', p)) / z - 1)).toBeLessThan(
      1e-12,
    );
  });

  test.each([0, 1, -0.1, 1.1, 'NaN', null])('there is no quantile of %s', async (p) => {
    expect(await calculate('normal_quantile($1)', p)).toBeNull();
  });

  test.each([
    ['3.841458820694124', 1, 0.05],
    ['0.5', 3, 0.918891411654675859],
    ['10', 4, 0.0404276819945128026],
    ['25', 2, 3.72665317207867099e-6],
    ['30.1', 7, 0.0000910315906469727849],
    ['700', 5, 4.91198610357320059e-149],
    ['0.001', 1, 0.974772879369960389],
    ['0', 3, 1],
  ])('a chi-square of %s with %i degrees is exceeded with %d', async (x, degrees, tail) => {
    const found = await calculate<number>('chi_square_upper_tail($1, $2)', x, degrees);
    expect(Math.abs(found / tail - 1)).toBeLessThan(1e-12);
  });
});

describe('comparing rates', () => {
  // by exact fractions
  test.each([
    [1, 10, 8, 10, 0.005477494641581329],
    [0, 5, 0, 5, 1],
    [3, 1_000_000, 12, 1_000_000, 0.035155583497760025],
    [0, 100, 100, 100, 2.2087606931995028e-59],
    [2, 7, 5, 9, 0.3575174825174825],
    [7, 7, 0, 3, 0.008333333333333333],
    [4, 2000, 0, 1000, 0.3082961041371016],
    [3, 50, 4, 500, 0.0190818616199534],
  ])('Fisher: %i of %i against %i of %i is %d', async (a, of, b, ofOther, p) => {
    const found = await calculate<number>('fisher_exact($1, $2, $3, $4)', a, of, b, ofOther);
    expect(Math.abs(found / p - 1)).toBeLessThan(1e-9);
    expect(await calculate('fisher_exact($1, $2, $3, $4)', b, ofOther, a, of)).toBeCloseTo(p, 12);
  });

  test('the z test is pooled, and gives way to Fisher where an expected count is below five', async () => {
    expect(await calculate('compare_proportions(100, 1000, 130, 1000)')).toMatchObject({
      method: 'z_test',
      z_score: expect.closeTo(2.102740605622114, 12),
      p_value: expect.closeTo(0.03548845046647, 12),
    });
    expect(await calculate('compare_proportions(4, 100, 5, 100)')).toMatchObject({
      method: 'fisher_exact',
      z_score: null,
      p_value: 1,
    });
    // 5 of 100 each are just enough
    expect(await calculate('compare_proportions(5, 100, 5, 100)')).toMatchObject({
      method: 'z_test',
      z_score: 0,
      p_value: 1,
    });
    expect(await calculate('compare_proportions(0, 0, 5, 10)')).toEqual({
      method: null,
      z_score: null,
      p_value: null,
    });
    expect(await calculate('compare_proportions(10, 10, 10, 10)')).toMatchObject({ p_value: 1 });
  });

  test.each([
    [10, 100, 0.0552291370606751, 0.17436566150491345],
    [0, 20, 0, 0.1611251580528193],
    [20, 20, 0.8388748419471808, 1],
    [1, 1, 0.20654931437723745, 1],
  ])('Wilson: %i of %i lies between %d and %d', async (x, n, low, high) => {
    expect(await calculate('wilson_interval($1, $2, 0.95)', x, n)).toEqual({
      low: expect.closeTo(low, 12),
      high: expect.closeTo(high, 12),
    });
  });

  test('Wilson says nothing of nothing', async () => {
    expect(await calculate('wilson_interval(0, 0, 0.95)')).toEqual({ low: null, high: null });
  });

  test('sample sizes are those of the tables', async () => {
    // power.prop.test(p1 = .1, p2 = .12, power = .8): 3840.8
    expect(await calculate('required_sample_size(0.1, 0.02, 0.95, 0.8)')).toEqual({
      control_size: 3841,
      variant_size: 3841,
    });
    // power.prop.test(p1 = .5, p2 = .75, power = .9): 76.7
    expect(await calculate('required_sample_size(0.5, 0.25, 0.95, 0.9)')).toEqual({
      control_size: 77,
      variant_size: 77,
    });
    const uneven = await calculate<{ control_size: number; variant_size: number }>(
      'required_sample_size(0.1, 0.02, 0.95, 0.8, 1, 3)',
    );
    expect(uneven.variant_size / uneven.control_size).toBeCloseTo(3, 2);
    expect(uneven.control_size + uneven.variant_size).toBeGreaterThan(2 * 3841);
    const several = await calculate<{ control_size: number }>(
      'required_sample_size(0.1, 0.02, 0.95, 0.8, 3)',
    );
    expect(several.control_size).toBeGreaterThan(3841);
    // it cannot rise above 1, so it is taken to fall
    expect(await calculate('required_sample_size(0.95, 0.1, 0.95, 0.8)')).toEqual(
      await calculate('required_sample_size(0.95, -0.1 * -1, 0.95, 0.8)'),
    );
    expect(await calculate('required_sample_size(null, 0.1, 0.95, 0.8)')).toEqual({
      control_size: null,
      variant_size: null,
    });
  });
});

type Figures = {
  verdict: string;
  best_variant_id: string | null;
  has_sample_ratio_mismatch: boolean;
  variants: (Values & { key: string; adjusted_p_value: number | null })[];
};

/** A test whose variants have so many exposed and converted units. */
async function measured(
  house: House,
  figures: Readonly<Record<string, readonly [exposed: number, converted: number]>>,
  values: Values = {},
): Promise<Figures> {
  const id = await addTest(
    house,
    Object.fromEntries(Object.keys(figures).map((key) => [key, 1])),
    values,
  );
  for (const [key, [exposed, converted]] of Object.entries(figures)) {
    await house.client.query(
      `with units as (
         insert into marketing.ab_test_assignments (organization_id, ab_test_id, variant_id, unit, exposed_at)
         select v.organization_id, v.ab_test_id, v.id, v.key || n, now()
           from marketing.ab_test_variants v, generate_series(1, $3::int) n
          where v.ab_test_id = $1 and v.key = $2
         returning organization_id, ab_test_id, id
       )
       insert into marketing.ab_test_conversions (organization_id, ab_test_id, assignment_id, goal)
       select organization_id, ab_test_id, id, 'signed_up' from units order by id limit $4`,
      [id, key, exposed, converted],
    );
  }
  const [row] = await ask<{ r: Figures }>(house, 'select marketing.get_ab_test_results($1) as r', [
    id,
  ]);
  if (!row) throw new Error('No results.');
  return row.r;
}

describe('results', () => {
  test('of a test without anybody say so', async () => {
    await inHouse(async (house) => {
      const result = await measured(house, { control: [0, 0], other: [0, 0] });
      expect(result).toMatchObject({
        verdict: 'no_data',
        assigned: 0,
        exposed: 0,
        conversions: 0,
        has_sample_ratio_mismatch: false,
        sample_ratio_p_value: null,
        best_variant_id: null,
      });
      expect(result.variants[1]).toMatchObject({
        rate: null,
        p_value: null,
        is_significant: false,
      });
    });
  });

  test('compare each variant with the control, by hand', async () => {
    await inHouse(async (house) => {
      const result = await measured(
        house,
        { control: [1000, 100], other: [1000, 130] },
        { minimum_detectable_effect: 0.2 },
      );
      expect(result.verdict).toBe('significant');
      const [control, other] = result.variants;
      expect(control).toMatchObject({
        is_control: true,
        rate: 0.1,
        rate_low: expect.closeTo(0.08290944, 7),
        rate_high: expect.closeTo(0.12015196, 7),
        difference: null,
        p_value: null,
        method: null,
        is_significant: null,
      });
      expect(other).toMatchObject({
        rate: 0.13,
        difference: expect.closeTo(0.03, 12),
        method: 'z_test',
        p_value: expect.closeTo(0.03548845046647, 12),
        adjusted_p_value: expect.closeTo(0.03548845046647, 12),
        is_significant: true,
      });
      expect(other?.['difference_low']).toBeGreaterThan(0);
      expect(result.best_variant_id).toBe(other?.['variant_id']);
    });
  });

  test('correct for several comparisons, after Holm', async () => {
    await inHouse(async (house) => {
      const result = await measured(
        house,
        { control: [1000, 100], a: [1000, 130], b: [1000, 140], c: [1000, 101] },
        { minimum_detectable_effect: 0.2 },
      );
      const p = (key: string) => result.variants.find((each) => each.key === key);
      const [a, b, c] = [p('a'), p('b'), p('c')];
      expect(b?.adjusted_p_value).toBeCloseTo(3 * Number(b?.['p_value']), 12);
      expect(a?.adjusted_p_value).toBeCloseTo(2 * Number(a?.['p_value']), 12);
      expect(c?.adjusted_p_value).toBeCloseTo(Number(c?.['p_value']), 12);
      // alone, a would have been significant
      expect(a?.['p_value']).toBeLessThan(0.05);
      expect([a, b, c].map((each) => each?.['is_significant'])).toEqual([false, true, false]);
      expect(result.best_variant_id).toBe(b?.['variant_id']);
    });
  });

  test('adjusted p-values never fall below those of smaller ones, nor rise above 1', async () => {
    await inHouse(async (house) => {
      const result = await measured(house, {
        control: [500, 50], a: [500, 55], b: [500, 54], c: [500, 50],
      }); // prettier-ignore
      const adjusted = result.variants
        .filter((each) => each.adjusted_p_value !== null)
        .sort((x, y) => Number(x['p_value']) - Number(y['p_value']))
        .map((each) => Number(each.adjusted_p_value));
      expect(adjusted).toHaveLength(3);
      expect([...adjusted].sort((x, y) => x - y)).toEqual(adjusted);
      expect(Math.max(...adjusted)).toBeLessThanOrEqual(1);
    });
  });

  test('a small sample is called too small, however clear it looks, and compared exactly', async () => {
    await inHouse(async (house) => {
      const result = await measured(house, { control: [10, 1], other: [10, 8] });
      expect(result.verdict).toBe('too_small');
      expect(result.best_variant_id).toBeNull();
      expect(result.variants[1]).toMatchObject({
        method: 'fisher_exact',
        z_score: null,
        p_value: expect.closeTo(0.005477494641581, 12),
        has_enough_exposures: false,
      });
      expect(result.variants[1]?.['required_exposures']).toBeGreaterThan(10);
    });
  });

  test('a variant that does significantly worse leaves the control the best', async () => {
    await inHouse(async (house) => {
      const result = await measured(
        house,
        { control: [1000, 200], worse: [1000, 100] },
        { minimum_detectable_effect: 0.2 },
      );
      expect(result.verdict).toBe('significant');
      expect(result.best_variant_id).toBe(result.variants[0]?.['variant_id']);
    });
  });

  test('no difference is no difference, once enough have been seen', async () => {
    await inHouse(async (house) => {
      const result = await measured(
        house,
        { control: [900, 90], other: [900, 91] },
        { minimum_detectable_effect: 0.05, baseline_rate: 0.1 },
      );
      expect(result.verdict).toBe('not_significant');
      expect(result.best_variant_id).toBeNull();
    });
  });

  test('a sample that was not shared out as the weights say is not to be believed', async () => {
    await inHouse(async (house) => {
      const result = await measured(
        house,
        { control: [1000, 100], other: [800, 130] },
        { minimum_detectable_effect: 0.2 },
      );
      // chi-square 22.2 with one degree
      expect(result).toMatchObject({
        verdict: 'sample_ratio_mismatch',
        has_sample_ratio_mismatch: true,
        sample_ratio_p_value: expect.closeTo(2.4e-6, 6),
      });
    });
  });

  test('other organizations and other tests do not count', async () => {
    await inHouse(async (house) => {
      await measured({ ...house, cast: theirs }, { control: [50, 5], other: [50, 9] });
      await measured(house, { control: [70, 5], other: [70, 9] });
      const result = await measured(house, { control: [20, 5], other: [20, 9] });
      expect(result).toMatchObject({ assigned: 40, exposed: 40, conversions: 14 });
    });
  });
});
