import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { actAs, as, makeCast, sqlstateOf, type Caller, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { randomId, record, rowsOf } from './recording.ts';

const database = testDatabase();
let ours: Cast;
let theirs: Cast;
/** The first of 60 days that the events of these tests lie in. */
let firstDay: string;

beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
  const [row] = await rowsOf<{ day: string }>(
    database,
    "select (now() - interval '70 days')::date::text as day",
  );
  firstDay = row?.day ?? '';
});
beforeEach(async () => {
  await database.pool().query(
    `truncate analytics.app_events, analytics.dirty_days, analytics.open_days, analytics.event_batches, analytics.sessions;
     delete from analytics.metrics_daily;
     update tenancy.organizations set time_zone = 'UTC';
     delete from analytics.dirty_days`,
  );
});

const recompute = async (caller: Caller, from: string, to: string): Promise<number> =>
  actAs(database, caller, async (client) => {
    const { rows } = await client.query<{ changed: number }>(
      'select analytics.recompute_metrics_daily($1, $2) as changed',
      [from, to],
    );
    return rows[0]?.changed ?? NaN;
  });

/** The figures of events of an organization as they are kept. */
const KEPT = `
  select m.metric, m.dimension, m.dimension_value, m.day::text, m.value::float8
    from analytics.metrics_daily m
   where m.organization_id = $1 and m.metric in ('events', 'active_users', 'event_value')
   order by 1, 2, 3, 4`;

/** The same figures, as plainly as they can be written down. */
const PLAIN = `
  select f.metric, g.dimension, g.dimension_value, g.day::text, f.value::float8
    from (
           select (e.occurred_at at time zone o.time_zone)::date as day, d.dimension, d.dimension_value,
                  count(*) as events, nullif(count(distinct e.user_id), 0) as users, sum(e.value) as value
             from analytics.app_events e
             join tenancy.organizations o on o.id = e.organization_id
            cross join lateral (values ('', ''), ('event', e.name), ('source', e.source)) as d (dimension, dimension_value)
            where e.organization_id = $1
            group by 1, 2, 3
         ) g
   cross join lateral (values ('events', g.events), ('active_users', g.users), ('event_value', g.value)) as f (metric, value)
   where f.value is not null
   order by 1, 2, 3, 4`;

const figures = (query: string, cast: Cast) => rowsOf(database, query, [cast.organizationId]);

/** Events all over 60 days, the same each time, of both organizations. */
async function scatter(): Promise<void> {
  await database.pool().query(
    `insert into analytics.app_events (organization_id, occurred_at, name, user_id, source, value)
     select o.id, $1::date + (h.number % 86400000) * interval '60 milliseconds',
            (array['login', 'project_opened', 'file_uploaded', 'order.paid'])[1 + h.number % 4],
            o.users[1 + h.number / 7 % 6], (array['web', 'ios'])[1 + h.number / 11 % 2],
            case when h.number % 4 = 3 then h.number % 97 - 20 end
       from (values ($2::uuid, $3::uuid[], 3000), ($4, $5, 500)) as o (id, users, times)
      cross join lateral generate_series(1, o.times) n
      cross join lateral (select hashint4(n)::bigint & 2147483647 as number) h`,
    [
      firstDay,
      ours.organizationId,
      // of one in six nobody knows who it was
      [ours.owner, ours.admin, ours.member, ours.guest, ours.left]
        .map((caller) => caller.userId)
        .concat([undefined]),
      theirs.organizationId,
      [theirs.owner.userId],
    ],
  );
}

const lastDay = () => dayOf(75);
const dayOf = (number: number) =>
  new Date(Date.parse(`${firstDay}T00:00:00Z`) + number * 86_400_000).toISOString().slice(0, 10);

