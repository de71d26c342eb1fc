import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { makeCast, type Caller, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { dataOf, errorOf, testApi } from '../helpers/graphql.ts';

const FIGURES = `{ getQueueFigures { nodes {
  task waiting scheduled running retrying deadLetters oldestWaitingAt succeededLastHour failedLastHour failureRate averageMs } } }`;

describe('the queue', () => {
  const database = testDatabase();
  const api = testApi(database);
  let cast: Cast;
  let platform: Caller;

  const rowsOf = async (sql: string, values: unknown[] = []) =>
    (await database.pool().query(sql, values)).rows;
  const measure = async (age: string) =>
    (await rowsOf('select ops.measure_queue($1) as did', [age]))[0]?.did as boolean;
  const report = async (id: string, outcomes: unknown[] = []) =>
    (
      await rowsOf("select ops.report_worker($1, 'here', 7, 4, false, $2)::text as since", [
        ...[id, JSON.stringify(outcomes)],
      ])
    )[0]?.since as string;

  beforeAll(async () => {
    cast = await makeCast(database, 'queue');
    platform = cast.guest;
    await rowsOf("insert into identity.platform_roles (user_id, role) values ($1, 'admin')", [
      platform.userId,
    ]);
  });
  const clear = () =>
    rowsOf(
      `delete from graphile_worker._private_jobs;
       delete from graphile_worker._private_tasks;
       delete from ops.dead_letters;
       delete from ops.job_workers;
       delete from ops.job_outcomes;
       delete from ops.queue_figures`,
    );
  // Also what a new organization asks for by itself.
  beforeAll(clear);
  afterEach(clear);

  test('is told of by task, to administrators of the platform', async () => {
    await rowsOf(
      `select platform.enqueue('one', '{}', run_at => now() - interval '2 minutes'),
              platform.enqueue('one', '{}', run_at => now() - interval '1 minute', job_key => 'again'),
              platform.enqueue('one', '{}', run_at => now() + interval '1 minute'),
              platform.enqueue('one', '{}', job_key => 'running'),
              platform.enqueue('two', '{}', max_attempts => 1)`,
    );
    await rowsOf(
      `update graphile_worker._private_jobs set last_error = 'no' where key = 'again';
       update graphile_worker._private_jobs set locked_by = 'w', locked_at = now() where key = 'running';
       update graphile_worker._private_jobs set attempts = 1 where max_attempts = 1`,
    );
    await report('w', [
      { task: 'one', succeeded: 2, failed: 1, busy_ms: 30.4 },
      { task: 'three', succeeded: 1, failed: 0, busy_ms: 5 },
    ]);
    await report('w', [{ task: 'one', succeeded: 1, failed: 0, busy_ms: 10 }]);
    const asked = async () =>
      dataOf(await api.ask(platform, FIGURES)).getQueueFigures.nodes as unknown[];
    const figures = [
      {
        ...{ task: 'one', waiting: 2, scheduled: 1, running: 1, retrying: 1, deadLetters: 0 },
        oldestWaitingAt: expect.any(String),
        ...{ succeededLastHour: 3, failedLastHour: 1, failureRate: '0.2500', averageMs: '10.0' },
      },
      {
        ...{ task: 'three', waiting: 0, scheduled: 0, running: 0, retrying: 0, deadLetters: 0 },
        oldestWaitingAt: null,
        ...{ succeededLastHour: 1, failedLastHour: 0, failureRate: '0.0000', averageMs: '5.0' },
      },
      {
        ...{ task: 'two', waiting: 0, scheduled: 0, running: 0, retrying: 0, deadLetters: 1 },
        oldestWaitingAt: null,
        ...{ succeededLastHour: 0, failedLastHour: 0, failureRate: null, averageMs: null },
      },
    ];
    // Nobody has counted yet, as when no worker lives: it is counted for whoever asks.
    expect(await asked()).toEqual(figures);
    expect(await measure('0 seconds')).toBe(true);
    expect(await asked()).toEqual(figures);
    expect(errorOf(await api.ask(cast.owner, FIGURES))).toEqual({ code: 'FORBIDDEN' });
    expect(errorOf(await api.ask({}, FIGURES))).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('is counted seldom, and what is counted no more is gone', async () => {
    await rowsOf("select platform.enqueue('one', '{}'), platform.enqueue('two', '{}')");
    expect(await measure('1 hour')).toBe(true);
    expect(await measure('1 hour')).toBe(false);
    // It rests for fifty times as long as it took, however often it is asked for.
    const tookASecond = (ago: string) =>
      rowsOf(
        "update ops.queue_figures set measured_at = now() - $1::interval, measuring_took = '1 second'",
        [ago],
      );
    await tookASecond('5 seconds');
    expect(await measure('0 seconds')).toBe(false);
    await tookASecond('51 seconds');
    await rowsOf(
      "delete from graphile_worker._private_jobs; delete from graphile_worker._private_tasks where identifier = 'two'",
    );
    expect(await measure('50 seconds')).toBe(true);
    expect(await rowsOf('select task, waiting from ops.queue_figures')).toEqual([
      { task: 'one', waiting: 0 },
    ]);
  });

  test('has workers that say that they live, which administrators of the platform see', async () => {
    const since = await report('a');
    expect(await report('a')).toBe(since);
    await rowsOf("update ops.job_workers set seen_at = now() - interval '31 seconds'");
    await report('b');
    expect(await rowsOf('select worker_id, jobs from ops.free_dead_workers()')).toEqual([
      { worker_id: 'a', jobs: 0 },
    ]);
    // It was only paused, and learns of it.
    const again = await report('a');
    expect(again > since).toBe(true);
    expect(await report('a')).toBe(again);
    const workers =
      '{ jobWorkers(orderBy: [PRIMARY_KEY_ASC]) { nodes { rowId host processId concurrency } } }';
    const seen = async (caller: Caller) =>
      dataOf(await api.ask(caller, workers)).jobWorkers.nodes as unknown[];
    expect(await seen(platform)).toEqual([
      { rowId: 'a', host: 'here', processId: 7, concurrency: 4 },
      { rowId: 'b', host: 'here', processId: 7, concurrency: 4 },
    ]);
    expect(await seen(cast.owner)).toEqual([]);
    await rowsOf("select ops.give_back_jobs('a')");
    expect(await seen(platform)).toHaveLength(1);
  });

  test('gives back one job of a worker, or all of them', async () => {
    await rowsOf(
      "select platform.enqueue('one', '{}', queue_name => q) from unnest('{x,y,z}'::text[]) q",
    );
    await rowsOf(
      `update graphile_worker._private_jobs set locked_by = 'w', locked_at = now(), attempts = 2;
       update graphile_worker._private_job_queues set locked_by = 'w', locked_at = now()`,
    );
    const locked = () =>
      rowsOf(
        `select j.id, j.attempts, j.locked_by is not null and q.locked_by is not null as is_locked
           from graphile_worker._private_jobs j
           join graphile_worker._private_job_queues q on q.id = j.job_queue_id order by j.id`,
      );
    const [first] = await locked();
    expect(await rowsOf("select ops.give_back_jobs('other', $1) as n", [first?.id])).toEqual([
      { n: 0 },
    ]);
    expect(await rowsOf("select ops.give_back_jobs('w', $1) as n", [first?.id])).toEqual([
      { n: 1 },
    ]);
    expect(await locked()).toMatchObject([
      { attempts: 1, is_locked: false },
      { attempts: 2, is_locked: true },
      { attempts: 2, is_locked: true },
    ]);
    expect(await rowsOf("select ops.give_back_jobs('w') as n")).toEqual([{ n: 2 }]);
    expect(await locked()).toMatchObject(Array(3).fill({ attempts: 1, is_locked: false }));
  });

  onServer('by two at once', () => {
    test('is counted by one of them', async () => {
      const client = await database.pool().connect();
      try {
        await client.query('begin');
        await client.query("select platform.enqueue('one', '{}')");
        await client.query("select ops.measure_queue('0 seconds')");
        expect(await measure('0 seconds')).toBe(false);
        await client.query('commit');
      } finally {
        client.release();
      }
    });

    test('a dead worker is found by one of them', async () => {
      await report('dead');
      await rowsOf("update ops.job_workers set seen_at = now() - interval '31 seconds'");
      const calls = [1, 2, 3, 4].map(() => rowsOf('select worker_id from ops.free_dead_workers()'));
      expect((await Promise.all(calls)).flat()).toEqual([{ worker_id: 'dead' }]);
    });
  });
});
