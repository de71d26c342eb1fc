import { afterAll, beforeAll } from '@jest/globals';
import type { Database } from '../../db/connect.ts';
import { AccessTokens } from '../../plugins/session/tokens.ts';
import { startServer, type RunningServer, type ServerOptions } from '../../server/http.ts';
import { readSettings } from '../../server/settings.ts';
import { makeCast, type Cast } from './callers.ts';
import { testDatabase } from './database.ts';
import { LogLines } from './log-lines.ts';

export const SECRET = 'a secret for tests, which is long enough';

/** A server for the tests of a file, with somebody who is signed in. */
export type Serving = {
  readonly database: Database;
  readonly lines: LogLines;
  readonly tokens: AccessTokens;
  url(): string;
  cast(): Cast;
  /** The claims of the owner's token. */
  session(): { userId: string; organizationId: string; sessionId: string };
  /** An access token of the owner. */
  token(): string;
  post(body: unknown, headers?: Record<string, string>): Promise<Response>;
};

/** Call it at the top of a file or of a `describe`; the server is there from `beforeAll` on. */
export function serving(
  name: string,
  environment: Record<string, string> = {},
  options: Partial<ServerOptions> = {},
): Serving {
  let server: RunningServer | undefined;
  let cast: Cast | undefined;
  let sessionId = '';
  const lines = new LogLines();
  // Before the database is closed, which waits for the connection that listens.
  afterAll(() => server?.close());
  const database = testDatabase();
  beforeAll(async () => {
    cast = await makeCast(database, name);
    const { rows } = await database
      .pool()
      .query<{ id: string }>('select session_id as id from identity.open_session($1, $2, null)', [
        cast.owner.userId,
        cast.organizationId,
      ]);
    sessionId = rows[0]?.id ?? '';
    const settings = readSettings({
      NODE_ENV: 'test',
      PORT: '0',
      JWT_SECRET: SECRET,
      DEMO: 'off',
      PASSWORD_COST: '4',
      ...environment,
    });
    server = await startServer({ database, settings, log: lines.log, ...options });
  });
  const there = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('The server is there from beforeAll on.');
    return value;
  };
  // Not where people reach it, which may be somewhere else.
  const url = () => `http://127.0.0.1:${there(server).port}`;
  const tokens = new AccessTokens(SECRET, 15);
  const session = () => ({
    userId: there(cast).owner.userId ?? '',
    organizationId: there(cast).organizationId,
    sessionId,
  });
  return {
    database,
    lines,
    tokens,
    url,
    cast: () => there(cast),
    session,
    token: () => tokens.issue(session()).token,
    post: (body, headers = {}) =>
      fetch(`${url()}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body:
          typeof body === 'string' || body instanceof Uint8Array
            ? (body as string)
            : JSON.stringify(body),
      }),
  };
}
