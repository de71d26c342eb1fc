import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { PermanentFailure } from '../../worker/failures.ts';
import { prepareQueue } from '../../worker/queue.ts';
import { runWorker, type RunningWorker } from '../../worker/run.ts';
import { testDatabase } from '../helpers/database.ts';
import { until } from '../helpers/program.ts';

const PARTITIONS = `select count(*)::int as n from pg_inherits where inhparent = 'security.audit_logs'::regclass`;
const LATEST = `select max(inhrelid::regclass::text) as name from pg_inherits
  where inhparent = 'security.audit_logs'::regclass and inhrelid::regclass::text !~ 'default'`;

describe('the worker', () => {
  let worker: RunningWorker | undefined;
  const database = testDatabase();
  afterEach(async () => {
    await worker?.stop();
    worker = undefined;
  });

  const count = async () =>
    (await database.pool().query<{ n: number }>(PARTITIONS)).rows[0]?.n ?? 0;
  const add = (task: string) =>
    database.pool('callboard_service').query('select graphile_worker.add_job($1)', [task]);
  const jobs = async () =>
    (
      await database
        .pool()
        .query<{ task_identifier: string; last_error: string | null; attempts: number }>(
          'select task_identifier, last_error, attempts from graphile_worker.jobs',
        )
    ).rows;

  test('has a queue that can be prepared a second time', async () => {
    await prepareQueue(database);
    expect(await jobs()).toEqual([]);
  });

  test('runs a job with the rights of the back office', async () => {
    // A month may have begun since the database was made.
    await database.pool().query('select platform.maintain_partitions()');
    const before = await count();
    const { rows } = await database.pool().query<{ name: string }>(LATEST);
    await database.pool().query(`drop table ${rows[0]?.name}`);
    expect(await count()).toBe(before - 1);
    await add('maintain_partitions');
    worker = await runWorker(database);
    while ((await jobs()).length > 0) await pause(50);
    expect(await count()).toBe(before);
  });

  test('that was taken for dead and lives strikes off nothing that it had begun before', async () => {
    const begun: (() => void)[] = [];
    const outcomes: string[] = [];
    worker = await runWorker(database, {
      workerPollMs: 50,
      tasks: { wait: () => new Promise<void>((resolve) => begun.push(resolve)) },
      onAttempt: ({ outcome }) => outcomes.push(outcome),
    });
    await add('wait');
    await until(() => begun.length === 1);
    const { rows } = await database
      .pool()
      .query("select jobs from ops.free_dead_workers('-1 second')");
    expect(rows).toEqual([{ jobs: 1 }]);
    // It takes the job itself, a second time, and by then everybody knows again that it lives.
    await until(() => begun.length === 2);
    await until(
      async () => (await database.pool().query('select from ops.job_workers')).rows.length === 1,
    );
    begun[0]?.();
    await until(() => outcomes.length === 1);
    expect(outcomes).toEqual(['interrupted']);
    expect(await jobs()).toHaveLength(1);
    begun[1]?.();
    await until(() => outcomes.length === 2);
    await database.pool().query('delete from graphile_worker._private_jobs');
  });

  test('writes down errors that quote what the database does not take', async () => {
    const outcomes: string[] = [];
    worker = await runWorker(database, {
      workerPollMs: 50,
      tasks: {
        fail: () => Promise.reject(new Error('550 \0\ud83d')),
        give_up: () => Promise.reject(new PermanentFailure('550 \0\ud83d')),
        work: () => Promise.resolve(),
      },
      onAttempt: ({ task, outcome }) => outcomes.push(`${task} ${outcome}`),
    });
    await add('fail');
    await until(() => outcomes.length === 1);
    await add('give_up');
    await until(() => outcomes.length === 2);
    await add('work');
    await until(() => outcomes.length === 3);
    expect(outcomes).toEqual(['fail failed', 'give_up failed', 'work succeeded']);
    await until(async () => (await jobs())[0]?.last_error != null);
    expect(await jobs()).toMatchObject([{ task_identifier: 'fail', last_error: '550 \ufffd' }]);
    const { rows } = await database.pool().query('select task, error from ops.dead_letters');
    expect(rows).toEqual([{ task: 'give_up', error: '550 \ufffd' }]);
    await database.pool().query('delete from graphile_worker._private_jobs');
  });

  test('keeps a job that it has no task for', async () => {
    worker = await runWorker(database);
    await add('no_such_task');
    await add('maintain_partitions');
    while ((await jobs()).length > 1) await pause(50);
    expect(await jobs()).toMatchObject([{ task_identifier: 'no_such_task', attempts: 0 }]);
  });
});