describe('figures of days', () => {
  test.each(['UTC', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Auckland'])(
    'are what a plain query says, in %s',
    async (zone) => {
      await scatter();
      await database
        .pool()
        .query('update tenancy.organizations set time_zone = $2 where id = $1', [
          ours.organizationId,
          zone,
        ]);
      await recompute(ours.member, dayOf(-1), lastDay());
      const kept = await figures(KEPT, ours);
      expect(kept.length).toBeGreaterThan(500);
      expect(kept).toEqual(await figures(PLAIN, ours));
      expect(await figures(KEPT, theirs)).toEqual([]);
    },
  );

  test('are what a plain query says where nobody does anything twice, and of a day by itself', async () => {
    await database.pool().query(
      `insert into analytics.app_events (organization_id, occurred_at, name, user_id, source, value)
       select $1, $2::date + n * interval '17 minutes', (array['login', 'order.paid'])[1 + n % 2],
              case when n % 9 > 0 then md5(n::text)::uuid end, 'web', case when n % 5 = 0 then n end
         from generate_series(1, 500) n`,
      [ours.organizationId, firstDay],
    );
    await recompute(ours.member, dayOf(0), dayOf(8));
    const right = await figures(PLAIN, ours);
    expect(await figures(KEPT, ours)).toEqual(right);
    await database.pool().query('delete from analytics.metrics_daily');
    for (const number of [0, 1, 2, 3, 4, 5, 6])
      await recompute(ours.member, dayOf(number), dayOf(number));
    expect(await figures(KEPT, ours)).toEqual(right);
  });

  test('are the same when they are computed again, and say so', async () => {
    await scatter();
    expect(await recompute(ours.member, dayOf(0), lastDay())).toBeGreaterThan(500);
    const ids = await rowsOf(
      database,
      'select id, computed_at from analytics.metrics_daily order by id',
    );
    expect(await recompute(ours.owner, dayOf(0), lastDay())).toBe(0);
    expect(
      await rowsOf(database, 'select id, computed_at from analytics.metrics_daily order by id'),
    ).toEqual(ids);
  });

  test.each([
    // Clocks go forward in the night to a Sunday in March, so that the day has 23 hours, and back in November.
    ['23 hours', 'America/New_York', 3, 8, 14, 23],
    ['25 hours', 'America/New_York', 11, 1, 7, 25],
    ['25 hours, of which the first comes twice,', 'Atlantic/Azores', 10, 25, 31, 25],
    ['25 hours, of which the first comes twice,', 'America/Havana', 11, 1, 7, 25],
  ])('of a day of %s in %s count each hour of it', async (_what, zone, month, from, to, hours) => {
    const [day] = await rowsOf<{ day: string }>(
      database,
      `select d.day::date::text as day
         from generate_series(now() - interval '700 days', now() - interval '2 days', interval '1 day') as d (day)
        where extract(isodow from d.day) = 7 and extract(month from d.day) = $1
          and extract(day from d.day) between $2 and $3
        order by 1 desc
        limit 1`,
      [month, from, to],
    );
    await database
      .pool()
      .query('update tenancy.organizations set time_zone = $2 where id = $1', [
        ours.organizationId,
        zone,
      ]);
    // An event, and a visit, on each half hour around the day.
    await database.pool().query(
      `insert into analytics.app_events (organization_id, name, occurred_at)
       select $1, 'tick', g
         from generate_series(($2::date - 1)::timestamp at time zone 'UTC' + interval '15 minutes',
                              ($2::date + 3)::timestamp at time zone 'UTC', interval '30 minutes') g`,
      [ours.organizationId, day?.day],
    );
    await database.pool().query(
      `insert into analytics.sessions (organization_id, anonymous_id, started_at, ended_at, event_count, source, entry_event)
       select organization_id, id::text, occurred_at, occurred_at, 1, 'web', 'tick' from analytics.app_events`,
    );
    // Together, and each by itself, which leaves its neighbours alone.
    for (const [first, last] of [
      [-2, 3],
      [0, 0],
      [1, 1],
      [-1, -1],
    ]) {
      await database
        .pool()
        .query('select analytics.recompute_days($1, $2::date + $3::int, $2::date + $4::int)', [
          ours.organizationId,
          day?.day,
          first,
          last,
        ]);
      expect(await figures(KEPT, ours)).toEqual(await figures(PLAIN, ours));
      expect(
        await rowsOf(
          database,
          `select metric, value::float8 from analytics.metrics_daily
            where metric in ('events', 'sessions') and dimension = '' and day = $1 order by metric`,
          [day?.day],
        ),
      ).toEqual([
        { metric: 'events', value: 2 * hours },
        { metric: 'sessions', value: 2 * hours },
      ]);
    }
  });

  test('that are gone are removed, and those of other days and of snapshots stay', async () => {
    await scatter();
    await recompute(ours.member, dayOf(0), lastDay());
    await database.pool().query(
      `insert into analytics.metrics_daily (organization_id, metric, day, value)
       values ($1, 'stickiness', $2, 12), ($3, 'events', $2, 1)`,
      [ours.organizationId, dayOf(5), theirs.organizationId],
    );
    await database
      .pool()
      .query('delete from analytics.app_events where organization_id = $1 and occurred_at < $2', [
        ours.organizationId,
        dayOf(10),
      ]);
    expect(await recompute(ours.member, dayOf(0), dayOf(4))).toBeGreaterThan(0);
    const days = await rowsOf<{ day: string }>(
      database,
      "select distinct day::text from analytics.metrics_daily where organization_id = $1 and metric = 'events' order by 1",
      [ours.organizationId],
    );
    expect(days[0]).toEqual({ day: dayOf(5) });
    await recompute(ours.member, dayOf(5), dayOf(9));
    expect(
      await rowsOf(
        database,
        'select organization_id, metric from analytics.metrics_daily where day = $1 order by metric',
        [dayOf(5)],
      ),
    ).toEqual([
      { organization_id: theirs.organizationId, metric: 'events' },
      { organization_id: ours.organizationId, metric: 'stickiness' },
    ]);
  });

  test('whose events are no longer kept stay as they are', async () => {
    const [old] = await rowsOf<{ day: string }>(
      database,
      "select (now() - interval '800 days')::date::text as day",
    );
    await database
      .pool()
      .query(
        "insert into analytics.metrics_daily (organization_id, metric, day, value) values ($1, 'events', $2, 7)",
        [ours.organizationId, old?.day],
      );
    expect(await recompute(ours.member, old?.day ?? '', old?.day ?? '')).toBe(0);
    expect(await rowsOf(database, 'select value::int from analytics.metrics_daily')).toEqual([
      { value: 7 },
    ]);
  });

  test('whose events were deleted stay as they are, also when events are kept for longer again', async () => {
    const pool = database.pool();
    const keepFor = (days: number) =>
      pool.query(
        `insert into tenancy.organization_settings as s (organization_id, section, value)
         values ($1, 'analytics', jsonb_build_object('keepEventsDays', $2::int))
         on conflict (organization_id, section) do update set value = excluded.value`,
        [ours.organizationId, days],
      );
    await scatter();
    await recompute(ours.member, dayOf(-1), lastDay());
    const right = await figures(KEPT, ours);
    const visits = () => rowsOf(database, 'select from analytics.sessions');
    await pool.query(
      `insert into analytics.sessions (organization_id, anonymous_id, started_at, ended_at, event_count, source, entry_event)
       values ($1, 'one', $2::date, $2::date, 1, 'web', 'login'),
              ($1, 'two', $2::date, $2::date + 60, 1, 'web', 'login')`,
      [ours.organizationId, firstDay],
    );
    await keepFor(30);
    // Some at a time: what is half gone is gone.
    const trim = () =>
      rowsOf(database, 'select analytics.trim_analytics($1, 100) as deleted', [
        ours.organizationId,
      ]);
    expect(await trim()).toEqual([{ deleted: 100 }]);
    expect(await visits()).toHaveLength(1);
    await keepFor(760);
    expect(await recompute(ours.member, dayOf(-1), lastDay())).toBe(0);
    expect(await trim()).toEqual([{ deleted: 100 }]);
    expect(await recompute(ours.member, dayOf(-1), lastDay())).toBe(0);
    expect(await figures(KEPT, ours)).toEqual(right);
    // Nor does one day by itself, as a job has it for an answer that comes late.
    await pool.query('select analytics.recompute_days($1, $2, $2)', [
      ours.organizationId,
      dayOf(5),
    ]);
    expect(await figures(KEPT, ours)).toEqual(right);
    // What is sent of those days is not taken, nor does another organization know anything of it.
    const event = { id: randomId(), name: 'login', occurredAt: `${dayOf(5)}T12:00:00Z` };
    expect(await record(database, ours.member, [event])).toMatchObject({
      inserted: 0,
      rejected: [{ field: 'occurredAt' }],
    });
    expect(await record(database, theirs.member, [event])).toMatchObject({ inserted: 1 });
    await pool.query(
      "delete from tenancy.organization_settings where section = 'analytics'; truncate analytics.trimmed_until",
    );
  });

  test('of visits, members and answers are kept as well, ratios with what they are of', async () => {
    const pool = database.pool();
    await pool.query(
      `insert into analytics.sessions (organization_id, anonymous_id, started_at, ended_at, event_count, source, entry_event)
       select $1, 'v' || n, $2::date + interval '9 hours', $2::date + interval '9 hours' + (n - 1) * interval '10 minutes',
              n, case n when 3 then 'ios' else 'web' end, 'login'
         from generate_series(1, 3) n`,
      [ours.organizationId, dayOf(3)],
    );
    await pool.query(
      `insert into analytics.nps_responses (organization_id, score, answered_at, created_at)
       select $1, s, $2::date + interval '1 hour', $2::date + interval '1 hour' from unnest('{10,9,8,3}'::int[]) s`,
      [ours.organizationId, dayOf(3)],
    );
    await recompute(ours.member, dayOf(0), lastDay());
    const kept = await rowsOf(
      database,
      `select metric, dimension_value as of, value::float8, numerator::float8, denominator::float8
         from analytics.metrics_daily where organization_id = $1 and day = $2 order by 1, 2`,
      [ours.organizationId, dayOf(3)],
    );
    const of = (
      metric: string,
      value: number,
      numerator: number | null = null,
      denominator: number | null = null,
      source = '',
    ) => ({ metric, of: source, value, numerator, denominator });
    expect(kept).toEqual([
      of('bounce_rate', 33.3333, 1, 3),
      of('bounce_rate', 0, 0, 1, 'ios'),
      of('bounce_rate', 50, 1, 2, 'web'),
      of('nps', 25, 1, 4),
      of('nps_answers', 4),
      of('session_minutes', 10, 30, 3),
      of('session_minutes', 20, 20, 1, 'ios'),
      of('session_minutes', 5, 10, 2, 'web'),
      of('sessions', 3),
      of('sessions', 1, null, null, 'ios'),
      of('sessions', 2, null, null, 'web'),
    ]);
    const [today] = await rowsOf<{ joined: number }>(
      database,
      'select count(*)::int as joined from tenancy.organization_members where organization_id = $1',
      [ours.organizationId],
    );
    const [day] = await rowsOf<{ day: string }>(database, 'select now()::date::text as day');
    await recompute(ours.member, day?.day ?? '', day?.day ?? '');
    expect(
      await rowsOf(
        database,
        "select value::int as joined from analytics.metrics_daily where metric = 'sign_ups' and organization_id = $1",
        [ours.organizationId],
      ),
    ).toEqual([today]);
  });

  test('of a day that a late event comes for are computed by job, and no others', async () => {
    await scatter();
    await recompute(ours.member, dayOf(-1), lastDay());
    await database.pool().query('truncate analytics.dirty_days');
    // As if nobody had ever looked at any other day.
    await database.pool().query('update analytics.metrics_daily set value = -1, numerator = null');
    await record(database, ours.member, [
      {
        id: randomId(),
        name: 'login',
        occurredAt: `${dayOf(20)}T12:00:00Z`,
        userId: ours.member.userId,
      },
    ]);
    expect(
      await rowsOf(database, 'select analytics.recompute_dirty_days($1) as days', [
        ours.organizationId,
      ]),
    ).toEqual([{ days: 1 }]);
    expect(await rowsOf(database, 'select from analytics.dirty_days')).toEqual([]);
    const right = (await figures(PLAIN, ours)) as { day: string }[];
    const kept = (await figures(KEPT, ours)) as { day: string; value: number }[];
    expect(kept.filter((row) => row.day === dayOf(20))).toEqual(
      right.filter((row) => row.day === dayOf(20)),
    );
    expect(kept.filter((row) => row.value !== -1).every((row) => row.day === dayOf(20))).toBe(true);
  });

  test('of the day that is not over are computed less often where that takes long, those of others at once', async () => {
    const pool = database.pool();
    const dirty = () =>
      rowsOf<{ day: string }>(database, 'select distinct day::text from analytics.dirty_days');
    const catchUp = async () =>
      (
        await rowsOf<{ days: number }>(
          database,
          'select analytics.recompute_dirty_days($1) as days',
          [ours.organizationId],
        )
      )[0]?.days;
    const happened = (at: string) =>
      pool.query(
        `insert into analytics.app_events (organization_id, name, occurred_at) values ($1, 'login', ${at})`,
        [ours.organizationId],
      );
    const took = (day: string, seconds: number, ago: number) =>
      pool.query(
        `insert into analytics.open_days values ($1, ${day}, now() - $3 * interval '1 second', $2 * interval '1 second')
         on conflict on constraint open_days_pkey
           do update set (day, computed_at, took) = (excluded.day, excluded.computed_at, excluded.took)`,
        [ours.organizationId, seconds, ago],
      );
    const today = "(now() at time zone 'UTC')::date";
    const [now] = await rowsOf<{ day: string }>(database, `select ${today}::text as day`);

    await happened('now()');
    await took(today, 10, 190);
    await happened(`'${dayOf(20)}T12:00:00Z'`);
    expect(await catchUp()).toBe(1);
    expect(await dirty()).toEqual([now]);
    expect(await catchUp()).toBe(0);
    // Its rest is over.
    await took(today, 10, 201);
    expect(await catchUp()).toBe(1);
    expect(await dirty()).toEqual([]);
    expect(await figures(KEPT, ours)).toEqual(await figures(PLAIN, ours));
    const [noted] = await rowsOf<{ late: boolean }>(
      database,
      `select computed_at < now() - interval '1 minute' or took > interval '9 seconds' as late
         from analytics.open_days where organization_id = $1 and day = ${today}`,
      [ours.organizationId],
    );
    expect(noted).toEqual({ late: false });
    // What takes a moment is not put off, and what a day took that is over says nothing.
    for (const [day, seconds] of [
      [today, 2.9],
      [`${today} - 1`, 1000],
    ] as const) {
      await took(day, seconds, 0);
      await happened('now()');
      expect(await catchUp()).toBe(1);
    }
    // By hand it is done at once.
    await took(today, 1000, 0);
    await happened('now()');
    expect(await catchUp()).toBe(0);
    expect(await recompute(ours.member, now?.day ?? '', now?.day ?? '')).toBeGreaterThan(0);
    expect(await figures(KEPT, ours)).toEqual(await figures(PLAIN, ours));
  });

  test('are all to be computed anew when the organization moves to another time zone', async () => {
    await scatter();
    await recompute(ours.member, dayOf(-1), lastDay());
    await database.pool().query('truncate analytics.dirty_days');
    await database
      .pool()
      .query("update tenancy.organizations set time_zone = 'Asia/Tokyo' where id = $1", [
        ours.organizationId,
      ]);
    while (
      (
        await rowsOf<{ days: number }>(
          database,
          'select analytics.recompute_dirty_days($1) as days',
          [ours.organizationId],
        )
      )[0]?.days
    );
    expect(await figures(KEPT, ours)).toEqual(await figures(PLAIN, ours));
  });

  test('are right in another time zone as well where they were not computed in the one before', async () => {
    // In the evening in Greenwich it is the next day in Tokyo.
    await database
      .pool()
      .query(
        "insert into analytics.app_events (organization_id, name, occurred_at) values ($1, 'late', $2)",
        [ours.organizationId, `${dayOf(20)}T20:00:00Z`],
      );
    await database
      .pool()
      .query("update tenancy.organizations set time_zone = 'Asia/Tokyo' where id = $1", [
        ours.organizationId,
      ]);
    await database.pool().query('select analytics.recompute_dirty_days($1)', [ours.organizationId]);
    expect(await figures(KEPT, ours)).toHaveLength(3);
    expect(await figures(KEPT, ours)).toEqual(await figures(PLAIN, ours));
  });

  test.each([
    ['no first day', null, '2026-01-01'],
    ['no last day', '2026-01-01', null],
    ['an endless span', '2026-01-01', 'infinity'],
    ['days the wrong way round', '2026-01-02', '2026-01-01'],
    ['more than 366 days', '2025-01-01', '2026-01-02'],
  ])('are not computed for %s', async (_what, from, to) => {
    const state = await as(database, ours.member, (client) =>
      sqlstateOf(client, () =>
        client.query('select analytics.recompute_metrics_daily($1, $2)', [from, to]),
      ),
    );
    expect(state).toBe('CB002');
  });

  test('are computed by those who may write analytics', async () => {
    const state = await as(database, ours.guest, (client) =>
      sqlstateOf(client, () =>
        client.query("select analytics.recompute_metrics_daily('2026-01-01', '2026-01-01')"),
      ),
    );
    expect(state).toBe('CB003');
  });
});

onServer('figures that several compute at once', () => {
  async function opened<T>(work: (one: PoolClient, other: PoolClient) => Promise<T>): Promise<T> {
    const one = await database.pool().connect();
    const other = await database.pool().connect();
    try {
      return await work(one, other);
    } finally {
      await one.query('rollback');
      await other.query('rollback');
      one.release();
      other.release();
    }
  }
  const again = (client: PoolClient) =>
    client.query('select analytics.recompute_days($1, $2, $3)', [
      ours.organizationId,
      dayOf(-1),
      lastDay(),
    ]);

  test('are not doubled: the second waits for the first', async () => {
    await scatter();
    await opened(async (one, other) => {
      await one.query('begin');
      await again(one);
      const second = again(other);
      const waiting = () =>
        rowsOf(
          database,
          "select from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())",
        );
      while ((await waiting()).length === 0) await pause(10);
      await one.query('commit');
      await second;
    });
    expect(await figures(KEPT, ours)).toEqual(await figures(PLAIN, ours));
  });

  test('are those of the time zone that it is by then, also of one who waited meanwhile', async () => {
    await scatter();
    await opened(async (one, other) => {
      await one.query('begin');
      await one.query('select analytics.recompute_days($1, $2, $2)', [
        ours.organizationId,
        dayOf(0),
      ]);
      const second = again(other);
      const waiting = () =>
        rowsOf(
          database,
          "select from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())",
        );
      while ((await waiting()).length === 0) await pause(10);
      await database
        .pool()
        .query("update tenancy.organizations set time_zone = 'Asia/Tokyo' where id = $1", [
          ours.organizationId,
        ]);
      await one.query('commit');
      await second;
    });
    while (
      (
        await rowsOf<{ days: number }>(
          database,
          'select analytics.recompute_dirty_days($1) as days',
          [ours.organizationId],
        )
      )[0]?.days
    );
    expect(await figures(KEPT, ours)).toEqual(await figures(PLAIN, ours));
  });

  test('lose no event that comes meanwhile: it leaves a mark that is still there', async () => {
    await scatter();
    await opened(async (one, other) => {
      // The event is recorded, but not yet committed, while its day is computed.
      await one.query('begin');
      await one.query(
        "insert into analytics.app_events (organization_id, name, occurred_at) values ($1, 'late', $2)",
        [ours.organizationId, `${dayOf(20)}T12:00:00Z`],
      );
      await again(other);
      await one.query('commit');
    });
    expect(await figures(KEPT, ours)).not.toEqual(await figures(PLAIN, ours));
    expect(
      await rowsOf(
        database,
        'select day::text from analytics.dirty_days where organization_id = $1',
        [ours.organizationId],
      ),
    ).toEqual([{ day: dayOf(20) }]);
    await database.pool().query('select analytics.recompute_dirty_days($1)', [ours.organizationId]);
    expect(await figures(KEPT, ours)).toEqual(await figures(PLAIN, ours));
  });

  test('are right after many at once, with events coming in between', async () => {
    await scatter();
    await recompute(ours.member, dayOf(-1), lastDay());
    await Promise.all(
      Array.from({ length: 8 }, async (_none, number) => {
        await record(database, ours.member, [
          { id: randomId(), name: 'late', occurredAt: `${dayOf(10 + (number % 3))}T12:00:00Z` },
        ]);
        await database
          .pool()
          .query('select analytics.recompute_dirty_days($1)', [ours.organizationId]);
      }),
    );
    await database.pool().query('select analytics.recompute_dirty_days($1)', [ours.organizationId]);
    expect(await figures(KEPT, ours)).toEqual(await figures(PLAIN, ours));
  });
});
