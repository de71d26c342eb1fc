import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import { AccessTokens } from '../../plugins/session/tokens.ts';
import { KeyUses, presentedKey } from '../../server/api-keys.ts';
import { startServer, type RunningServer } from '../../server/http.ts';
import { readSettings } from '../../server/settings.ts';
import { actAs, makeCast, withSession, type Caller, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { until } from '../helpers/program.ts';
import { Subscription } from '../helpers/subscription.ts';

const SECRET = 'a secret for tests, which is long enough';
const settings = readSettings({
  NODE_ENV: 'test',
  PORT: '0',
  JWT_SECRET: SECRET,
  DEMO: 'off',
  MAX_BATCH: '2',
});

describe('over HTTP', () => {
  let server: RunningServer;
  afterAll(() => server.close());
  const database = testDatabase();
  const tokens = new AccessTokens(SECRET, 15);
  let cast: Cast;
  beforeAll(async () => {
    cast = await makeCast(database, 'http');
    server = await startServer({ database, settings });
  });

  const issue = (scopes = ['projects.read', 'projects.write'], maker: Caller = cast.owner) =>
    actAs(database, maker, async (client) => {
      const { rows } = await client.query<{ id: string; token: string }>(
        "select id, token from tenancy.create_api_key('Import', $1)",
        [scopes],
      );
      if (!rows[0]) throw new Error('No key was made.');
      return rows[0];
    });

  async function post(query: string, token?: string) {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      body: JSON.stringify({ query }),
    });
    const { data, errors } = (await response.json()) as {
      data?: Record<string, unknown>;
      errors?: { extensions: { code: string } }[];
    };
    return {
      status: response.status,
      challenge: response.headers.get('www-authenticate'),
      data,
      code: errors?.[0]?.extensions.code,
    };
  }

  const PROJECTS = '{ projects { totalCount } }';
  const refused = {
    status: 401,
    challenge: 'Bearer error="invalid_token"',
    code: 'UNAUTHENTICATED',
  };

  test('a key reads and writes, and its request is in the audit log', async () => {
    const { id, token } = await issue();
    expect(await post(PROJECTS, token)).toMatchObject({ status: 200, data: { projects: {} } });
    const made = await post(
      'mutation { createProject(input: { project: { name: "Imported" } }) { project { rowId createdById } } }',
      token,
    );
    const { project } = made.data?.['createProject'] as {
      project: { rowId: string; createdById: string };
    };
    expect(project.createdById).toBe(cast.owner.userId);
    const { rows } = await database
      .pool()
      .query('select api_key_id from security.audit_logs where entity_id = $1', [project.rowId]);
    expect(rows).toEqual([{ api_key_id: id }]);
  });

  test('what a scope does not say is FORBIDDEN, with 200', async () => {
    const { token } = await issue(['projects.read']);
    expect(
      await post(
        'mutation { createProject(input: { project: { name: "No" } }) { project { rowId } } }',
        token,
      ),
    ).toMatchObject({ status: 200, code: 'FORBIDDEN', challenge: null });
  });

  test.each([
    ['that is made up', async () => `cb_live_01234567_${'0'.repeat(64)}`],
    ['of another form', async () => 'cb_live_short'],
    ['of another environment', async () => `cb_test_01234567_${'0'.repeat(64)}`],
    [
      'that was revoked',
      async () => {
        const { id, token } = await issue();
        await actAs(database, cast.owner, (client) =>
          client.query('select tenancy.revoke_api_key($1)', [id]),
        );
        return token;
      },
    ],
    [
      'that has run out',
      async () => {
        const { id, token } = await issue();
        await database
          .pool()
          .query('update tenancy.api_keys set expires_at = now() where id = $1', [id]);
        return token;
      },
    ],
    ['with a letter more', async () => `${(await issue()).token}0`],
  ])('a key %s is 401', async (_what, token) => {
    expect(await post(PROJECTS, await token())).toMatchObject(refused);
  });

  test('a session that was ended elsewhere is 401 at its next request', async () => {
    const { sessionId } = await withSession(database, cast.owner);
    const { token } = tokens.issue({
      userId: cast.owner.userId ?? '',
      organizationId: cast.organizationId,
      sessionId,
    });
    expect(await post(PROJECTS, token)).toMatchObject({ status: 200, data: { projects: {} } });
    await database
      .pool()
      .query(
        "update identity.session_families set revoked_at = now(), revoked_reason = 'signed_out_elsewhere' where id = $1",
        [sessionId],
      );
    expect(await post(PROJECTS, token)).toMatchObject(refused);
    expect(await post('mutation { signOut { signedOut } }', token)).toMatchObject(refused);
  });

  test('who shows nothing is asked to sign in, without 401', async () => {
    expect(await post(PROJECTS)).toMatchObject({
      status: 200,
      code: 'UNAUTHENTICATED',
      challenge: null,
    });
  });

  test('what belongs to a person is out of reach', async () => {
    const { token } = await issue();
    expect(await post('{ me { name } }', token)).toMatchObject({ status: 200, data: { me: null } });
    for (const mutation of [
      'signOut { signedOut }',
      `switchOrganization(input: { organizationId: "${cast.organizationId}" }) { me { name } }`,
      'createApiKey(input: { name: "More", scopes: ["projects.read"] }) { apiKey { token } }',
    ]) {
      expect(await post(`mutation { ${mutation} }`, token)).toMatchObject({
        status: 200,
        code: 'FORBIDDEN',
      });
    }
  });

  test('its use is noted soon, and apart from the request', async () => {
    const { id, token } = await issue();
    await post(PROJECTS, token);
    const lastUse = async () =>
      (
        await database
          .pool()
          .query<{ last_used_at: Date | null }>(
            'select last_used_at from tenancy.api_keys where id = $1',
            [id],
          )
      ).rows[0]?.last_used_at;
    while (!(await lastUse())) await pause(100);
    expect(Date.now() - ((await lastUse())?.getTime() ?? 0)).toBeLessThan(30_000);
  });

  test('requests that go on are counted towards the plan: over HTTP, of a list, and over web sockets', async () => {
    const metered = await makeCast(database, 'metered');
    const { token } = await issue(['projects.read'], metered.owner);
    const calls = async () => {
      const { rows } = await database
        .pool()
        .query<{ used: number }>("select used::int from billing.figures($1, 'api_calls')", [
          metered.organizationId,
        ]);
      return rows[0]?.used ?? 0;
    };
    for (let index = 0; index < 3; index += 1) await post(PROJECTS, token);
    await post(PROJECTS, `cb_live_01234567_${'0'.repeat(64)}`);
    await post('{ nonsense', token);
    const list = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify([{ query: PROJECTS }, { query: PROJECTS }]),
    });
    expect(await list.json()).toHaveLength(2);
    const operation = new Subscription(server.url, { authorization: `Bearer ${token}` }, PROJECTS);
    await operation.next();
    operation.close();
    await until(async () => (await calls()) >= 7);
    // with the report that this one comes in, all before it have been counted
    await post(PROJECTS, token);
    await until(async () => (await calls()) >= 8);
    expect(await calls()).toBe(8);
  });

  test('a web socket takes a key', async () => {
    const { token } = await issue();
    const ask = async (authorization: string) => {
      const operation = new Subscription(server.url, { authorization }, PROJECTS);
      try {
        return await operation.next();
      } finally {
        operation.close();
      }
    };
    expect(await ask(`Bearer ${token}`)).toMatchObject({ payload: { data: { projects: {} } } });
    expect(await ask(`Bearer cb_live_01234567_${'0'.repeat(64)}`)).toMatchObject({
      payload: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
    });
    expect(await ask('Bearer cb_live_nonsense')).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });
});

