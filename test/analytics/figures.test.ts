import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { actAs, as, makeCast, sqlstateOf, type Caller, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { rowsOf, taken } from './recording.ts';

const database = testDatabase();
let ours: Cast;
let theirs: Cast;
/** Days of the organization: `day(0)` is today, `day(3)` three days ago. */
let day: (ago: number) => string;

beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
  await rowsOf(database, "update tenancy.organizations set time_zone = 'America/New_York'");
  const [today] = await rowsOf<{ day: string }>(
    database,
    'select platform.today($1)::text as day',
    [ours.organizationId],
  );
  const start = Date.parse(`${today?.day}T00:00:00Z`);
  day = (ago) => new Date(start - ago * 86_400_000).toISOString().slice(0, 10);
});
beforeEach(async () => {
  await database.pool().query(
    `truncate analytics.app_events, analytics.nps_responses, analytics.user_activations, analytics.activation_rules,
              analytics.metrics_log, analytics.pmf_metrics_snapshots, analytics.trimmed_until;
     delete from analytics.metrics_daily;
     delete from tenancy.organization_settings where section = 'analytics'`,
  );
});

/** An answer of one row, whose nested rows are objects too. */
async function ask<T = Record<string, unknown>>(caller: Caller, call: string): Promise<T[]> {
  return as(database, caller, async (client: PoolClient) => {
    const { rows } = await client.query<{ answer: T }>(
      `select to_jsonb(a) as answer from analytics.${call} a`,
    );
    return rows.map((row) => row.answer);
  });
}

/** Has members join on days, and lets them do something on days after. */
async function cohort(members: readonly [Caller, number, readonly number[]][]): Promise<void> {
  await database
    .pool()
    .query("update tenancy.organization_members set joined_at = now() - interval '700 days'");
  for (const [caller, joined, seen] of members) {
    const at = (ago: number, clock: string) =>
      `(date '${day(ago)}' + time '${clock}') at time zone 'America/New_York'`;
    await database
      .pool()
      .query(
        `update tenancy.organization_members set joined_at = ${at(joined, '23:30')} where user_id = $1`,
        [caller.userId],
      );
    for (const ago of seen) {
      await database
        .pool()
        .query(
          `insert into analytics.app_events (organization_id, name, user_id, occurred_at) values ($1, 'login', $2, ${at(ago, '23:45')})`,
          [ours.organizationId, caller.userId],
        );
    }
  }
}

