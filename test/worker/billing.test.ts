import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeAll, expect, test } from '@jest/globals';
import { prepareQueue } from '../../worker/queue.ts';
import { runWorker, type RunningWorker } from '../../worker/run.ts';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';

let worker: RunningWorker | undefined;
let cast: Cast;
const database = testDatabase();

beforeAll(async () => {
  await prepareQueue(database);
  cast = await makeCast(database, 'worked');
});
afterEach(async () => {
  await worker?.stop();
  worker = undefined;
});

/** Runs one job, and waits until it is done. */
async function run(task: string): Promise<void> {
  await database.pool('callboard_service').query('select graphile_worker.add_job($1)', [task]);
  worker = await runWorker(database);
  const left = () => database.pool().query('select from graphile_worker.jobs');
  while ((await left()).rowCount) await pause(50);
}

test('renew_subscriptions carries on what is over', async () => {
  await database.pool().query(
    `update billing.subscriptions
        set anchored_at = now() - interval '40 days',
            period = tstzrange(now() - interval '40 days', now() - interval '9 days')
      where organization_id = $1 and ended_at is null`,
    [cast.organizationId],
  );
  await run('renew_subscriptions');
  const { rows } = await database
    .pool()
    .query<{ goes_on: boolean }>(
      'select period @> now() as goes_on from billing.subscriptions where organization_id = $1 and ended_at is null',
      [cast.organizationId],
    );
  expect(rows).toEqual([{ goes_on: true }]);
});

test('close_usage_months moves what was counted to the history', async () => {
  await database.pool().query(
    `insert into billing.usage_counters (organization_id, metric_key, period, part, used)
     values ($1, 'emails', '2025-02-01', 0, 12)`,
    [cast.organizationId],
  );
  await run('close_usage_months');
  const { rows } = await database
    .pool()
    .query(
      "select month::text, used from tenancy.organization_usage where organization_id = $1 and metric_key = 'emails'",
      [cast.organizationId],
    );
  expect(rows).toEqual([{ month: '2025-02-01', used: '12' }]);
});

test('purge_accounts forgets what payment providers reported long ago, and nothing newer', async () => {
  await database.pool().query(
    `insert into billing.provider_events (provider, event_id, event_type, occurred_at, received_at)
     select 'stripe', 'evt_' || n, 'customer.subscription.updated', now() - interval '1 year', now() - make_interval(days => n)
       from unnest('{1,89,91,400}'::integer[]) as d (n)`,
  );
  await run('purge_accounts');
  const { rows } = await database
    .pool()
    .query<{ event_id: string }>('select event_id from billing.provider_events order by event_id');
  expect(rows.map((row) => row.event_id)).toEqual(['evt_1', 'evt_89']);
});
