import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { prepareQueue } from '../../worker/queue.ts';
import { runWorker, type RunningWorker } from '../../worker/run.ts';
import { testDatabase } from '../helpers/database.ts';

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
    const before = await count();
    const { rows } = await database.pool().query<{ name: string }>(LATEST);
    await database.pool().query(`drop table ${rows[0]?.name}`);
    expect(await count()).toBe(before - 1);
    await add('maintain_partitions');
    worker = await runWorker(database);
    while ((await jobs()).length > 0) await pause(50);
    expect(await count()).toBe(before);
  });

  test('keeps a job that it has no task for', async () => {
    worker = await runWorker(database);
    await add('no_such_task');
    await add('maintain_partitions');
    while ((await jobs()).length > 1) await pause(50);
    expect(await jobs()).toMatchObject([{ task_identifier: 'no_such_task', attempts: 0 }]);
  });
});
