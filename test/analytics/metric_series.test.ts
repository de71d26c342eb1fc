import { beforeAll, describe, expect, test } from '@jest/globals';
import { as, makeCast, sqlstateOf, type Caller, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';

const database = testDatabase();
let ours: Cast;
let theirs: Cast;

type Point = [bucket: string, dimension: string | null, value: number | null];

const series = (
  caller: Caller,
  metric: string,
  from: string,
  to: string,
  grain: string | null = 'day',
  dimension: string | null = null,
): Promise<Point[]> =>
  as(database, caller, async (client) => {
    const { rows } = await client.query<{
      bucket: string;
      dimension: string | null;
      value: string | null;
    }>(
      'select s.bucket::text, s.dimension, s.value from analytics.metric_series($1, $2, $3, $4, $5) s',
      [metric, from, to, grain, dimension],
    );
    return rows.map((row) => [
      row.bucket,
      row.dimension,
      row.value === null ? null : Number(row.value),
    ]);
  });

beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
  const pool = database.pool();
  await pool.query("update tenancy.organizations set time_zone = 'America/New_York'");
  await pool.query(
    `insert into analytics.metrics_daily (organization_id, metric, dimension, dimension_value, day, value, numerator, denominator)
     select o.id, m.metric, m.dimension, m.member, m.day::date, m.value * o.times, m.numerator, m.denominator
       from (values ($1::uuid, 1), ($2::uuid, 100)) as o (id, times)
      cross join (values
              ('events', '', '', '2026-03-01', 5, null, null),
              ('events', '', '', '2026-03-02', 7, null, null),
              ('events', '', '', '2026-03-09', 1, null, null),
              ('events', 'event', 'project_opened', '2026-03-02', 4, null, null),
              ('events', 'event', 'file_uploaded', '2026-03-09', 3, null, null),
              ('bounce_rate', '', '', '2026-03-02', 50, 1, 2),
              ('bounce_rate', '', '', '2026-03-03', 10, 1, 10),
              ('activation_rate', '', '', '2026-03-02', 20, 1, 5),
              ('activation_rate', '', '', '2026-03-04', 40, 2, 5)
            ) as m (metric, dimension, member, day, value, numerator, denominator)`,
    [ours.organizationId, theirs.organizationId],
  );
  // A day begins at midnight in New York: half past four on the 2nd, Greenwich time, is still the 1st.
  await pool.query(
    `insert into analytics.app_events (organization_id, name, user_id, occurred_at)
     select $1, 'project_opened', u.id::uuid, u.at::timestamptz
       from (values ($2, '2026-03-02 04:30Z'), ($2, '2026-03-02 06:00Z'), ($3, '2026-03-08 20:00Z'),
                    ($2, '2026-03-08 20:00Z'), ($3, '2026-03-09 12:00Z'), (null, '2026-03-05 12:00Z')) as u (id, at)`,
    [ours.organizationId, ours.owner.userId, ours.member.userId],
  );
  await pool.query(
    `insert into analytics.metrics_log (organization_id, metric, source, value, labels, occurred_at)
     values ($1, 'page_load', 'web', 100, '{"path": "/a"}', '2026-03-02 12:00Z'),
            ($1, 'page_load', 'web', 300, '{"path": "/b"}', '2026-03-02 13:00Z'),
            ($1, 'page_load', 'ios', 50, '{}', '2026-03-04 12:00Z'),
            ($2, 'page_load', 'web', 9000, '{}', '2026-03-02 12:00Z'),
            ($2, 'theirs_alone', 'web', 1, '{}', '2026-03-02 12:00Z')`,
    [ours.organizationId, theirs.organizationId],
  );
});

