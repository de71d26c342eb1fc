import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Database } from '../../db/connect.ts';
import { runWorker, type RunningWorker } from '../../worker/run.ts';
import { testDatabase } from '../helpers/database.ts';
import { LogLines } from '../helpers/log-lines.ts';

/** Adds a job as a function of the database does it that a request has called. */
async function enqueue(database: Database, requestId: string, task: string, payload: object) {
  const client = await database.pool().connect();
  try {
    await client.query('begin');
    await client.query('select authz.enter($1)', [JSON.stringify({ request_id: requestId })]);
    await client.query('select platform.enqueue($1, $2, max_attempts => 1)', [task, payload]);
    await client.query('commit');
  } finally {
    client.release();
  }
}

describe('the log of the worker', () => {
  let worker: RunningWorker;
  const lines = new LogLines();
  // Before the database goes: these run in their order.
  afterAll(() => worker.stop());
  const database = testDatabase();
  beforeAll(async () => {
    worker = await runWorker(database, {
      log: lines.log,
      mail: { deliver: () => Promise.reject(new Error('no')), appUrl: 'http://app.test' },
    });
  });

  test('names the request that a job comes from', async () => {
    // So that the job has nothing to tell of its own.
    await database.pool().query('select platform.maintain_partitions()');
    await enqueue(database, 'asked-1', 'maintain_partitions', {});
    expect(await lines.line({ requestId: 'asked-1' })).toMatchObject({
      level: 'info',
      task: 'maintain_partitions',
      attempt: 1,
      ms: expect.any(Number) as unknown,
    });
  });

  test('says why a job failed, and nothing of what it was about', async () => {
    await enqueue(database, 'asked-2', 'send_mail', {
      template: 'no_such_mail',
      to: 'hidden@person.test',
      variables: {},
    });
    expect(await lines.line({ requestId: 'asked-2', level: 'error' })).toMatchObject({
      task: 'send_mail',
      err: { message: expect.stringContaining('no_such_mail') as unknown },
    });
    expect(lines.text).not.toContain('hidden@person.test');
  });
});