test('a bearer token that is no key is left to others', () => {
  expect(presentedKey('eyJhbGciOiJIUzI1NiJ9.e30.x')).toBeUndefined();
  expect(() => presentedKey('cb_')).toThrow('The API key is not valid.');
});

describe('what a process has counted', () => {
  type Sent = { reporter: string; number: number; uses: Record<string, number> };

  /** A database that takes reports, or fails as often as it is told to. */
  function counting() {
    const sent: Sent[] = [];
    const failures: unknown[] = [];
    const database = { failing: 0 };
    const query = async (_sql: string, [reporter, number, hashes, uses]: unknown[]) => {
      const counts = Object.fromEntries(
        (hashes as string[]).map((hash, index) => [hash, (uses as number[])[index] ?? 0]),
      );
      sent.push({ reporter: String(reporter), number: Number(number), uses: counts });
      await pause(1);
      if (database.failing > 0) {
        database.failing -= 1;
        throw new Error('gone');
      }
    };
    const uses = new KeyUses({ query } as unknown as Pool, {
      onFailure: (error) => failures.push(error),
    });
    return { sent, failures, database, uses };
  }

  test('is told in reports with numbers, and the rest when it ends', async () => {
    const { sent, uses } = counting();
    for (const hash of ['a', 'b', 'a']) uses.note({ hash });
    const telling = uses.flush();
    uses.note({ hash: 'a' });
    await Promise.all([telling, uses.flush()]);
    uses.note({ hash: 'c' });
    await uses.close();
    await uses.flush();
    expect(sent.map(({ number }) => number)).toEqual([...sent.keys()].map((index) => index + 1));
    expect(new Set(sent.map(({ reporter }) => reporter)).size).toBe(1);
    const total = (hash: string) => sent.reduce((sum, one) => sum + (one.uses[hash] ?? 0), 0);
    expect(['a', 'b', 'c'].map(total)).toEqual([3, 1, 1]);
  });

  test('is told again to the letter when the database does not take it, and complained of once', async () => {
    const { sent, failures, database, uses } = counting();
    database.failing = 2;
    uses.note({ hash: 'a' });
    await uses.flush();
    uses.note({ hash: 'a' });
    uses.note({ hash: 'b' });
    await uses.flush();
    await uses.flush();
    await uses.close();
    expect(sent.map(({ number, uses: counts }) => [number, counts])).toEqual([
      [1, { a: 1 }],
      [1, { a: 1 }],
      [1, { a: 1 }],
      [2, { a: 1, b: 1 }],
    ]);
    expect(failures).toHaveLength(1);
  });

  test('fills no more memory than for so many keys', async () => {
    const { sent, uses } = counting();
    for (let index = 0; index < 12_000; index += 1) uses.note({ hash: String(index) });
    uses.note({ hash: '0' });
    await uses.close();
    expect(Object.keys(sent[0]?.uses ?? {})).toHaveLength(10_000);
    expect(sent[0]?.uses['0']).toBe(2);
  });
});
