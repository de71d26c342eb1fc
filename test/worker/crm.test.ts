import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeAll, expect, test } from '@jest/globals';
import { prepareQueue } from '../../worker/queue.ts';
import { runWorker, type RunningWorker } from '../../worker/run.ts';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { add, one, rowOf } from '../projects/fixtures.ts';

let worker: RunningWorker | undefined;
let cast: Cast;
/** Whose turn comes after that of `cast`. */
let next: Cast;
const database = testDatabase();

beforeAll(async () => {
  await prepareQueue(database);
  cast = await makeCast(database, 'worked');
  next = await makeCast(database, 'next');
});
afterEach(async () => {
  await worker?.stop();
  worker = undefined;
});

/** Runs all jobs that there are, those that wait for their time as well, until none is left. */
async function runJobs(): Promise<void> {
  await database.pool().query('update graphile_worker._private_jobs set run_at = now()');
  worker = await runWorker(database);
  const left = () => database.pool().query('select from graphile_worker.jobs');
  while ((await left()).rowCount) await pause(50);
}

const addJob = (task: string, payload: object = {}) =>
  database
    .pool('callboard_service')
    .query('select graphile_worker.add_job($1, $2::json)', [task, JSON.stringify(payload)]);

/** Runs a job that is to fail; what it fails with. */
async function failureOf(task: string, payload: object = {}): Promise<string> {
  await database
    .pool()
    .query('select graphile_worker.complete_jobs(array_agg(id)) from graphile_worker.jobs');
  await addJob(task, payload);
  worker = await runWorker(database);
  for (;;) {
    const { rows } = await database
      .pool()
      .query<{ last_error: string | null }>(
        'select last_error from graphile_worker.jobs where task_identifier = $1',
        [task],
      );
    if (rows[0]?.last_error) {
      await worker.stop();
      worker = undefined;
      await database
        .pool()
        .query('select graphile_worker.complete_jobs(array_agg(id)) from graphile_worker.jobs');
      return rows[0].last_error;
    }
    if (rows.length === 0) throw new Error(`${task} did not fail.`);
    await pause(50);
  }
}

async function newLead(values: Record<string, unknown>): Promise<string> {
  const client = await database.pool().connect();
  try {
    return await add(client, 'crm.leads', { organization_id: cast.organizationId, ...values });
  } finally {
    client.release();
  }
}

test('a lead that comes is scored by the job that it brings along', async () => {
  const id = await newLead({ email: 'new@clients.test', company_name: 'Aurora' });
  await runJobs();
  expect(await rowOf(database.pool(), 'crm.leads', id)).toMatchObject({ score_fit: 15, score: 6 });
});

test('another rule is another score for every lead', async () => {
  const id = await newLead({ email: 'ruled@clients.test', company_name: 'Aurora' });
  await database
    .pool()
    .query(
      "update crm.lead_score_rules set points = 50 where organization_id = $1 and signal = 'company_name'",
      [cast.organizationId],
    );
  await runJobs();
  expect(await rowOf(database.pool(), 'crm.leads', id)).toMatchObject({ score_fit: 50 });
});

test('scores that fade are computed when they move', async () => {
  const id = await newLead({ email: 'due@clients.test' });
  await runJobs();
  await worker?.stop();
  await database
    .pool()
    .query(
      "update crm.leads set score = 99, rescore_at = now() - interval '1 minute' where id = $1",
      [id],
    );
  await addJob('recompute_lead_scores', { due: true });
  await runJobs();
  expect((await rowOf(database.pool(), 'crm.leads', id))['score']).not.toBe(99);
});

test.each([
  ['changed', {}],
  ['faded', { due: true }],
])(
  'an organization whose leads cannot be scored keeps no other waiting: %s',
  async (name, payload) => {
    const stuck = await newLead({ email: `stuck-${name}@clients.test` });
    const scored = await newLead({
      organization_id: next.organizationId,
      email: `scored-${name}@clients.test`,
      company_name: 'Aurora',
    });
    await database.pool().query(
      `update crm.leads set rescore_at = now() - interval '1 minute' where id in ('${stuck}', '${scored}');
     alter table crm.leads add constraint trouble
       check (organization_id <> '${cast.organizationId}' or scored_at is null) not valid`,
    );
    try {
      expect(await failureOf('recompute_lead_scores', payload)).toContain('1 of 2 organizations');
      const rows = await Promise.all(
        [stuck, scored].map((id) => rowOf(database.pool(), 'crm.leads', id)),
      );
      expect(rows[0]).toMatchObject({ scored_at: null });
      expect(rows[1]).toMatchObject({ score_fit: 15 });
    } finally {
      await database.pool().query('alter table crm.leads drop constraint trouble');
    }
    await addJob('recompute_lead_scores', payload);
    await runJobs();
    expect((await rowOf(database.pool(), 'crm.leads', stuck))['scored_at']).not.toBeNull();
  },
);

