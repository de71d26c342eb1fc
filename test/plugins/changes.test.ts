import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { AccessTokens } from '../../plugins/session/tokens.ts';
import { startServer, type RunningServer } from '../../server/http.ts';
import { readSettings } from '../../server/settings.ts';
import { makeCast, withSession, type Caller, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { Subscription } from '../helpers/subscription.ts';

const SECRET = 'a secret for tests, which is long enough';
const settings = readSettings({ NODE_ENV: 'test', PORT: '0', JWT_SECRET: SECRET, DEMO: 'off' });
const CHANGES = (types = '') => `subscription {
  changes${types} { operation type rowIds nodes { ... on Project { name } ... on Budget { name } } }
}`;

describe('live changes', () => {
  let server: RunningServer;
  // Before the database is closed, which waits for the connection that listens.
  afterAll(() => server.close());
  const database = testDatabase();
  const tokens = new AccessTokens(SECRET, 15);
  const open: Subscription[] = [];
  let here: Cast;
  let there: Cast;
  let projectId: string;
  let budgetId: string;
  const sessions = new Map<string | undefined, string>();
  beforeAll(async () => {
    here = await makeCast(database, 'live');
    there = await makeCast(database, 'elsewhere');
    for (const caller of [here.owner, here.admin, here.member, there.owner]) {
      sessions.set(caller.userId, (await withSession(database, caller)).sessionId);
    }
    server = await startServer({ database, settings });
    const pool = database.pool();
    const idOf = async (sql: string) =>
      (await pool.query<{ id: string }>(sql, [here.organizationId])).rows[0]?.id ?? '';
    projectId = await idOf(
      "insert into projects.projects (organization_id, name) values ($1, 'Quiet') returning id",
    );
    budgetId = await idOf(
      "insert into finance.budgets (organization_id, name) values ($1, 'Budget') returning id",
    );
  });
  afterEach(() => {
    for (const subscription of open.splice(0)) subscription.close();
  });

  const rename = (table: string, id: string, name: string) =>
    database.pool().query(`update ${table} set name = $2 where id = $1`, [id, name]);

  function subscribe(caller: Caller, query = CHANGES(), issuedAt?: Date): Subscription {
    const { token } = tokens.issue(
      {
        userId: caller.userId ?? '',
        organizationId: caller.organizationId ?? null,
        sessionId: sessions.get(caller.userId) ?? '',
      },
      issuedAt,
    );
    const subscription = new Subscription(server.url, { authorization: `Bearer ${token}` }, query);
    open.push(subscription);
    return subscription;
  }

  /** Changes something until all of them hear it, and takes what they heard of it. */
  async function warmUp(...subscriptions: Subscription[]): Promise<void> {
    for (let n = 0; !subscriptions.every(({ hasNext }) => hasNext); n += 1) {
      await rename('projects.projects', projectId, `Warming up ${n}`);
      await pause(50);
    }
    await rename('projects.projects', projectId, 'Warm');
    await Promise.all(subscriptions.map((subscription) => hear(subscription, 'Warm')));
  }

  type Heard = { operation: string; type: string; rowIds: string[]; nodes: { name?: string }[] };

  /** The next change that is heard; with a name, the first about a row of that name. */
  async function hear(subscription: Subscription, name?: string): Promise<Heard> {
    for (;;) {
      const message = await subscription.next();
      const payload = message?.payload as { data?: { changes: Heard } } | undefined;
      if (!payload?.data) throw new Error(`No change came: ${JSON.stringify(message)}`);
      const { changes } = payload.data;
      if (name === undefined || changes.nodes.some((node) => node.name === name)) return changes;
    }
  }

  test('tell what was changed, and read rows again each time', async () => {
    const subscription = subscribe(here.owner);
    await warmUp(subscription);
    for (const name of ['One', 'Two']) {
      await rename('projects.projects', projectId, name);
      expect(await hear(subscription)).toEqual({
        operation: 'UPDATE',
        type: 'Project',
        rowIds: [projectId],
        nodes: [{ name }],
      });
    }
  });

  test('tell of some types only, when asked', async () => {
    const [all, budgets] = [
      subscribe(here.owner),
      subscribe(here.owner, CHANGES('(types: ["Budget"])')),
    ];
    await warmUp(all);
    for (let n = 0; !budgets.hasNext; n += 1) {
      await rename('projects.projects', projectId, `Unheard ${n}`);
      await rename('finance.budgets', budgetId, `Heard ${n}`);
      await pause(50);
    }
    expect((await hear(budgets)).type).toBe('Budget');
  });

  test('tell nobody of rows that they may not read', async () => {
    const [owner, member] = [subscribe(here.owner), subscribe(here.member)];
    await warmUp(owner, member);
    await rename('finance.budgets', budgetId, 'Secret');
    expect((await hear(owner)).nodes).toEqual([{ name: 'Secret' }]);
    await rename('projects.projects', projectId, 'Public');
    expect(await hear(member)).toMatchObject({ type: 'Project', nodes: [{ name: 'Public' }] });
  });

  test('stay within an organization', async () => {
    const [owner, stranger] = [subscribe(here.owner), subscribe(there.owner)];
    await warmUp(owner);
    const pool = database.pool();
    for (let n = 0; !stranger.hasNext; n += 1) {
      await rename('projects.projects', projectId, `Ours ${n}`);
      await pool.query(
        "insert into projects.projects (organization_id, name) values ($1, 'Theirs')",
        [there.organizationId],
      );
      await pause(50);
    }
    expect(await hear(stranger)).toMatchObject({
      operation: 'INSERT',
      nodes: [{ name: 'Theirs' }],
    });
  });

  test('are not told to whoever has left', async () => {
    const [owner, admin] = [subscribe(here.owner), subscribe(here.admin)];
    await warmUp(owner, admin);
    const setStatus = (status: string) =>
      database
        .pool()
        .query('update tenancy.organization_members set status = $2 where user_id = $1', [
          here.admin.userId,
          status,
        ]);
    await setStatus('suspended');
    await rename('projects.projects', projectId, 'After');
    expect((await hear(owner)).nodes).toEqual([{ name: 'After' }]);
    await setStatus('active');
    await rename('projects.projects', projectId, 'Back');
    expect((await hear(admin)).nodes).toEqual([{ name: 'Back' }]);
  });

  test('end with the access token', async () => {
    const almostOver = new Date(Date.now() - 15 * 60_000 + 2_000);
    const subscription = subscribe(here.owner, CHANGES(), almostOver);
    let message = await subscription.next();
    while (message?.type === 'next') message = await subscription.next();
    expect(message?.type).toBe('complete');
  });

  test('do not keep the server from stopping', async () => {
    const other = await startServer({ database, settings });
    const subscription = new Subscription(other.url, {}, '{ __typename }');
    expect((await subscription.next())?.type).toBe('next');
    await other.close();
    expect((await subscription.next())?.type).toBe('complete');
    expect(await subscription.next()).toBeUndefined();
  });

  test.each([
    ['nobody', {}],
    ['somebody without an organization', undefined],
  ])('are refused to %s', async (_who, connectionParams) => {
    const subscription = connectionParams
      ? new Subscription(server.url, connectionParams, CHANGES())
      : subscribe({ userId: here.owner.userId ?? '' });
    open.push(subscription);
    expect(await subscription.next()).toMatchObject({
      payload: {
        errors: [{ extensions: { code: connectionParams ? 'UNAUTHENTICATED' : 'FORBIDDEN' } }],
      },
    });
  });
});