describe('rates of cohorts', () => {
  test('of retention count who came on the day itself, and leave out who is too young', async () => {
    await cohort([
      [ours.owner, 10, [10, 3]],
      [ours.admin, 10, [10, 4, 2]],
      [ours.member, 8, [1]],
      // the seventh day is today, which is not over
      [ours.guest, 7, [7, 0]],
      [ours.left, 400, [393]],
    ]);
    expect(await ask(ours.member, 'calculate_retention_rate(7, 30)')).toEqual([
      {
        from_day: day(30),
        to_day: day(8),
        numerator: 2,
        denominator: 3,
        rate: 66.67,
        cohorts: [
          { day: day(10), numerator: 1, denominator: 2, rate: 50 },
          { day: day(8), numerator: 1, denominator: 1, rate: 100 },
        ],
      },
    ]);
    expect(await ask(ours.member, 'calculate_retention_rate(1, 9)')).toMatchObject([
      { numerator: 0, denominator: 2 },
    ]);
  });

  test('of activation leave out those who still have time', async () => {
    await cohort([
      [ours.owner, 20, [19]],
      [ours.admin, 20, []],
      [ours.member, 16, [15]],
      [ours.guest, 14, [13]],
    ]);
    await rowsOf(database, 'select analytics.note_activations($1)', [ours.organizationId]);
    expect(await ask(ours.member, 'calculate_activation_rate(60)')).toEqual([
      {
        from_day: day(60),
        // A day less for two weeks of spring: that after a day of 23 hours has not had all of its time.
        to_day: expect.stringMatching(`${day(15)}|${day(16)}`) as unknown,
        numerator: 2,
        denominator: 3,
        rate: 66.67,
        cohorts: [
          { day: day(20), numerator: 1, denominator: 2, rate: 50 },
          { day: day(16), numerator: 1, denominator: 1, rate: 100 },
        ],
      },
    ]);
  });

  const keepFor = (days: number) =>
    rowsOf(
      database,
      `insert into tenancy.organization_settings as s (organization_id, section, value)
       values ($1, 'analytics', jsonb_build_object('keepEventsDays', $2::int))
       on conflict (organization_id, section) do update set value = excluded.value`,
      [ours.organizationId, days],
    );

  test('of retention leave out whose day of coming back is no longer kept', async () => {
    await cohort([
      [ours.owner, 40, [33]],
      [ours.admin, 37, [30]],
      [ours.member, 36, [29]],
      [ours.guest, 20, [1]],
    ]);
    await keepFor(30);
    const kept = {
      from_day: day(36),
      to_day: day(8),
      numerator: 1,
      denominator: 2,
      rate: 50,
      cohorts: [
        { day: day(36), numerator: 1, denominator: 1, rate: 100 },
        { day: day(20), numerator: 0, denominator: 1, rate: 0 },
      ],
    };
    expect(await ask(ours.member, 'calculate_retention_rate(7, 90)')).toEqual([kept]);
    await rowsOf(database, 'select analytics.trim_analytics($1)', [ours.organizationId]);
    await keepFor(760);
    expect(await ask(ours.member, 'calculate_retention_rate(7, 90)')).toEqual([kept]);
    expect(await ask(ours.member, 'calculate_retention_rate(7, 20)')).toMatchObject([
      { from_day: day(20), numerator: 0, denominator: 1 },
    ]);
    expect(await ask(ours.member, 'calculate_retention_rate(1, 760)')).toMatchObject([
      { from_day: day(30), denominator: 1 },
    ]);
  });

  test('of activation stay as they were found out when the events of then are gone', async () => {
    await cohort([
      [ours.owner, 60, [59]],
      [ours.admin, 60, []],
      [ours.member, 20, [19]],
    ]);
    const judge = () =>
      rowsOf(database, 'select analytics.note_activations($1) as changed', [ours.organizationId]);
    const activated = () =>
      rowsOf(database, 'select user_id, activated_at from analytics.user_activations order by 1');
    await judge();
    const found = await activated();
    expect(found).toHaveLength(2);
    await keepFor(30);
    await rowsOf(database, 'select analytics.trim_analytics($1)', [ours.organizationId]);
    await keepFor(760);
    expect(await judge()).toEqual([{ changed: 0 }]);
    expect(await activated()).toEqual(found);
  });

  test('are null where nobody has joined', async () => {
    await cohort([]);
    const none = { numerator: 0, denominator: 0, rate: null, cohorts: [] };
    expect(await ask(ours.member, 'calculate_activation_rate(5)')).toMatchObject([none]);
    expect(await ask(ours.member, 'calculate_retention_rate(7, 3)')).toMatchObject([none]);
  });
});