test('a pipeline is written down, and what marketing brought is kept', async () => {
  const lead = await newLead({ email: 'deal@clients.test' });
  await database.pool().query(
    `insert into crm.deals (organization_id, lead_id, name, amount, expected_close_on)
     values ($1, $2, 'Film', 100, current_date)`,
    [cast.organizationId, lead],
  );
  await database.pool().query(
    `insert into marketing.marketing_costs (organization_id, name, channel, amount, starts_on)
     values ($1, 'Stand', 'event', 40, platform.today($1))`,
    [cast.organizationId],
  );
  await addJob('snapshot_pipelines', { organization_id: cast.organizationId });
  await addJob('track_roi');
  await runJobs();
  expect(
    await one(database.pool(), '(select sum(open_deals) from crm.pipeline_forecasts where organization_id = $1)', [cast.organizationId]), // prettier-ignore
  ).toBe(1);
  expect(
    await one(database.pool(), "(select sum(cost) from marketing.roi_tracking where organization_id = $1 and dimension = 'channel')", [cast.organizationId]), // prettier-ignore
  ).toBe(40);
});

test('sums are larger than any amount in them', async () => {
  await database.pool().query(
    `insert into crm.deals (organization_id, lead_id, name, amount, expected_close_on)
     select l.organization_id, l.id, 'Part ' || n, 600000000000, current_date
       from crm.leads l
      cross join generate_series(1, 2) n
      where l.id = '${await newLead({ email: 'rich@clients.test' })}'`,
  );
  await database.pool().query(
    `insert into marketing.marketing_costs (organization_id, name, channel, amount, starts_on)
     select $1, 'Stand ' || n, 'event', 600000000000, platform.today($1) from generate_series(1, 2) n`,
    [cast.organizationId],
  );
  await addJob('snapshot_pipelines', { organization_id: cast.organizationId });
  await runJobs();
  expect(
    await one(database.pool(), '(select sum(weighted) > 0 and sum(weighted) < 1200000000100 from crm.pipeline_forecasts where organization_id = $1)', [cast.organizationId]), // prettier-ignore
  ).toBe(true);
  expect(
    await one(database.pool(), "(select sum(cost) from marketing.roi_tracking where organization_id = $1 and key = 'event')", [cast.organizationId]), // prettier-ignore
  ).toBeGreaterThanOrEqual(1_200_000_000_000);
  expect(
    await one(database.pool(), "(select max(t.amount) from crm.pipeline_stages s cross join lateral crm.pipeline_stages_totals(s) t where s.organization_id = $1)", [cast.organizationId]), // prettier-ignore
  ).toBeGreaterThanOrEqual(1_200_000_000_000);
});

test.each([
  ['snapshot_pipelines', 'crm.pipeline_forecasts'],
  ['track_roi', 'marketing.roi_tracking'],
])('%s goes on after an organization that it fails for', async (task, table) => {
  const lead = await newLead({
    organization_id: next.organizationId,
    email: `${task}@clients.test`,
  });
  await database.pool().query(
    `-- where the last hour of the day has come
     update tenancy.organizations
        set time_zone = (select z.name from pg_timezone_names z
                          where z.name like 'Etc/GMT%' and extract(hour from now() at time zone z.name) = 23 limit 1);
     insert into crm.deals (organization_id, lead_id, name, amount, expected_close_on)
     values ('${next.organizationId}', '${lead}', 'Film', 100, platform.today('${next.organizationId}'));
     delete from ${table};
     alter table ${table} add constraint trouble check (organization_id <> '${cast.organizationId}')`,
  );
  try {
    expect(await failureOf(task)).toContain('1 of 2 organizations');
    expect(
      await one(database.pool(), `(select jsonb_agg(distinct organization_id) from ${table})`),
    ).toEqual([next.organizationId]);
  } finally {
    await database.pool().query(`alter table ${table} drop constraint trouble`);
  }
});
