import { beforeAll, describe, expect, test } from '@jest/globals';
import { makeCast, type Cast } from '../../helpers/callers.ts';
import { until } from '../../helpers/program.ts';
import { serving } from '../../helpers/serving.ts';
import { Metrics } from '../../../server/metrics/metrics.ts';
import { runWorker } from '../../../worker/run.ts';
import { watchWorker } from '../../../worker/watch.ts';

const TOKEN = 'a token for whoever scrapes'.replaceAll(' ', '-');

/** The values of a metric by its labels, such as `kind="query",status="2xx"`. */
function valuesOf(text: string, name: string): Record<string, number> {
  const values: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const [, labels = '', value] =
      new RegExp(`^${name}(?:\\{([^}]*)\\})? (\\S+)$`).exec(line) ?? [];
    if (value !== undefined) values[labels] = Number(value);
  }
  return values;
}

describe('/metrics with a token', () => {
  const server = serving('metrics', { METRICS_TOKEN: TOKEN });
  let other: Cast;
  const scrape = (authorization?: string, method = 'GET') =>
    fetch(`${server.url()}/metrics`, {
      method,
      headers: authorization === undefined ? {} : { authorization },
    });
  const read = async () => (await scrape(`Bearer ${TOKEN}`)).text();
  const pool = () => server.database.pool();

  beforeAll(async () => {
    other = await makeCast(server.database, 'scraped');
  });

  test('is for whoever shows it', async () => {
    for (const shown of [
      undefined,
      'Bearer',
      `Basic ${TOKEN}`,
      `Bearer ${TOKEN}x`,
      `Bearer ${server.token()}`,
    ]) {
      const response = await scrape(shown);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="metrics"');
      expect(await response.json()).toMatchObject({
        errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
      });
    }
    const response = await scrape(`Bearer ${TOKEN}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect((await scrape(`Bearer ${TOKEN}`, 'POST')).status).toBe(405);
  });

  test('tells how long requests took, by what they asked for', async () => {
    const ask = (query: string) =>
      server.post({ query }, { authorization: `Bearer ${server.token()}` });
    const name = 'callboard_http_request_duration_seconds_count';
    const before = valuesOf(await read(), name);
    await ask('{ me { name } }');
    await ask('{ nothing }');
    await ask(
      'mutation { revokeSession(input: { sessionId: "00000000-0000-0000-0000-000000000000" }) { session { rowId } } }',
    );
    await server.post('{');
    await fetch(`${server.url()}/healthz`);
    const sum = (counts: Record<string, number>) =>
      Object.values(counts).reduce((total, count) => total + count, 0);
    // A request is counted when its connection has done with it.
    let after = before;
    await until(async () => sum((after = valuesOf(await read(), name))) >= sum(before) + 4);
    const more = Object.fromEntries(
      Object.entries(after).map(([labels, count]) => [labels, count - (before[labels] ?? 0)]),
    );
    expect(more['kind="query",status="2xx"']).toBe(1);
    expect(sum(more)).toBe(4);
    expect(
      Object.keys(after).every((labels) =>
        /^kind="(query|mutation|subscription|other)",status="\dxx"$/.test(labels),
      ),
    ).toBe(true);
  });

  test('tells of the pool', async () => {
    const text = await read();
    expect(valuesOf(text, 'callboard_database_pool_clients')).toEqual({
      'pool="authenticator",state="used"': expect.any(Number),
      'pool="authenticator",state="idle"': expect.any(Number),
      'pool="authenticator",state="waiting"': 0,
    });
    expect(
      valuesOf(text, 'callboard_database_pool_clients_max')['pool="authenticator"'],
    ).toBeGreaterThan(5);
    expect(valuesOf(text, 'callboard_database_up')).toEqual({ '': 1 });
  });

  test('tells of the queue, of no organization and of no payload', async () => {
    await pool().query(
      `select platform.enqueue('one_kind', jsonb_build_object('organization_id', $1::uuid, 'to', 'ada@mail.test')),
              platform.enqueue('one_kind', '{}', run_at => now() + interval '1 hour'),
              platform.enqueue('other_kind', '{}', run_at => now() - interval '90 seconds')`,
      [other.organizationId],
    );
    await pool().query('delete from ops.queue_figures');
    let text = await read();
    // What was asked for a moment ago serves for a second.
    await until(async () => (text = await read()).includes('other_kind'));
    const jobs = valuesOf(text, 'callboard_queue_jobs');
    expect(jobs).toMatchObject({
      'task="one_kind",state="waiting"': 1,
      'task="one_kind",state="scheduled"': 1,
      'task="one_kind",state="running"': 0,
      'task="other_kind",state="waiting"': 1,
    });
    const oldest = valuesOf(text, 'callboard_queue_oldest_waiting_seconds');
    expect(oldest['task="other_kind"']).toBeGreaterThanOrEqual(90);
    expect(text).not.toContain(other.organizationId);
    expect(text).not.toContain('ada@mail.test');
  });

  test('tells of jobs that run in the same process', async () => {
    const metrics = new Metrics({ database: server.database, roles: ['callboard_service'] });
    const worker = await runWorker(server.database, {
      workerPollMs: 50,
      log: server.lines.log,
      onAttempt: metrics.attemptEnded,
      tasks: {
        one_kind: () => undefined,
        other_kind: () => {
          throw new Error('It fails.');
        },
      },
    });
    try {
      await until(async () => {
        const attempts = valuesOf(await metrics.registry.metrics(), 'callboard_job_attempts_total');
        return Object.keys(attempts).length === 2;
      });
      const text = await metrics.registry.metrics();
      expect(valuesOf(text, 'callboard_job_attempts_total')).toEqual({
        'task="one_kind",outcome="succeeded"': 1,
        'task="other_kind",outcome="failed"': 1,
      });
      expect(valuesOf(text, 'callboard_job_duration_seconds_count')).toEqual({
        'task="one_kind"': 1,
        'task="other_kind"': 1,
      });
    } finally {
      await worker.stop();
      await pool().query('delete from graphile_worker._private_jobs');
    }
  });

  test('says that the database does not answer, and nothing old of the queue', async () => {
    await pool().query('alter function ops.queue_metrics() rename to queue_metrics_gone');
    try {
      let text = '';
      await until(async () => valuesOf((text = await read()), 'callboard_database_up')[''] === 0);
      expect(valuesOf(text, 'callboard_queue_jobs')).toEqual({});
      expect(valuesOf(text, 'callboard_workers')).toEqual({});
    } finally {
      await pool().query('alter function ops.queue_metrics_gone() rename to queue_metrics');
    }
  });
});

describe('/metrics without a token', () => {
  const server = serving('open');

  test('is open in development', async () => {
    const response = await fetch(`${server.url()}/metrics`);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('callboard_database_up 1');
  });
});

describe('/metrics in production without a token', () => {
  const server = serving('shut', {
    NODE_ENV: 'production',
    JWT_SECRET: 'x'.repeat(32),
    ENCRYPTION_KEY: 'ab'.repeat(32),
    HOST: '127.0.0.1',
  });

  test('is not there', async () => {
    expect((await fetch(`${server.url()}/metrics`)).status).toBe(404);
  });

  test.each([
    ['at the port of a worker is not there', { production: true }, undefined, 404],
    [
      'at the port of a worker is for whoever shows a token',
      { production: true, metricsToken: TOKEN },
      TOKEN,
      200,
    ],
    [
      'at the port of a worker is not for others',
      { production: true, metricsToken: TOKEN },
      undefined,
      401,
    ],
    ['at the port of a worker is open in development', { production: false }, undefined, 200],
  ])('%s', async (_name, given, shown, status) => {
    const metrics = new Metrics({ database: server.database, roles: ['callboard_service'] });
    const settings = { host: '127.0.0.1', metricsToken: undefined, ...given };
    const watched = await watchWorker({ settings, port: 0, metrics, log: server.lines.log });
    try {
      const headers: Record<string, string> = shown ? { authorization: `Bearer ${shown}` } : {};
      const ask = (path: string) => fetch(`http://127.0.0.1:${watched.port}${path}`, { headers });
      expect((await ask('/metrics')).status).toBe(status);
      expect(await (await ask('/healthz')).json()).toEqual({ status: 'alive' });
    } finally {
      await watched.close();
    }
  });
});