describe('a series of a metric', () => {
  test('has a point for each day, nothing being none, and nothing of other organizations', async () => {
    expect(await series(ours.member, 'events', '2026-03-01', '2026-03-03')).toEqual([
      ['2026-03-01', null, 5],
      ['2026-03-02', null, 7],
      ['2026-03-03', null, 0],
    ]);
    expect(await series(theirs.member, 'events', '2026-03-01', '2026-03-01')).toEqual([
      ['2026-03-01', null, 500],
    ]);
  });

  test('adds days up to weeks from Monday, of which only the days asked for count', async () => {
    expect(await series(ours.member, 'events', '2026-03-01', '2026-03-09', 'week')).toEqual([
      ['2026-02-23', null, 5],
      ['2026-03-02', null, 7],
      ['2026-03-09', null, 1],
    ]);
    expect(await series(ours.member, 'events', '2026-03-02', '2026-03-09', 'quarter')).toEqual([
      ['2026-01-01', null, 8],
    ]);
  });

  test('has a line for each value of a dimension', async () => {
    expect(
      await series(ours.member, 'events', '2026-03-02', '2026-03-09', 'week', 'event'),
    ).toEqual([
      ['2026-03-02', 'file_uploaded', 0],
      ['2026-03-09', 'file_uploaded', 3],
      ['2026-03-02', 'project_opened', 4],
      ['2026-03-09', 'project_opened', 0],
    ]);
  });

  test('is a ratio of sums, not a mean of ratios, and null where there is nothing to divide by', async () => {
    expect(await series(ours.member, 'bounce_rate', '2026-02-23', '2026-03-08', 'week')).toEqual([
      ['2026-02-23', null, null],
      ['2026-03-02', null, 16.6667],
    ]);
  });

  test('takes the newest of what is a state', async () => {
    expect(
      await series(ours.member, 'activation_rate', '2026-03-01', '2026-03-31', 'month'),
    ).toEqual([['2026-03-01', null, 40]]);
  });

  test('counts a user once in a week, by the days of the organization', async () => {
    expect(await series(ours.member, 'active_users', '2026-03-01', '2026-03-09', 'week')).toEqual([
      ['2026-02-23', null, 1],
      ['2026-03-02', null, 2],
      ['2026-03-09', null, 1],
    ]);
    expect(
      await series(ours.member, 'active_users', '2026-03-02', '2026-03-09', 'month', 'event'),
    ).toEqual([['2026-03-01', 'project_opened', 2]]);
  });

  test('averages what was recorded, as a whole, by source or by a label', async () => {
    expect(await series(ours.member, 'page_load', '2026-03-02', '2026-03-04')).toEqual([
      ['2026-03-02', null, 200],
      ['2026-03-03', null, null],
      ['2026-03-04', null, 50],
    ]);
    expect(
      await series(ours.member, 'page_load', '2026-03-02', '2026-03-02', 'month', 'path'),
    ).toEqual([
      ['2026-03-01', '/a', 100],
      ['2026-03-01', '/b', 300],
    ]);
  });

  test('ends today', async () => {
    const { rows } = await database
      .pool()
      .query<{ today: string }>('select platform.today($1)::text as today', [ours.organizationId]);
    const today = rows[0]?.today ?? '';
    expect(await series(ours.member, 'events', today, '2031-01-01')).toEqual([[today, null, 0]]);
  });

  test.each([
    ['an unknown metric', 'nonsense', '2026-03-01', '2026-03-02', 'day', null, 'CB002'],
    [
      'a metric that others record',
      'theirs_alone',
      '2026-03-01',
      '2026-03-02',
      'day',
      null,
      'CB002',
    ],
    ['a grain that is none', 'events', '2026-03-01', '2026-03-02', 'fortnight', null, 'CB002'],
    ['no grain', 'events', '2026-03-01', '2026-03-02', null, null, 'CB002'],
    ['days the wrong way round', 'events', '2026-03-02', '2026-03-01', 'day', null, 'CB002'],
    ['an endless span', 'events', '-infinity', '2026-03-01', 'day', null, 'CB002'],
    ['more than ten years', 'events', '2010-03-02', '2026-03-01', 'day', null, 'CB002'],
    [
      'a dimension that is not kept',
      'sign_ups',
      '2026-03-01',
      '2026-03-02',
      'day',
      'event',
      'CB002',
    ],
  ])('is refused for %s', async (_what, ...[metric, from, to, grain, dimension, code]) => {
    const state = await as(database, ours.member, (client) =>
      sqlstateOf(client, () =>
        client.query('select * from analytics.metric_series($1, $2, $3, $4, $5)', [
          metric,
          from,
          to,
          grain,
          dimension,
        ]),
      ),
    );
    expect(state).toBe(code);
  });

  test('is for those who may read analytics', async () => {
    const state = await as(database, ours.guest, (client) =>
      sqlstateOf(client, () =>
        client.query("select * from analytics.metric_series('events', '2026-03-01', '2026-03-02')"),
      ),
    );
    expect(state).toBe('CB003');
  });
});