describe('the net promoter score', () => {
  const answered = (scores: readonly [number, number, Caller?][]) =>
    Promise.all(
      scores.map(([score, ago, caller]) =>
        rowsOf(
          database,
          `insert into analytics.nps_responses (organization_id, score, user_id, answered_at)
           values ($1, $2, $3, (date '${day(ago)}' + time '12:00') at time zone 'America/New_York')`,
          [ours.organizationId, score, caller?.userId ?? null],
        ),
      ),
    );

  test('counts the last answer of each person, and every one of people unknown', async () => {
    await answered([
      [9, 5],
      [10, 4],
      [8, 3],
      [6, 2],
      [0, 40],
      [2, 6, ours.member],
      [9, 1, ours.member],
    ]);
    expect(await ask(ours.member, 'calculate_nps(30)')).toEqual([
      { promoters: 3, passives: 1, detractors: 1, n: 5, score: 40 },
    ]);
    expect(await ask(ours.member, 'calculate_nps(2)')).toEqual([
      { promoters: 1, passives: 0, detractors: 0, n: 1, score: 100 },
    ]);
    expect(await ask(theirs.member, 'calculate_nps(30)')).toEqual([
      { promoters: 0, passives: 0, detractors: 0, n: 0, score: null },
    ]);
  });

  test('is asked of everybody, who need not see what others answer', async () => {
    const answer = await actAs(database, ours.guest, (client) =>
      client.query(
        "select score, user_id, category, comment from analytics.answer_nps(9, '  Good. ')",
      ),
    );
    expect(answer.rows).toEqual([
      { score: 9, user_id: ours.guest.userId, category: 'promoter', comment: 'Good.' },
    ]);
    const seen = await as(database, ours.guest, (client) =>
      client.query('select from analytics.nps_responses'),
    );
    expect(seen.rowCount).toBe(0);
    expect(
      await as(database, ours.guest, (client) =>
        sqlstateOf(client, () => client.query('select analytics.answer_nps(11)')),
      ),
    ).toBe('CB002');
  });
});

describe('the snapshot of a day', () => {
  test('is one row, however often it is taken, and is drawn like other metrics', async () => {
    await cohort([
      [ours.owner, 40, [33, 12, 3, 0]],
      [ours.admin, 30, [20, 2]],
      [ours.member, 30, [23, 0]],
    ]);
    await rowsOf(database, 'select analytics.note_activations($1)', [ours.organizationId]);
    // Today's events lie late in the evening, which may not have come yet.
    const snapshot = () =>
      actAs(database, ours.member, async (client) => {
        const { rows } = await client.query<{ row: Record<string, unknown> }>(
          'select to_jsonb(s) as row from analytics.update_pmf_metrics_snapshot() s',
        );
        return rows[0]?.row;
      });
    const first = await snapshot();
    expect(first).toMatchObject({
      day: day(0),
      members: 4,
      active_users_1: 2,
      active_users_7: 3,
      active_users_28: 3,
      stickiness: 66.6667,
      activated: 3,
      activation_base: 3,
      activation_rate: 100,
      retained_7: 2,
      retention_base_7: 3,
      retention_7: 66.67,
      retained_28: 2,
      retention_base_28: 3,
      nps_answers: 0,
      nps_score: null,
    });
    expect(await snapshot()).toMatchObject({ id: first?.['id'] });
    expect(await rowsOf(database, 'select from analytics.pmf_metrics_snapshots')).toHaveLength(1);
    expect(await ask(ours.member, `metric_series('stickiness', '${day(1)}', '${day(0)}')`)).toEqual(
      [
        { bucket: day(1), dimension: null, value: null },
        { bucket: day(0), dimension: null, value: 66.6667 },
      ],
    );
    expect(
      await rowsOf(database, 'select id from analytics.lively_organizations() o (id)'),
    ).toEqual([{ id: ours.organizationId }]);
  });

  test('is taken again for as long as something may be missing in it', async () => {
    const retake = async () => {
      const [row] = await rowsOf<{ taken: number }>(
        database,
        'select analytics.take_pmf_snapshots($1) as taken',
        [ours.organizationId],
      );
      return row?.taken;
    };
    const active = (ago: number) =>
      rowsOf(
        database,
        'select active_users_1 as active from analytics.pmf_metrics_snapshots where organization_id = $1 and day = $2',
        [ours.organizationId, day(ago)],
      );
    /** The last time that a snapshot was taken is an hour before, or after, its day was over. */
    const takenBeforeEnd = (ago: number, isBefore: boolean) =>
      rowsOf(
        database,
        `insert into analytics.pmf_metrics_snapshots
           (organization_id, day, members, active_users_1, active_users_7, active_users_28, activated, activation_base,
            retained_7, retention_base_7, retained_28, retention_base_28, nps_answers, updated_at)
         values ($1, $2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                 ($2::date + 1)::timestamp at time zone 'America/New_York' + $3::interval)`,
        [ours.organizationId, day(ago), isBefore ? '-1 hour' : '1 hour'],
      );
    await cohort([
      [ours.owner, 40, [1, 3, 5]],
      [ours.admin, 40, [1, 3, 4]],
    ]);
    await rowsOf(database, 'update tenancy.organizations set created_at = now()');
    expect(await retake()).toBe(1); // it began today
    await rowsOf(
      database,
      "update tenancy.organizations set created_at = now() - interval '1 year'",
    );
    expect(await retake()).toBe(2);
    expect(await active(1)).toEqual([{ active: 2 }]);
    expect(await retake()).toBe(2);
    // An event of yesterday that comes today counts.
    await cohort([[ours.member, 40, [1]]]);
    await retake();
    expect(await active(1)).toEqual([{ active: 3 }]);
    // No worker was there from the evening of one day until today.
    await takenBeforeEnd(5, false);
    await takenBeforeEnd(4, true);
    expect(await retake()).toBe(5); // those of days 4, 3 and 2 besides yesterday's and today's
    expect(await active(5)).toEqual([{ active: 0 }]);
    expect(await active(4)).toEqual([{ active: 1 }]);
    expect(await active(3)).toEqual([{ active: 2 }]);
    expect(await active(2)).toEqual([{ active: 0 }]);
    expect(await retake()).toBe(2);
    // However long ago it was, four weeks are looked at.
    await rowsOf(database, 'delete from analytics.pmf_metrics_snapshots');
    await takenBeforeEnd(400, true);
    expect(await retake()).toBe(28);
    expect(await retake()).toBe(2);
    // What takes events that are no longer kept is not taken.
    await rowsOf(database, 'delete from analytics.pmf_metrics_snapshots');
    await takenBeforeEnd(400, true);
    await rowsOf(
      database,
      `insert into tenancy.organization_settings (organization_id, section, value)
       values ($1, 'analytics', '{"keepEventsDays": 30}')`,
      [ours.organizationId],
    );
    expect(await retake()).toBe(3);
  });
});

