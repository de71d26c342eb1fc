import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AccessTokens } from '../../plugins/session/tokens.ts';
import { ListenError, startServer, type RunningServer } from '../../server/http.ts';
import { readSettings } from '../../server/settings.ts';
import { makeCast, withSession, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { Subscription } from '../helpers/subscription.ts';

const SECRET = 'a secret for tests, which is long enough';
const settings = readSettings({ NODE_ENV: 'test', PORT: '0', JWT_SECRET: SECRET, DEMO: 'off' });

describe('the server', () => {
  let server: RunningServer;
  // Before the database is closed, which waits for the connection that listens.
  afterAll(() => server.close());
  const database = testDatabase();
  const tokens = new AccessTokens(SECRET, 15);
  let cast: Cast;
  let sessionId: string;
  beforeAll(async () => {
    cast = await makeCast(database, 'http');
    ({ sessionId } = await withSession(database, cast.owner));
    server = await startServer({ database, settings });
  });

  const tokenOf = (now?: Date) =>
    tokens.issue(
      {
        userId: cast.owner.userId ?? '',
        organizationId: cast.organizationId,
        sessionId,
      },
      now,
    ).token;
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const outdated = () => tokenOf(new Date(Date.now() - 3_600_000));

  test('answers those who watch over it', async () => {
    const alive = await fetch(`${server.url}/healthz`);
    expect([alive.status, await alive.json()]).toEqual([200, { status: 'alive' }]);
    const ready = await fetch(`${server.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready' }]);
  });

  test('is not ready while the database is older than the code', async () => {
    const pool = database.pool();
    const name = '06_projects/access.sql';
    const { rows } = await pool.query<{ hash: string }>(
      'select hash from platform.migrations where path = $1',
      [name],
    );
    await pool.query("update platform.migrations set hash = 'old' where path = $1", [name]);
    try {
      const response = await fetch(`${server.url}/readyz`);
      expect([response.status, await response.json()]).toEqual([
        503,
        { status: 'unavailable', reason: 'migrations' },
      ]);
    } finally {
      await pool.query('update platform.migrations set hash = $2 where path = $1', [
        name,
        rows[0]?.hash,
      ]);
    }
  });

  test('knows who is calling', async () => {
    const response = await post({ query: '{ me { name } }' }, bearer(tokenOf()));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ data: { me: { name: 'Owner of Http' } } });
    expect(await (await post({ query: '{ me { name } }' })).json()).toEqual({ data: { me: null } });
  });

  test.each([
    ['that is out of date', () => bearer(outdated()).authorization],
    ['that is made up', () => 'Bearer nonsense'],
    ['of another kind', () => 'Basic dXNlcjpwYXNz'],
    ['that is empty', () => 'Bearer '],
  ])('refuses a token %s with 401, never as anonymous', async (_what, authorization) => {
    const response = await post({ query: '{ me { name } }' }, { authorization: authorization() });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(await response.json()).toEqual({
      errors: [
        {
          message: expect.any(String) as unknown,
          extensions: expect.objectContaining({ code: 'UNAUTHENTICATED' }) as unknown,
        },
      ],
    });
  });

  test('gives every request an id, its own when that is a sane one', async () => {
    const own = await post({ query: '{ __typename }' }, { 'x-request-id': 'abc-123' });
    expect(own.headers.get('x-request-id')).toBe('abc-123');
    const insane = await post({ query: '{ __typename }' }, { 'x-request-id': 'a b' });
    expect(insane.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('hands the id of the request to the database', async () => {
    const create =
      'mutation { createProject(input: { project: { name: "Traced" } }) { project { rowId } } }';
    const response = await post(
      { query: create },
      { ...bearer(tokenOf()), 'x-request-id': 'trace-1' },
    );
    const { data } = (await response.json()) as {
      data: { createProject: { project: { rowId: string } } };
    };
    const { rows } = await database
      .pool()
      .query('select request_id, actor_id from security.audit_logs where entity_id = $1', [
        data.createProject.project.rowId,
      ]);
    expect(rows).toEqual([{ request_id: 'trace-1', actor_id: cast.owner.userId }]);
  });

  test.each([
    ['no GraphQL', { query: '{' }, 'GRAPHQL_PARSE_FAILED', 400],
    ['an unknown field', { query: '{ nothing }' }, 'GRAPHQL_VALIDATION_FAILED', 400],
    ['no query', {}, 'BAD_REQUEST', 400],
    ['no JSON', '{', 'BAD_REQUEST', 400],
    ['far too much', { query: `# ${'x'.repeat(1_100_000)}` }, 'REQUEST_TOO_LARGE', 413],
  ])('refuses %s with a code', async (_what, body, code, status) => {
    const response = await post(body, { accept: 'application/graphql-response+json' });
    const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
    expect([response.status, errors[0]?.extensions.code]).toEqual([status, code]);
  });

  test('says in JSON that there is nothing', async () => {
    const response = await fetch(`${server.url}/nothing`);
    expect([response.status, await response.json()]).toMatchObject([
      404,
      { errors: [{ extensions: { code: 'BAD_REQUEST' } }] },
    ]);
  });

  test('refuses to start where something listens already', async () => {
    const second = startServer({ database, settings: { ...settings, port: server.port } });
    await expect(second).rejects.toThrow(ListenError);
    await expect(second).rejects.toThrow(/^[^\n]*in use[^\n]*PORT[^\n]*$/);
  });

  describe('over a web socket', () => {
    async function firstOf(connectionParams: object, query: string) {
      const operation = new Subscription(server.url, connectionParams, query);
      try {
        return await operation.next();
      } finally {
        operation.close();
      }
    }

    test('knows who is calling', async () => {
      const message = await firstOf({ Authorization: `Bearer ${tokenOf()}` }, '{ me { name } }');
      expect(message).toMatchObject({ payload: { data: { me: { name: 'Owner of Http' } } } });
    });

    test('refuses a token that is out of date', async () => {
      const message = await firstOf({ authorization: `Bearer ${outdated()}` }, '{ me { name } }');
      expect(message).toMatchObject({
        type: 'error',
        payload: [{ extensions: { code: 'UNAUTHENTICATED' } }],
      });
    });
  });
});

describe('a server whose database has gone', () => {
  let server: RunningServer;
  afterAll(() => server.close());
  const database = testDatabase();
  beforeAll(async () => {
    server = await startServer({ database, settings });
    await Promise.all(
      ([undefined, 'callboard_authenticator', 'callboard_service'] as const).map((role) =>
        database.pool(role).end(),
      ),
    );
  });

  test('says so with 503 and a code', async () => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ projects { totalCount } }' }),
    });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: 'DATABASE_UNAVAILABLE' } }],
    });
  });

  test('goes on living', async () => {
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });
});
