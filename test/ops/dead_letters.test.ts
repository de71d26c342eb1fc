import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { PermanentFailure } from '../../worker/failures.ts';
import { runWorker, type RunningWorker } from '../../worker/run.ts';
import { actAs, as, makeCast, type Caller, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { dataOf, errorOf, testApi } from '../helpers/graphql.ts';
import { LogLines } from '../helpers/log-lines.ts';
import { until } from '../helpers/program.ts';

const TOKEN = 'a3f1'.repeat(16);
const ERROR = `550 <ada@mail.test> refused ${TOKEN} at smtp://login:hunter2@mail.test`;

const LETTERS = `{ deadLetters(orderBy: [PRIMARY_KEY_ASC]) { nodes {
  rowId task payload error attempts maxAttempts queueName requestId status resolvedBy { name } } } }`;
const REPLAY = `mutation ($rowId: UUID!) { replayDeadLetter(input: { rowId: $rowId }) { deadLetter { status resolvedAt resolvedById } } }`;
const DISCARD = `mutation ($rowId: UUID!) { discardDeadLetter(input: { rowId: $rowId }) { deadLetter { status } } }`;
const REPLAY_ALL = `mutation ($task: String!) { replayDeadLetters(input: { task: $task }) { deadLetters { status } } }`;
const FAILING = `{ getFailingJobs { nodes { task payload error attempts maxAttempts nextRunAt isRunning } } }`;

describe('dead letters', () => {
  // Before the database goes: these run in their order.
  let worker: RunningWorker | undefined;
  const database = testDatabase();
  const api = testApi(database);
  const lines = new LogLines();
  let cast: Cast;
  let other: Cast;
  let platform: Caller;

  const rowsOf = async (sql: string, values: unknown[] = []) =>
    (await database.pool().query(sql, values)).rows;
  const stop = async () => {
    await worker?.stop();
    worker = undefined;
  };
  afterEach(async () => {
    await stop();
    await rowsOf('delete from graphile_worker._private_jobs');
    await rowsOf(
      'update graphile_worker._private_job_queues set locked_by = null, locked_at = null',
    );
    await rowsOf('delete from ops.dead_letters');
  });

  beforeAll(async () => {
    cast = await makeCast(database, 'letters');
    other = await makeCast(database, 'others');
    platform = other.member;
    await rowsOf("insert into identity.platform_roles (user_id, role) values ($1, 'admin')", [
      platform.userId,
    ]);
    // What a new organization asks for by itself.
    await rowsOf('delete from graphile_worker._private_jobs');
  });

  const start = async (fails = true) => {
    const ran: unknown[] = [];
    worker = await runWorker(database, {
      log: lines.log,
      workerPollMs: 50,
      tasks: {
        falter: (payload) => {
          ran.push(payload);
          if (fails) throw new Error(ERROR);
        },
        never: () => {
          throw new PermanentFailure('It cannot be.');
        },
      },
    });
    return ran;
  };
  type Adding = { task?: string; key?: string; queue?: string; most?: number; priority?: number };
  const add = (payload: object, { task = 'falter', key, queue, most = 1, priority }: Adding = {}) =>
    rowsOf('select platform.enqueue($1, $2, $3, null, $4, $5, $6)', [
      ...[task, payload, key ?? null, most, queue ?? null, priority ?? null],
    ]);
  const jobs = () =>
    rowsOf(
      `select j.task_identifier as task, j.attempts, j.max_attempts, j.key, j.queue_name, j.priority, j.flags, p.payload
         from graphile_worker.jobs j join graphile_worker._private_jobs p on p.id = j.id order by j.id`,
    );
  const letters = () =>
    rowsOf(
      'select id, organization_id, task, status, error, attempts, max_attempts from ops.dead_letters order by id',
    );
  /** Runs what is in the queue until so many letters are there. */
  const bury = async (count: number) => {
    await start();
    await until(async () => (await letters()).length === count);
    await stop();
    return (await letters()).map(({ id }) => String(id));
  };
  /** A letter of the cast's organization. */
  const letter = async (adding: Adding = {}, of: Cast = cast) => {
    await add({ organization_id: of.organizationId, note: 'for Ada' }, adding);
    const ids = await bury((await letters()).length + 1);
    return ids.at(-1) ?? '';
  };

  test('are what is left of jobs that failed for good, without what nobody should read', async () => {
    const id = randomUUID();
    await add(
      {
        ...{ organization_id: cast.organizationId, request_id: 'asked-7', template: 'welcome' },
        ...{ to: 'ada@mail.test', code: 123456, count: 7, on: true, day: '2028-02-29' },
        variables: { name: 'Ada', 'ada@mail.test': 1, token: TOKEN },
        items: [{ lead_id: id, at: '2028-02-29T12:00:00+00:00' }, 'a text', null],
      },
      { queue: 'post', most: 1 },
    );
    await bury(1);
    expect(await jobs()).toEqual([]);
    const { deadLetters } = dataOf(await api.ask(cast.owner, LETTERS));
    expect(deadLetters.nodes).toEqual([
      {
        rowId: expect.any(String),
        task: 'falter',
        payload: {
          ...{ organization_id: cast.organizationId, request_id: '…', template: 'welcome' },
          ...{ to: '…', code: '…', count: 7, on: true, day: '2028-02-29' },
          variables: { name: '…', '…': 1, token: '…' },
          items: [{ lead_id: id, at: '2028-02-29T12:00:00+00:00' }, '…', null],
        },
        error: '550 <…@mail.test> refused … at smtp://…@mail.test',
        attempts: 1,
        maxAttempts: 1,
        queueName: 'post',
        requestId: 'asked-7',
        status: 'open',
        resolvedBy: null,
      },
    ]);
    // The queue that it ran in is free again.
    expect(await rowsOf('select locked_by from graphile_worker._private_job_queues')).toEqual([
      { locked_by: null },
    ]);
  });

  test('come at once from failures that would be the same each time', async () => {
    await add({ organization_id: cast.organizationId }, { task: 'never', most: 25, queue: 'post' });
    await add({ organization_id: cast.organizationId }, { task: 'never', most: 25, queue: 'post' });
    await bury(2);
    expect(await letters()).toMatchObject([
      { task: 'never', attempts: 1, max_attempts: 25, error: 'It cannot be.' },
      { task: 'never', attempts: 1, max_attempts: 25 },
    ]);
  });

  test('of payloads that name no organization there is belong to the platform', async () => {
    for (const payload of [
      {},
      { organization_id: randomUUID() },
      { organization_id: 'x' },
      { organization_id: null },
    ]) {
      await add(payload);
    }
    await add({ token: { organization_id: cast.organizationId } });
    await bury(5);
    expect((await letters()).map(({ organization_id: of }) => of).sort()).toEqual([
      ...[cast.organizationId, null, null, null, null],
    ]);
    const seen = async (caller: Caller) =>
      dataOf(await api.ask(caller, LETTERS)).deadLetters.nodes.length;
    expect(await seen(cast.admin)).toBe(1);
    expect(await seen(cast.member)).toBe(0);
    expect(await seen(cast.guest)).toBe(0);
    expect(await seen(other.owner)).toBe(0);
    expect(await seen(platform)).toBe(5);
  });

  test('are not made of jobs that a newer one has taken the place of while they ran', async () => {
    await add({ n: 1 }, { key: 'one', most: 25 });
    await rowsOf(
      "update graphile_worker._private_jobs set locked_by = 'somebody', locked_at = now(), attempts = 1",
    );
    await add({ n: 2 }, { key: 'one', most: 25 });
    expect(await jobs()).toMatchObject([
      { attempts: 25, key: null },
      { attempts: 0, key: 'one' },
    ]);
    await rowsOf(
      "update graphile_worker._private_jobs set locked_by = null, locked_at = null, last_error = 'no' where key is null",
    );
    expect(await jobs()).toMatchObject([{ payload: { n: 2 } }]);
    expect(await letters()).toEqual([]);
  });

  test('are made of jobs whose last attempt ended with their worker', async () => {
    await add({ organization_id: cast.organizationId }, { most: 1 });
    await rowsOf(
      "update graphile_worker._private_jobs set locked_by = 'gone', locked_at = now(), attempts = 1",
    );
    await rowsOf("select ops.report_worker('gone', 'here', 1, 1)");
    expect(await rowsOf('select jobs from ops.free_dead_workers()')).toEqual([]);
    expect(await rowsOf("select jobs from ops.free_dead_workers('-1 second')")).toEqual([
      { jobs: 1 },
    ]);
    expect(await letters()).toMatchObject([
      { error: 'The worker that ran it ended without a word, or fell silent.', status: 'open' },
    ]);
  });

  test('are superseded by a new job with their key', async () => {
    const id = await letter({ key: 'one' });
    await add({ n: 2 }, { key: 'two' });
    expect(await letters()).toMatchObject([{ id, status: 'open' }]);
    await add({ n: 2 }, { key: 'one' });
    expect(await letters()).toMatchObject([{ id, status: 'superseded' }]);
    const again = dataOf(await api.ask(cast.owner, REPLAY, { rowId: id }));
    expect(again.replayDeadLetter.deadLetter).toMatchObject({
      status: 'superseded',
      resolvedById: null,
    });
    expect(await jobs()).toHaveLength(2);
  });

  test('are replayed with all that the job had, once, and the audit log says by whom', async () => {
    const rowId = await letter({ key: 'one', queue: 'post', most: 1, priority: 3 });
    await api.within(async ({ ask, client }) => {
      for (const caller of [cast.owner, cast.admin]) {
        const { replayDeadLetter } = dataOf(await ask(caller, REPLAY, { rowId }));
        expect(replayDeadLetter.deadLetter).toMatchObject({
          status: 'replayed',
          resolvedById: cast.owner.userId,
        });
      }
      const { rows } = await client.query(
        `select t.identifier, j.attempts, j.max_attempts, j.key, q.queue_name, j.priority, j.payload
           from graphile_worker._private_jobs j
           join graphile_worker._private_tasks t on t.id = j.task_id
           join graphile_worker._private_job_queues q on q.id = j.job_queue_id`,
      );
      expect(rows).toEqual([
        {
          ...{ identifier: 'falter', attempts: 0, max_attempts: 1, key: 'one', priority: 3 },
          queue_name: 'post',
          payload: { organization_id: cast.organizationId, note: 'for Ada' },
        },
      ]);
      const audited = await client.query(
        'select actor_id, action, before, after from security.audit_logs where entity_id = $1',
        [rowId],
      );
      expect(audited.rows).toEqual([
        {
          actor_id: cast.owner.userId,
          action: 'update',
          before: { status: 'open' },
          after: { status: 'replayed', task: 'falter' },
        },
      ]);
    });
  });

  test('run when they are replayed', async () => {
    const id = await letter();
    await actAs(database, cast.owner, (client) =>
      client.query('select ops.replay_dead_letter($1)', [id]),
    );
    const ran = await start(false);
    await until(async () => (await jobs()).length === 0);
    expect(ran).toEqual([{ organization_id: cast.organizationId, note: 'for Ada' }]);
    expect(await letters()).toMatchObject([{ status: 'replayed' }]);
  });

  test('are settled by nobody who may not', async () => {
    const rowId = await letter();
    const own = async (caller: Caller, mutation: string) =>
      errorOf(await api.ask(caller, mutation, { rowId }));
    for (const mutation of [REPLAY, DISCARD]) {
      expect(await own(cast.member, mutation)).toEqual({ code: 'FORBIDDEN' });
      expect(await own({}, mutation)).toMatchObject({ code: 'UNAUTHENTICATED' });
      expect(await own(other.owner, mutation)).toEqual({
        code: 'NOT_FOUND_OR_FORBIDDEN',
        field: 'rowId',
      });
    }
    expect(errorOf(await api.ask(cast.member, REPLAY_ALL, { task: 'falter' }))).toEqual({
      code: 'FORBIDDEN',
    });
    expect(await letters()).toMatchObject([{ status: 'open' }]);
    expect(await jobs()).toEqual([]);
    // Nobody writes them around the functions, and what they hold is read by nobody.
    for (const sql of [
      "update ops.dead_letters set status = 'discarded', resolved_at = now()",
      'delete from ops.dead_letters',
      'select from ops.dead_letter_payloads',
      'select from ops.queue_figures',
    ]) {
      await expect(as(database, cast.owner, (client) => client.query(sql))).rejects.toMatchObject({
        code: '42501',
      });
    }
  });

  test('can be discarded, and stay so', async () => {
    const rowId = await letter();
    await api.within(async ({ ask }) => {
      const discarded = dataOf(await ask(cast.admin, DISCARD, { rowId }));
      expect(discarded.discardDeadLetter.deadLetter.status).toBe('discarded');
      const replayed = dataOf(await ask(cast.admin, REPLAY, { rowId }));
      expect(replayed.replayDeadLetter.deadLetter.status).toBe('discarded');
    });
  });

  test('of a task are replayed together: one’s own, or all by an administrator of the platform', async () => {
    await letter();
    await letter();
    await letter({ task: 'never' });
    await letter({}, other);
    const count = async (caller: Caller) =>
      dataOf(await api.ask(caller, REPLAY_ALL, { task: 'falter' })).replayDeadLetters.deadLetters
        .length;
    expect(await count(cast.owner)).toBe(2);
    expect(await count(platform)).toBe(3);
    const none = await api.ask(
      cast.owner,
      'mutation { replayDeadLetters(input: { task: "falter", atMost: 0 }) { deadLetters { rowId } } }',
    );
    expect(errorOf(none)).toEqual({ code: 'INVALID_INPUT', field: 'atMost' });
  });

  test('are forgotten when they are settled and old, or very old', async () => {
    for (let count = 0; count < 5; count += 1) await letter();
    const [settled, recent, open, old, late] = (await letters()).map(({ id }) => id);
    const age = (id: unknown, failed: number, resolved: number | null) =>
      rowsOf(
        `update ops.dead_letters
            set failed_at = now() - make_interval(days => $2), resolved_at = now() - make_interval(days => $3),
                status = case when $3::int is null then 'open' else 'discarded' end
          where id = $1`,
        [id, failed, resolved],
      );
    await age(settled, 60, 31);
    await age(recent, 60, 29);
    await age(open, 60, null);
    await age(old, 181, null);
    await age(late, 181, 29);
    expect(await rowsOf('select ops.forget_jobs() as n')).toEqual([{ n: 2 }]);
    expect((await letters()).map(({ id }) => id)).toEqual([recent, open, late]);
    expect(await rowsOf('select ops.forget_jobs() as n')).toEqual([{ n: 0 }]);
  });

  test('are not yet what has attempts left: those jobs are seen as failing', async () => {
    await add({ organization_id: cast.organizationId, to: 'ada@mail.test' }, { most: 5 });
    await add({ organization_id: other.organizationId }, { most: 5 });
    await add({}, { most: 5 });
    await start();
    await until(
      async () =>
        (
          await rowsOf(
            'select from graphile_worker.jobs where last_error is not null and locked_at is null',
          )
        ).length === 3,
    );
    await stop();
    const seen = async (caller: Caller) =>
      dataOf(await api.ask(caller, FAILING)).getFailingJobs.nodes;
    expect(await seen(cast.owner)).toEqual([
      {
        task: 'falter',
        payload: { organization_id: cast.organizationId, to: '…' },
        error: '550 <…@mail.test> refused … at smtp://…@mail.test',
        attempts: 1,
        maxAttempts: 5,
        nextRunAt: expect.any(String),
        isRunning: false,
      },
    ]);
    expect(await seen(platform)).toHaveLength(3);
    expect(errorOf(await api.ask(cast.member, FAILING))).toEqual({ code: 'FORBIDDEN' });
    expect(errorOf(await api.ask({}, FAILING))).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await letters()).toEqual([]);
  });

  onServer('at the same time', () => {
    const replay = (caller: Caller, id: string) =>
      actAs(database, caller, async (client) => {
        const { rows } = await client.query('select (ops.replay_dead_letter($1)).status', [id]);
        return String(rows[0]?.status);
      });

    test('two replays make one job', async () => {
      const id = await letter();
      const calls = [cast.owner, cast.admin, platform, cast.owner].map((who) => replay(who, id));
      expect(await Promise.all(calls)).toEqual(Array(4).fill('replayed'));
      expect(await jobs()).toHaveLength(1);
    });

    test('a replay waits for a new job with the key, and lets it do the work', async () => {
      const id = await letter({ key: 'one' });
      const client = await database.pool().connect();
      let replayed: Promise<string>;
      try {
        await client.query('begin');
        await client.query(`select platform.enqueue('falter', '{"n": 2}', job_key => 'one')`);
        replayed = replay(cast.owner, id);
        await until(
          async () =>
            (
              await rowsOf(
                "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
              )
            ).length > 0,
        );
        await client.query('commit');
      } finally {
        client.release();
      }
      expect(await replayed).toBe('superseded');
      expect(await jobs()).toMatchObject([{ key: 'one', payload: { n: 2 } }]);
    });

    test('a new job with the key waits for a replay, and takes its place', async () => {
      const id = await letter({ key: 'one' });
      const client = await database.pool('callboard_authenticator').connect();
      let added: Promise<unknown>;
      try {
        await client.query('begin');
        await client.query("select set_config('role', 'callboard_member', true), authz.enter($1)", [
          JSON.stringify({ user_id: cast.owner.userId, organization_id: cast.organizationId }),
        ]);
        await client.query('select ops.replay_dead_letter($1)', [id]);
        added = add({ n: 2 }, { key: 'one' });
        await until(
          async () =>
            (
              await rowsOf(
                "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
              )
            ).length > 0,
        );
        await client.query('commit');
      } finally {
        client.release();
      }
      await added;
      expect(await jobs()).toMatchObject([{ key: 'one', payload: { n: 2 } }]);
      expect(await letters()).toMatchObject([{ status: 'replayed' }]);
    });
  });
});