describe('trends', () => {
  type Trend = {
    metric: string;
    points: { day: string; is_anomaly: boolean; expected: number | null }[];
  };
  const keep = (metric: string, values: (ago: number) => number | null, days = 100) =>
    rowsOf(
      database,
      `insert into analytics.metrics_daily (organization_id, metric, day, value)
       select $1, $2, v.day::date, v.value from json_to_recordset($3) as v (day text, value numeric) where v.value is not null`,
      [
        ours.organizationId,
        metric,
        JSON.stringify(
          Array.from({ length: days }, (_none, ago) => ({ day: day(ago), value: values(ago) })),
        ),
      ],
    );

  test('say value, moving average, change and slope, without today, which is not over', async () => {
    await keep('events', (ago) => (ago === 0 ? 1_000_000 : 200 - ago));
    expect(await ask<Trend>(ours.member, 'get_metrics_trends(10)')).toMatchObject([
      {
        metric: 'events',
        day: day(1),
        value: 199,
        moving_average: 196,
        previous_average: 189,
        change: 7,
        change_percent: 3.7,
        slope: 1,
        points: Array.from({ length: 10 }, (_none, number) => ({ day: day(10 - number) })),
      },
    ]);
  });

  test('know the rhythm of the week: a quiet Sunday is no anomaly, a quiet Monday is', async () => {
    const weekday = (ago: number) => new Date(`${day(ago)}T12:00:00Z`).getUTCDay();
    const monday = [8, 9, 10, 11, 12, 13, 14].find((ago) => weekday(ago) === 1) ?? 0;
    await keep('events', (ago) =>
      ago === monday ? 5 : weekday(ago) === 0 ? 4 + (ago % 3) : 100 + (ago % 5),
    );
    const [trend] = await ask<Trend>(ours.member, 'get_metrics_trends(20)');
    expect(trend?.points.filter((point) => point.is_anomaly).map((point) => point.day)).toEqual([
      day(monday),
    ]);
  });

  test('call nothing an anomaly while too little is known, and a day that breaks what was always alike', async () => {
    await keep('events', (ago) => (ago === 1 ? 900 : 7), 27);
    const [young] = await ask<Trend>(ours.member, 'get_metrics_trends(10)');
    expect(young?.points.some((point) => point.is_anomaly || point.expected !== null)).toBe(false);
    await rowsOf(database, 'delete from analytics.metrics_daily');
    await keep('events', (ago) => (ago === 1 ? 8 : 7));
    const [alike] = await ask<Trend>(ours.member, 'get_metrics_trends(10)');
    expect(alike?.points.filter((point) => point.is_anomaly).map((point) => point.day)).toEqual([
      day(1),
    ]);
  });

  test('expect of a day the median of the same weekday in eight weeks, days unknown left out', async () => {
    const gaps = [2, 3, 4, 15, 43, 60];
    const value = (ago: number) => (gaps.includes(ago) ? null : (ago * 37) % 101);
    await keep('bounce_rate', value, 65);
    const [trend] = await ask<Trend>(ours.member, 'get_metrics_trends(30)');
    const expected = (ago: number) => {
      const known = [7, 14, 21, 28, 35, 42, 49, 56]
        .flatMap((before) => (ago + before < 65 ? (value(ago + before) ?? []) : []))
        .sort((a, b) => a - b);
      const half = known.length / 2;
      if (known.length < 4) return null;
      return ((known[Math.ceil(half) - 1] ?? 0) + (known[Math.floor(half)] ?? 0)) / 2;
    };
    expect(trend?.points.map((point) => [point.day, point.expected])).toEqual(
      Array.from({ length: 30 }, (_none, number) => [day(30 - number), expected(30 - number)]),
    );
  });

  test('take a day without anything for none of it, but not for a ratio of nothing', async () => {
    await keep('events', (ago) => (ago === 2 ? null : 10));
    await keep('bounce_rate', (ago) => (ago === 2 ? null : 10));
    const trends = await ask<Trend & { moving_average: number }>(
      ours.member,
      'get_metrics_trends(5)',
    );
    expect(trends.map((trend) => [trend.metric, trend.moving_average])).toEqual([
      ['events', 8.5714],
      ['bounce_rate', 10],
    ]);
    expect(await ask(theirs.member, 'get_metrics_trends(5)')).toEqual([]);
  });

  test('have a dashboard: the last week, the one before, the last four', async () => {
    await keep('events', (ago) => (ago < 7 ? 3 : 1));
    await keep('active_users', (ago) => (ago < 7 ? 4 : 2));
    await rowsOf(
      database,
      `insert into analytics.metrics_daily (organization_id, metric, day, value, numerator, denominator)
       values ($1, 'bounce_rate', $2, 50, 1, 2), ($1, 'bounce_rate', $3, 0, 0, 8)`,
      [ours.organizationId, day(0), day(1)],
    );
    expect(await ask(ours.member, 'metrics_dashboard')).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          metric: 'events',
          latest_value: 3,
          last_7_days: 21,
          previous_7_days: 7,
          last_28_days: 42,
        }),
        expect.objectContaining({ metric: 'active_users', last_7_days: 4, previous_7_days: 2 }),
        expect.objectContaining({ metric: 'bounce_rate', last_7_days: 10, previous_7_days: null }),
      ]),
    );
    expect(await ask(ours.guest, 'metrics_dashboard')).toEqual([]);
  });
});

