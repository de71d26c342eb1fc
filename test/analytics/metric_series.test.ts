import { beforeAll, describe, expect, test } from '@jest/globals';
import { as, makeCast, sqlstateOf, type Caller, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { rowsOf } from './recording.ts';

const database = testDatabase();
let ours: Cast;
let theirs: Cast;
/** A Monday, and the day that comes so many days after it. */
let monday: string;
const after = (days: number) =>
  new Date(Date.parse(`${monday}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);

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
  // Of a month whose events are still kept, the first Monday.
  const [found] = await rowsOf<{ day: string }>(
    database,
    `select d.day::date::text as day
       from generate_series(
              date_trunc('month', now() - interval '3 months'), now() - interval '1 month', interval '1 day') as d (day)
      where extract(isodow from d.day) = 1 and extract(day from d.day) <= 7
      limit 1`,
  );
  monday = found?.day ?? '';
  // A day begins at midnight in New York: half past eleven on Sunday there is Monday in Greenwich.
  await pool.query(
    `insert into analytics.app_events (organization_id, name, user_id, occurred_at)
     select $1, 'project_opened', u.id::uuid, ($4::date + u.days + u.clock::time) at time zone 'America/New_York'
       from (values ($2, -1, '23:30'), ($2, 0, '01:00'), ($3, 6, '16:00'), ($2, 6, '16:00'), ($3, 7, '08:00'),
                    (null, 3, '08:00')) as u (id, days, clock)`,
    [ours.organizationId, ours.owner.userId, ours.member.userId, monday],
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
    expect(await series(ours.member, 'active_users', after(-1), after(7), 'week')).toEqual([
      [after(-7), null, 1],
      [monday, null, 2],
      [after(7), null, 1],
    ]);
    expect(await series(ours.member, 'active_users', monday, after(7), 'month', 'event')).toEqual([
      [`${monday.slice(0, 7)}-01`, 'project_opened', 2],
    ]);
  });

  test('begins with the first of two midnights', async () => {
    await database
      .pool()
      .query("update tenancy.organizations set time_zone = 'Atlantic/Azores' where id = $1", [
        theirs.organizationId,
      ]);
    const [back] = await rowsOf<{ day: string; month: string }>(
      database,
      `select d.day::date::text as day, date_trunc('month', d.day)::date::text as month
         from generate_series(now() - interval '400 days', now() - interval '2 days', interval '1 day') as d (day)
        where extract(isodow from d.day) = 7 and extract(month from d.day) = 10 and extract(day from d.day) >= 25
        order by 1 desc
        limit 1`,
    );
    // The clocks there go as in Greenwich until one, and are then put back.
    await database.pool().query(
      `insert into analytics.app_events (organization_id, name, user_id, occurred_at)
       select $1, 'login', $2, $3::date at time zone 'UTC' + interval '30 minutes'`,
      [theirs.organizationId, theirs.owner.userId, back?.day],
    );
    await database.pool().query(
      `insert into analytics.metrics_log (organization_id, metric, value, occurred_at)
       select $1, 'load', 5, $2::date at time zone 'UTC' + interval '30 minutes'`,
      [theirs.organizationId, back?.day],
    );
    const of = (metric: string, from: string, to: string) =>
      series(theirs.member, metric, from, to, 'month');
    const { day = '', month = '' } = back ?? {};
    const before = new Date(Date.parse(`${day}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
    expect(await of('active_users', day, day)).toEqual([[month, null, 1]]);
    expect(await of('active_users', before, before)).toEqual([[month, null, 0]]);
    expect(await of('load', day, day)).toEqual([[month, null, 5]]);
    expect(await of('load', before, before)).toEqual([[month, null, null]]);
  });

  test('says of users only what the events that are kept tell', async () => {
    const settings = (value: string) =>
      rowsOf(
        database,
        `insert into tenancy.organization_settings as s (organization_id, section, value) values ($1, 'analytics', $2)
         on conflict (organization_id, section) do update set value = excluded.value`,
        [ours.organizationId, value],
      );
    const [kept] = await rowsOf<{ today: string; first: string; before: string }>(
      database,
      `select d.today::text, (d.today - 29)::text as first, (d.today - 30)::text as before
         from (select platform.today($1) as today) d`,
      [ours.organizationId],
    );
    const { today = '', first = '', before = '' } = kept ?? {};
    await rowsOf(
      database,
      `insert into analytics.metrics_daily (organization_id, metric, day, value) values ($1, 'active_users', $2, 3)`,
      [ours.organizationId, before],
    );
    await settings('{"keepEventsDays": 30}');
    const users = async (from: string, dimension: string | null = null) =>
      (await series(ours.member, 'active_users', from, today, 'year', dimension)).map(
        ([, , value]) => value,
      );
    expect((await users(first)).at(-1)).toBe(0);
    expect((await users(before))[0]).toBe(null);
    expect(await users(after(-1), 'event')).not.toContain(2);
    // Days stay as they were computed, and what others keep is theirs.
    expect(await series(ours.member, 'active_users', before, before)).toEqual([[before, null, 3]]);
    expect((await series(theirs.member, 'active_users', before, today, 'year'))[0]?.[2]).not.toBe(
      null,
    );
    // No events, no answer: also when they are to be kept for longer from now on.
    await rowsOf(database, 'select analytics.trim_analytics($1)', [ours.organizationId]);
    await settings('{}');
    expect((await users(before))[0]).toBe(null);
  });

  test('tells of the first day that is kept in the active organization alone', async () => {
    const asked = (cast: Cast) =>
      as(database, ours.guest, (client) =>
        sqlstateOf(client, () =>
          client.query("select analytics.first_day_kept($1, 'UTC')", [cast.organizationId]),
        ),
      );
    expect(await asked(ours)).toBe(undefined);
    expect(await asked(theirs)).toBe('CB003');
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
