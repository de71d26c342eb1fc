import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AccessTokens } from '../../../plugins/session/tokens.ts';
import { startServer, type RunningServer } from '../../../server/http.ts';
import { readSettings } from '../../../server/settings.ts';
import { makeCast, type Cast } from '../../helpers/callers.ts';
import { testDatabase } from '../../helpers/database.ts';
import { LogLines } from '../../helpers/log-lines.ts';
import { Subscription } from '../../helpers/subscription.ts';

const SECRET = 'a secret for tests, which is long enough';

describe('a request in the log', () => {
  let server: RunningServer;
  let cast: Cast;
  let token: string;
  const lines = new LogLines();
  afterAll(() => server.close());
  const database = testDatabase();
  beforeAll(async () => {
    cast = await makeCast(database, 'logged');
    const opened = await database
      .pool()
      .query<{ id: string }>(`select session_id as id from identity.open_session($1, $2, null)`, [
        cast.owner.userId,
        cast.organizationId,
      ]);
    token = new AccessTokens(SECRET, 15).issue({
      userId: cast.owner.userId ?? '',
      organizationId: cast.organizationId,
      sessionId: opened.rows[0]?.id ?? '',
    }).token;
    // What no error code is for.
    await database.pool().query(`
      create function projects.stumble() returns text language plpgsql volatile security invoker
        set search_path = pg_catalog, pg_temp
        as $$ begin perform 1 from projects.no_such_table; return 'never'; end $$;
      comment on function projects.stumble() is 'Fails.';
      grant execute on function projects.stumble() to callboard_member`);
    server = await startServer({
      database,
      settings: readSettings({ NODE_ENV: 'test', PORT: '0', JWT_SECRET: SECRET }),
      log: lines.log,
    });
  });

  const post = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${server.url}/graphql?secret=in-the-address`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const signedIn = (requestId: string) => ({
    authorization: `Bearer ${token}`,
    'x-request-id': requestId,
  });

  test('is one line: who, what, how it ended, how long it took', async () => {
    await post({ query: 'query Mine { me { name } }' }, signedIn('mine-1'));
    const line = await lines.line({ requestId: 'mine-1' });
    expect(line).toEqual({
      level: 'info',
      time: expect.any(String) as unknown,
      pid: process.pid,
      requestId: 'mine-1',
      method: 'POST',
      path: '/graphql',
      status: 200,
      ms: expect.any(Number) as unknown,
      userId: cast.owner.userId,
      organizationId: cast.organizationId,
      operation: 'query',
      operationName: 'Mine',
      msg: 'request',
    });
    expect(lines.lines.filter(({ requestId }) => requestId === 'mine-1')).toHaveLength(1);
  });

  test('goes by the same id in the answer, the log and the audit log', async () => {
    const response = await post(
      {
        query:
          'mutation Make { createProject(input: { project: { name: "Traced" } }) { project { rowId } } }',
      },
      signedIn('trace-7'),
    );
    expect(response.headers.get('x-request-id')).toBe('trace-7');
    const { data } = (await response.json()) as {
      data: { createProject: { project: { rowId: string } } };
    };
    const { rows } = await database
      .pool()
      .query('select request_id, actor_id from security.audit_logs where entity_id = $1', [
        data.createProject.project.rowId,
      ]);
    expect(rows).toEqual([{ request_id: 'trace-7', actor_id: cast.owner.userId }]);
    expect(await lines.line({ requestId: 'trace-7' })).toMatchObject({
      operation: 'mutation',
      operationName: 'Make',
    });
  });

  test('gets an id when it has none', async () => {
    const response = await post({ query: '{ __typename }' });
    const requestId = response.headers.get('x-request-id');
    expect(await lines.line({ requestId })).toMatchObject({ status: 200, operation: 'query' });
  });

  test('says the codes of its errors', async () => {
    await post({ query: '{ nothing }' }, { 'x-request-id': 'wrong-1' });
    expect(await lines.line({ requestId: 'wrong-1' })).toMatchObject({
      errors: ['GRAPHQL_VALIDATION_FAILED'],
    });
    await post(
      { query: '{ me { name } }' },
      { authorization: 'Bearer x', 'x-request-id': 'wrong-2' },
    );
    expect(await lines.line({ requestId: 'wrong-2' })).toMatchObject({
      status: 401,
      errors: ['UNAUTHENTICATED'],
    });
    await fetch(`${server.url}/nothing`, { headers: { 'x-request-id': 'wrong-3' } });
    expect(await lines.line({ requestId: 'wrong-3' })).toMatchObject({
      method: 'GET',
      path: '/nothing',
      status: 404,
      errors: ['BAD_REQUEST'],
    });
  });

  test('has what nobody foresaw under the id of the answer: stack and SQL, which the answer has not', async () => {
    const response = await post(
      { query: 'mutation { stumble(input: {}) { result } }' },
      signedIn('stumble-1'),
    );
    const text = await response.text();
    const { errors } = JSON.parse(text) as {
      errors: { extensions: { code: string; id: string } }[];
    };
    const { code, id } = errors[0]!.extensions;
    expect(code).toBe('INTERNAL_ERROR');
    expect(text).not.toMatch(/no_such_table|\.ts|node_modules|plpgsql/i);
    expect(await lines.line({ errorId: id })).toMatchObject({
      level: 'error',
      requestId: 'stumble-1',
      field: 'stumble',
      err: {
        code: '42P01',
        message: expect.stringContaining('no_such_table') as unknown,
        where: expect.stringContaining('projects.stumble()') as unknown,
        stack: expect.stringMatching(/\.[jt]s/) as unknown,
      },
    });
    expect(await lines.line({ requestId: 'stumble-1', msg: 'request' })).toMatchObject({
      errors: ['INTERNAL_ERROR'],
      errorIds: [id],
    });
  });

  test('says nothing of what was sent or answered', async () => {
    const query = `mutation SignIn($password: String!) {
      signIn(input: { email: "nobody@nowhere.test", password: $password }) { session { accessToken } } }`;
    await post({ query, variables: { password: 'correct-horse' } }, { 'x-request-id': 'quiet-1' });
    await lines.line({ requestId: 'quiet-1' });
    expect(lines.text).not.toMatch(/correct-horse|in-the-address|eyJ|nobody@nowhere/);
  });

  test('that hangs up is said to have', async () => {
    const aborting = new AbortController();
    const request = fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': 'gone-1' },
      body: new ReadableStream({
        start(body) {
          body.enqueue(new TextEncoder().encode('{"query":'));
          setTimeout(() => aborting.abort(), 50);
        },
      }),
      duplex: 'half',
      signal: aborting.signal,
    });
    await expect(request).rejects.toThrow();
    expect(await lines.line({ requestId: 'gone-1' })).toMatchObject({ aborted: true });
  });

  test('over a web socket is a line for each operation, with the id that the audit log has', async () => {
    const operation = new Subscription(
      server.url,
      { authorization: `Bearer ${token}` },
      'mutation OverSocket { createProject(input: { project: { name: "By socket" } }) { project { rowId } } }',
    );
    const message = await operation.next();
    operation.close();
    const { data } = message?.payload as {
      data: { createProject: { project: { rowId: string } } };
    };
    const { rows } = await database
      .pool()
      .query<{ request_id: string }>(
        'select request_id from security.audit_logs where entity_id = $1',
        [data.createProject.project.rowId],
      );
    expect(await lines.line({ requestId: rows[0]?.request_id })).toMatchObject({
      method: 'WS',
      userId: cast.owner.userId,
      operation: 'mutation',
      operationName: 'OverSocket',
    });
  });
});