describe('recorded values', () => {
  const values = [
    {
      metric: 'page_load',
      value: 120,
      source: 'portal',
      kind: 'performance',
      unit: 'ms',
      labels: { path: '/' },
    },
    { metric: 'page_load', value: 90, source: 'portal', kind: 'performance' },
    { metric: 'bar.takings', value: 1234.5, unit: 'EUR' },
    { metric: 'page_load', value: 300, source: 'app' },
  ];

  test('go in, wrong ones come back, and the newest of each source and metric are found', async () => {
    const answer = await actAs(database, ours.member, (client) =>
      taken(
        client,
        [
          ...values,
          { metric: 'Page', value: 1 },
          { metric: 'page_load' },
          { metric: 'page_load', value: 'fast' },
          { metric: 'page_load', value: 1, kind: 'other' },
          { metric: 'page_load', value: 1, id: 'x' },
          { metric: 'page_load', value: 1, occurredAt: '2001-01-01T00:00:00Z' },
          7,
        ],
        'record_metrics',
      ),
    );
    expect(answer).toMatchObject({ inserted: 4, duplicates: 0 });
    expect(answer.rejected.map((row) => [row.index, row.field])).toEqual([
      [4, 'metric'],
      [5, 'value'],
      [6, 'value'],
      [7, 'kind'],
      [8, 'id'],
      [9, 'occurredAt'],
      [10, null],
    ]);
    const latest = (count: number) =>
      ask<{ source: string; metric: string; value: number }>(
        ours.member,
        `get_latest_metrics_per_source(${count})`,
      );
    expect((await latest(1)).map((row) => [row.source, row.metric])).toEqual([
      ['', 'bar.takings'],
      ['app', 'page_load'],
      ['portal', 'page_load'],
    ]);
    expect(await latest(5)).toHaveLength(4);
    expect(await ask(theirs.member, 'get_latest_metrics_per_source(5)')).toEqual([]);
    expect(await ask(ours.member, 'list_recorded_metrics()')).toEqual([
      { metric: 'bar.takings', sources: [''] },
      { metric: 'page_load', sources: ['app', 'portal'] },
    ]);
  });

  test('are recorded once with an id', async () => {
    const row = {
      id: 'a0000000-0000-4000-8000-00000000ffff',
      metric: 'page_load',
      value: 1,
      occurredAt: `${day(2)}T12:00:00Z`,
    };
    const send = () =>
      actAs(database, ours.member, (client) => taken(client, [row, row], 'record_metrics'));
    expect(await send()).toMatchObject({ inserted: 1, duplicates: 1 });
    expect(await send()).toMatchObject({ inserted: 0, duplicates: 2 });
  });
});

test.each([
  ['calculate_activation_rate(0)', 'CB002'],
  ['calculate_activation_rate(null)', 'CB002'],
  ['calculate_retention_rate(0, 5)', 'CB002'],
  ['calculate_retention_rate(5, 761)', 'CB002'],
  ['calculate_nps(-1)', 'CB002'],
  ['get_metrics_trends(0)', 'CB002'],
  ['get_latest_metrics_per_source(101)', 'CB002'],
])('%s is refused', async (call, code) => {
  const state = await as(database, ours.member, (client) =>
    sqlstateOf(client, () => client.query(`select * from analytics.${call}`)),
  );
  expect(state).toBe(code);
});

test.each([
  'calculate_activation_rate()',
  'calculate_retention_rate()',
  'calculate_nps()',
  'get_metrics_trends()',
  'get_latest_metrics_per_source()',
  'list_recorded_metrics()',
  'update_pmf_metrics_snapshot()',
  "record_metrics('[]')",
])('%s is not for guests', async (call) => {
  const state = await as(database, ours.guest, (client) =>
    sqlstateOf(client, () => client.query(`select * from analytics.${call}`)),
  );
  expect(state).toBe('CB003');
});
