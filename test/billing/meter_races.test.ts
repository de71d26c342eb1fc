import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { openDatabase, type Database } from '../../db/connect.ts';
import { enter, makeCast, type Caller, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { serverAddress, testServer } from '../setup/environment.ts';
import { makePlan, subscribe } from './plans.ts';

const CALLERS = 50;

onServer('callers who count at the same time', () => {
  const database = testDatabase();
  let many: Database;
  let serial = 0;

  beforeAll(async () => {
    const { rows } = await database
      .pool()
      .query<{ name: string }>('select current_database() as name');
    many = await openDatabase({
      databaseUrl: serverAddress(testServer() ?? '', rows[0]?.name ?? ''),
      dataDir: '',
      poolSize: CALLERS,
    });
  });
  afterAll(() => many.close());

  const owned = async <T>(work: (client: PoolClient) => Promise<T>): Promise<T> => {
    const client = await database.pool().connect();
    try {
      return await work(client);
    } finally {
      client.release();
    }
  };

  /** An organization that may have so many projects. */
  async function makeTenant(projects: number | null): Promise<Cast> {
    serial += 1;
    const cast = await makeCast(database, `race${serial}`);
    await owned(async (client) =>
      subscribe(
        client,
        cast.organizationId,
        await makePlan(client, `race_${serial}`, { projects }),
      ),
    );
    return cast;
  }

  /** Each of them in a transaction of its own, all open before any commits; what came of each. */
  async function allAtOnce(
    callers: readonly Caller[],
    work: (client: PoolClient, index: number) => Promise<unknown>,
  ): Promise<string[]> {
    const clients = await Promise.all(
      callers.map(() => many.pool('callboard_authenticator').connect()),
    );
    try {
      await Promise.all(
        clients.map(async (client, index) => {
          await client.query('begin');
          await enter(client, callers[index] ?? {});
        }),
      );
      return await Promise.all(
        clients.map(async (client, index) => {
          try {
            await work(client, index);
            await client.query('commit');
            return 'done';
          } catch (error) {
            await client.query('rollback');
            return (error as { code?: string }).code ?? String(error);
          }
        }),
      );
    } finally {
      for (const client of clients) client.release();
    }
  }

  const addProject = (client: PoolClient, index: number) =>
    client.query('insert into projects.projects (name) values ($1)', [`Project ${index}`]);
  const count = (outcomes: readonly string[], outcome: string) =>
    outcomes.filter((each) => each === outcome).length;

  /** What is counted, and what is there. */
  const standing = (cast: Cast) =>
    owned(async (client) => {
      const { rows } = await client.query<{ used: number; there: number; parts: number }>(
        `select (select used::int from billing.figures($1, 'projects')) as used,
                (select count(*)::int from projects.projects where organization_id = $1 and deleted_at is null) as there,
                (select count(*)::int from billing.usage_counters
                  where organization_id = $1 and metric_key = 'projects') as parts`,
        [cast.organizationId],
      );
      return rows[0];
    });

  test.each([1, 7, 50, 200])('%i of a limit: exactly so many of fifty succeed', async (limit) => {
    const cast = await makeTenant(limit);
    const outcomes = await allAtOnce(Array<Caller>(CALLERS).fill(cast.member), addProject);
    const fits = Math.min(limit, CALLERS);
    expect(count(outcomes, 'done')).toBe(fits);
    expect(count(outcomes, 'CB025')).toBe(CALLERS - fits);
    expect(await standing(cast)).toMatchObject({ used: fits, there: fits });
  });

  test('the limit is exact round after round, however its room was spread', async () => {
    const cast = await makeTenant(230);
    let done = 0;
    for (let round = 0; round < 6; round += 1) {
      const outcomes = await allAtOnce(Array<Caller>(CALLERS).fill(cast.member), addProject);
      done += count(outcomes, 'done');
      expect(count(outcomes, 'done') + count(outcomes, 'CB025')).toBe(CALLERS);
    }
    expect(done).toBe(230);
    expect(await standing(cast)).toMatchObject({ used: 230, there: 230 });
  }, 60_000);

  test('those who take and those who give back at the same time leave the counter right', async () => {
    const cast = await makeTenant(25);
    await allAtOnce(Array<Caller>(CALLERS).fill(cast.member), addProject);
    const { rows } = await owned((client) =>
      client.query<{ id: string }>('select id from projects.projects where organization_id = $1', [
        cast.organizationId,
      ]),
    );
    const outcomes = await allAtOnce(Array<Caller>(CALLERS).fill(cast.member), (client, index) =>
      index < rows.length
        ? client.query('select projects.delete_project($1)', [rows[index]?.id])
        : addProject(client, 100 + index),
    );
    expect(outcomes.slice(0, rows.length)).toEqual(Array<string>(rows.length).fill('done'));
    const added = count(outcomes.slice(rows.length), 'done');
    expect(added + count(outcomes.slice(rows.length), 'CB025')).toBe(CALLERS - rows.length);
    expect(await standing(cast)).toMatchObject({ used: added, there: added });
  });

  test.each([null, 100_000])(
    'far from a limit (%s) nobody waits for a transaction that is still open',
    async (limit) => {
      const cast = await makeTenant(limit);
      // the counter is divided when two meet
      await allAtOnce(Array<Caller>(10).fill(cast.member), addProject);
      const slow = await many.pool('callboard_authenticator').connect();
      try {
        await slow.query('begin');
        await enter(slow, cast.member);
        await addProject(slow, 1000);
        const outcomes = await allAtOnce(
          Array<Caller>(8).fill(cast.member),
          async (client, index) => {
            await client.query("set local lock_timeout = '10s'");
            await addProject(client, 2000 + index);
          },
        );
        expect(outcomes).toEqual(Array<string>(8).fill('done'));
      } finally {
        await slow.query('rollback');
        slow.release();
      }
      expect(await standing(cast)).toMatchObject({ used: 18, there: 18 });
    },
  );

  test('a change to a smaller plan waits for whoever is writing, and then sees their rows', async () => {
    const cast = await makeTenant(10);
    const small = await owned((client) => makePlan(client, `small_${serial}`, { projects: 3 }));
    await allAtOnce(Array<Caller>(3).fill(cast.member), addProject);
    const writer = await many.pool('callboard_authenticator').connect();
    const changer = await many.pool('callboard_authenticator').connect();
    try {
      for (const client of [writer, changer]) {
        await client.query('begin');
        await enter(client, cast.owner);
      }
      await addProject(writer, 4);
      const change = changer.query('select billing.change_plan($1)', [small]).then(
        () => 'changed',
        (error: unknown) => (error as { code: string }).code,
      );
      await writer.query('commit');
      expect(await change).toBe('CB025');
    } finally {
      for (const client of [writer, changer]) {
        await client.query('rollback');
        client.release();
      }
    }
  });

  test('whoever writes while the plan becomes smaller meets the new limit', async () => {
    const cast = await makeTenant(10);
    const small = await owned((client) => makePlan(client, `tight_${serial}`, { projects: 3 }));
    await allAtOnce(Array<Caller>(3).fill(cast.member), addProject);
    const writer = await many.pool('callboard_authenticator').connect();
    const changer = await many.pool('callboard_authenticator').connect();
    try {
      for (const client of [writer, changer]) {
        await client.query('begin');
        await enter(client, cast.owner);
      }
      await changer.query('select billing.change_plan($1)', [small]);
      const write = addProject(writer, 4).then(
        () => 'written',
        (error: unknown) => (error as { code: string }).code,
      );
      await changer.query('commit');
      expect(await write).toBe('CB025');
    } finally {
      for (const client of [writer, changer]) {
        await client.query('rollback');
        client.release();
      }
    }
  });

  test('fifty increments of a counter are fifty, and of one near its limit exactly the rest', async () => {
    const cast = await makeTenant(null);
    await owned(async (client) => {
      const plan = await makePlan(client, `mail_${serial}`, { emails: 100 });
      await subscribe(client, cast.organizationId, plan);
    });
    const track = (client: PoolClient) =>
      client.query("select billing.track_usage(null, 'emails', 3)");
    const outcomes = await allAtOnce(Array<Caller>(CALLERS).fill(cast.owner), track);
    expect(count(outcomes, 'done')).toBe(33);
    expect(count(outcomes, 'CB025')).toBe(CALLERS - 33);
    await owned(async (client) => {
      const { rows } = await client.query<{ used: string }>(
        "select used from billing.figures($1, 'emails')",
        [cast.organizationId],
      );
      expect(rows).toEqual([{ used: '99' }]);
    });
  });

  test('two who start a subscription at the same time leave one current', async () => {
    const cast = await makeTenant(null);
    const plan = await owned((client) => makePlan(client, `twice_${serial}`, {}));
    const outcomes = await Promise.all(
      [1, 2, 3, 4].map(() =>
        many
          .pool('callboard_service')
          .query('select billing.start_subscription($1, $2, arranged => true)', [
            cast.organizationId,
            plan,
          ])
          .then(
            () => 'done',
            (error: unknown) => (error as { code: string }).code,
          ),
      ),
    );
    expect(outcomes).toEqual(['done', 'done', 'done', 'done']);
    await owned(async (client) => {
      const { rows } = await client.query(
        'select from billing.subscriptions where organization_id = $1 and ended_at is null',
        [cast.organizationId],
      );
      expect(rows).toHaveLength(1);
    });
  });

  test('two workers that renew at the same time renew once', async () => {
    const cast = await makeTenant(null);
    const renew = () =>
      many
        .pool('callboard_service')
        .query<{ outcomes: string[] }>(
          "select * from billing.renew_subscriptions(now() + interval '40 days') where organization_id = $1",
          [cast.organizationId],
        );
    const done = await Promise.all([renew(), renew(), renew()]);
    expect(done.flatMap(({ rows }) => rows.map((row) => row.outcomes))).toEqual([['renewed']]);
  });
});
