import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, expect, test } from '@jest/globals';
import { prepareQueue } from '../../worker/queue.ts';
import { runWorker } from '../../worker/run.ts';
import { hoursAgo, randomId, record, rowsOf } from '../analytics/recording.ts';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { testApi } from '../helpers/graphql.ts';

let ours: Cast;
const database = testDatabase();
const api = testApi(database);

beforeAll(async () => {
  await prepareQueue(database);
  ours = await makeCast(database, 'ours');
});

/** Runs one job, and waits until it is done. */
async function run(task: string, payload: object = {}): Promise<void> {
  await database
    .pool('callboard_service')
    .query('select graphile_worker.add_job($1, $2)', [task, JSON.stringify(payload)]);
  const worker = await runWorker(database);
  const left = () =>
    rowsOf(database, 'select from graphile_worker.jobs where task_identifier = $1', [task]);
  while ((await left()).length > 0) await pause(50);
  await worker.stop();
}

/** The data of an answer that has to be without errors. */
async function answered(source: string, variables: Record<string, unknown>) {
  const { data, errors } = await api.ask(ours.member, source, variables);
  expect(errors).toBeUndefined();
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- looked into below
  return data as Record<string, any>;
}

test('events go in through the API, what follows from them by job, and figures come out through the API', async () => {
  const sent = await answered(
    `mutation ($rows: JSON!) {
       upsertEvents(input: { rows: $rows }) { result { inserted duplicates rejected { index field reason } } }
     }`,
    { rows: [{ id: 'x', name: 'login' }] },
  );
  expect(sent).toEqual({
    upsertEvents: {
      result: {
        inserted: 0,
        duplicates: 0,
        rejected: [{ index: 0, field: 'id', reason: 'must be a UUID' }],
      },
    },
  });
  await record(database, ours.member, [
    { id: randomId(), name: 'login', occurredAt: hoursAgo(2), userId: ours.member.userId },
    { id: randomId(), name: 'login', occurredAt: hoursAgo(1.9), userId: ours.member.userId },
    { id: randomId(), name: 'login', occurredAt: hoursAgo(50), userId: ours.admin.userId },
  ]);
  await run('digest_events');
  expect(await rowsOf(database, 'select from analytics.event_batches')).toEqual([]);
  expect(
    await rowsOf(database, 'select from analytics.dirty_days where organization_id = $1', [
      ours.organizationId,
    ]),
  ).toEqual([]);
  await run('take_pmf_snapshots');
  await run('trim_analytics');
  const day = (ago: number) => hoursAgo(24 * ago).slice(0, 10);
  const read = await answered(
    `query ($from: Date!, $to: Date!) {
       metricSeries(metric: "events", fromDay: $from, toDay: $to, grain: "year") { nodes { value } }
       metricsDashboards { nodes { metric } }
       visitorSessions(orderBy: [PRIMARY_KEY_ASC]) { nodes { eventCount user { rowId } } }
       pmfMetricsSnapshots { nodes { activeUsers28 } }
       calculateNps { n score }
       getMetricsTrends { nodes { metric points { day isAnomaly } } }
     }`,
    { from: day(3), to: day(0) },
  );
  expect(
    read['metricSeries'].nodes.reduce(
      (sum: number, point: { value: string }) => sum + Number(point.value),
      0,
    ),
  ).toBe(3);
  expect(read['metricsDashboards'].nodes.map((row: { metric: string }) => row.metric)).toEqual(
    expect.arrayContaining(['events', 'active_users', 'sessions', 'sign_ups', 'stickiness']),
  );
  expect(read['visitorSessions'].nodes).toHaveLength(2);
  expect(read['pmfMetricsSnapshots'].nodes).toEqual([{ activeUsers28: 2 }]);
  expect(read['calculateNps']).toEqual({ n: 0, score: null });
});

test('new activation rules judge everybody, by job', async () => {
  await rowsOf(
    database,
    "insert into analytics.activation_rules (organization_id, event_name, within_days) values ($1, 'never_done', 5)",
    [ours.organizationId],
  );
  await run('recompute_activations', { organization_id: ours.organizationId });
  expect(await rowsOf(database, 'select from analytics.user_activations')).toEqual([]);
});
