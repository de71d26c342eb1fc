import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { PoolClient } from 'pg';
import type { BenchDatabase } from './databases.ts';
import { takeTurns, type Rounds } from './measure.ts';

const run = promisify(execFile);
const SENT = 50_000;
const IN_ONE_CALL = 5_000;
const STORED = 5_000_000;
const DAYS = 90;

/** What recording and counting events takes. */
export type EventFigures = {
  /** Rows per second into the same table. */
  readonly ingest: Rounds<'upsert' | 'copy'>;
  readonly counted: Readonly<Record<Shape, CountFigures>>;
};

/** What counting takes where events come in one shape. */
export type CountFigures = {
  /** Milliseconds for the figures of all days: kept, and as a plain query says them. */
  readonly recompute: Rounds<'recomputed' | 'plain'>;
  /** Milliseconds from recording one late event until the figures are right again. */
  readonly late: readonly number[];
};

/** How 20,000 users do things: in visits, in which each repeats a few; or each all, so that hardly anything comes twice in a day. */
export type Shape = 'visits' | 'spread';
const SHAPES: readonly Shape[] = ['visits', 'spread'];
/** What tells which user an event is of, and what happened: numbers that look like chance and are the same each time. */
const CHANCE: Readonly<Record<Shape, { user: string; name: string }>> = {
  visits: {
    user: '(hashint4(n / 12) & 2147483647)',
    name: '(hashint4(n / 12) & 2147483647) / 7 + (hashint4(n) & 2147483647) % 4 * 5',
  },
  spread: { user: '(hashint4(-n) & 2147483647)', name: '(hashint4(n) & 2147483647)' },
};

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** As many calls of `upsert_events` as it takes, and one `COPY` of the same rows from a file, into an empty table. */
async function measureIngest(
  bench: BenchDatabase,
  client: PoolClient,
): Promise<Rounds<'upsert' | 'copy'>> {
  const { organizationId, userId } = bench.tenant;
  const { rows } = await client.query<{ batch: string }>(
    `select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
              'id', platform.uuidv7(), 'name', (array['project_opened', 'call_sheet_opened', 'file_uploaded', 'login'])[1 + n % 4],
              'userId', case when n % 3 > 0 then $1::uuid end, 'anonymousId', case when n % 3 = 0 then 'device-' || n % 500 end,
              'sessionKey', 's-' || n / 10, 'source', 'web', 'url', 'https://portal.test/projects/' || n % 100,
              'properties', jsonb_build_object('path', '/projects/' || n % 100, 'ms', n % 1000))))::text as batch
       from generate_series(0, $2::integer - 1) n
      group by n / $3
      order by n / $3`,
    [userId, SENT, IN_ONE_CALL],
  );
  const empty = () =>
    client.query('truncate analytics.app_events, analytics.dirty_days, analytics.event_batches');
  const upsert = async () => {
    for (const { batch } of rows) {
      await client.query('select analytics.take_events($1, $2)', [organizationId, batch]);
    }
  };
  const columns =
    'organization_id, id, occurred_at, name, user_id, anonymous_id, session_key, source, url, properties';
  const folder = await mkdtemp(path.join(tmpdir(), 'callboard-bench-'));
  const file = path.join(folder, 'events.copy');
  const script = path.join(folder, 'copy.sql');
  const psql = async (sql: string) => {
    await writeFile(script, sql);
    const bin = (await run('pg_config', ['--bindir'])).stdout.trim();
    return (await run(path.join(bin, 'psql'), ['--no-psqlrc', '--file', script, bench.url])).stdout;
  };
  try {
    await empty();
    await upsert();
    await psql(`\\copy (select ${columns} from analytics.app_events) to '${file}'\n`);
    const copy = async () => {
      // Its own time, without that of starting psql.
      const said = await psql(
        `\\timing on\n\\copy analytics.app_events (${columns}) from '${file}'\n`,
      );
      const time = /^Time: ([\d.]+) ms/m.exec(said)?.[1];
      if (!said.includes(`COPY ${SENT}`) || !time) throw new Error(`COPY said: ${said}`);
      return Number(time);
    };
    const side = (work: () => Promise<number>) => async () => {
      await empty();
      return (SENT * 1000) / (await work());
    };
    return await takeTurns({ upsert: side(() => milliseconds(upsert)), copy: side(copy) }, 5);
  } finally {
    await empty();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The partitions that events of so many days lie in. */
async function makeMonths(client: PoolClient): Promise<void> {
  await client.query(
    `do $$
     declare
       month date;
     begin
       for month in
         select generate_series(date_trunc('month', now() at time zone 'UTC' - interval '${DAYS} days'),
                                date_trunc('month', now() at time zone 'UTC') - interval '1 month', interval '1 month')::date
       loop
         perform platform.make_month_partition(
           'analytics.app_events', 'analytics', 'app_events' || to_char(month, '_YYYY_MM'), month);
       end loop;
     end
     $$`,
  );
}

/**
 * Five million events of 90 days, as if they had come one after the other. In visits a dozen events follow each other, each of
 * one of 20,000 users on one device, who does a few things again and again. Spread, users, things and devices are as many
 * and go with each other in all ways. Indexes are made afterwards, which is faster.
 */
async function fill(client: PoolClient, organizationId: string, shape: Shape): Promise<void> {
  const { user, name } = CHANCE[shape];
  await client.query('truncate analytics.app_events');
  const { rows: indexes } = await client.query<{ name: string; definition: string }>(
    `select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
       from pg_index i
      where i.indrelid = 'analytics.app_events'::regclass and not i.indisprimary`,
  );
  for (const { name } of indexes) await client.query(`drop index ${name}`);
  await client.query('alter table analytics.app_events disable trigger user');
  await client.query(
    `insert into analytics.app_events (organization_id, occurred_at, name, user_id, source, value, properties)
     select $1, now() - interval '${DAYS} days' + n * (interval '${DAYS} days' / ${STORED}),
            (array['project_opened', 'project_opened', 'project_opened', 'call_sheet_opened', 'call_sheet_opened', 'login',
                   'file_uploaded', 'task_done', 'task_done', 'comment_added', 'budget_viewed', 'invoice_opened',
                   'schedule_changed', 'gear_reserved', 'permit_filed', 'photo_added', 'search_used', 'report_downloaded',
                   'crew_invited', 'calendar_viewed'])[1 + (${name}) % 20],
            md5((${user} % 20000)::text)::uuid,
            (array['web', 'ios', 'android'])[1 + ${shape === 'visits' ? `${user} % 20000` : '(hashint4(n + 7) & 2147483647)'} % 3],
            case when n % 50 = 0 then n % 1000 end, '{"path": "/call-sheets"}'
       from generate_series(1, ${STORED}) n`,
    [organizationId],
  );
  await client.query('alter table analytics.app_events enable trigger user');
  for (const { definition } of indexes) await client.query(definition.replace(' ONLY ', ' '));
  await client.query('vacuum (analyze) analytics.app_events');
}

const PLAIN = `
  select (e.occurred_at at time zone 'UTC')::date as day, e.name, e.source, count(*), count(distinct e.user_id), sum(e.value)
    from analytics.app_events e
   where e.organization_id = $1
   group by grouping sets ((1), (1, e.name), (1, e.source))`;

/** The figures of all days against the query that says the same, and what one late event costs afterwards. */
async function measureCounting(bench: BenchDatabase, client: PoolClient): Promise<CountFigures> {
  const { organizationId } = bench.tenant;
  const recomputed = async () => {
    await client.query('delete from analytics.metrics_daily');
    await client.query('vacuum (analyze) analytics.metrics_daily');
    return milliseconds(() =>
      client.query(
        `select analytics.recompute_days($1, (now() - interval '${DAYS} days')::date, now()::date)`,
        [organizationId],
      ),
    );
  };
  const plain = () => milliseconds(() => client.query(PLAIN, [organizationId]));
  const recompute = await takeTurns({ recomputed, plain }, 3);
  const late: number[] = [];
  for (const ago of [20, 40, 60, 80, 30]) {
    await client.query('truncate analytics.dirty_days');
    late.push(
      await milliseconds(async () => {
        await client.query(
          `insert into analytics.app_events (organization_id, name, user_id, occurred_at)
           values ($1, 'login', $2, now() - $3 * interval '1 day')`,
          [organizationId, bench.tenant.userId, ago],
        );
        await client.query('select analytics.recompute_dirty_days($1)', [organizationId]);
      }),
    );
  }
  return { recompute, late };
}

/**
 * Recording events by `upsert_events` against `COPY`; and, over five million events, the figures of all days against the
 * query that says the same, and what one late event costs afterwards, in either shape.
 */
export async function measureEvents(bench: BenchDatabase): Promise<EventFigures> {
  const { organizationId } = bench.tenant;
  const client = await bench.database.pool().connect();
  try {
    const ingest = await measureIngest(bench, client);
    await makeMonths(client);
    const counted = {} as Record<Shape, CountFigures>;
    for (const shape of SHAPES) {
      await fill(client, organizationId, shape);
      counted[shape] = await measureCounting(bench, client);
    }
    return { ingest, counted };
  } finally {
    client.release();
  }
}
