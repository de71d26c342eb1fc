import '../../server/environment.ts';
import { randomUUID } from 'node:crypto';
import express, { type NextFunction, type Request, type Response } from 'express';
import pg, { type PoolClient } from 'pg';
import { AccessTokens } from '../../plugins/session/tokens.ts';
import { readSettings } from '../../server/settings.ts';
import * as statements from './statements.ts';

// The four scenarios without GraphQL, as a careful engineer writes them with Express and pg: each is one statement, prepared
// once per connection, whose answer Postgres builds as JSON wherever that is faster than rows; the text goes out as it
// came. Each runs as its caller, exactly as in Callboard: the token is verified, a transaction begins, takes on the role
// and enters, runs the statement and commits. Express is told to leave out what costs and nobody reads (ETag, X-Powered-By).

const settings = readSettings();
const tokens = new AccessTokens(settings.jwtKeys(), settings.accessTokenMinutes);
const pool = new pg.Pool({
  connectionString: settings.databaseUrl,
  options: '-c role=callboard_authenticator -c jit=off',
  max: settings.poolSize ?? 10,
});

/** What a session is entered with: user, organization, session, request. */
type Claims = readonly (string | null)[];

/** What enters, for whoever sent the request. */
function claimsOf(request: Request): Claims {
  const token = /^Bearer +(\S+)$/i.exec(request.get('authorization') ?? '')?.[1] ?? '';
  const { userId, organizationId, sessionId } = tokens.verify(token);
  return [userId, organizationId, sessionId, randomUUID()];
}

async function asCaller<T>(
  claims: Claims,
  begin: 'begin' | 'begin read only',
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query(begin);
    await client.query({
      name: 'enter',
      text: "select set_config('role', 'callboard_member', true), set_config('statement_timeout', $1, true), authz.enter_session($2, $3, $4, $5)",
      values: [String(settings.statementTimeoutMs), ...claims],
    });
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

/** Runs a statement whose one value is the answer. */
const answer = (
  claims: Claims,
  begin: 'begin' | 'begin read only',
  statement: { name: string; text: string },
  values: unknown[],
): Promise<string> =>
  asCaller(claims, begin, async (client) => {
    const { rows } = await client.query<{ answer: string }>({ ...statement, values });
    return rows[0]?.answer ?? '';
  });

const send = (response: Response, text: string) => {
  response.type('application/json').send(text);
};

const app = express();
app.disable('etag');
app.disable('x-powered-by');

app.get('/readyz', (_request, response) => {
  response.json({ status: 'ready' });
});

app.get('/tasks', async (request, response) => {
  const first = Number(request.query['first'] ?? 20);
  send(response, await answer(claimsOf(request), 'begin read only', statements.page, [first]));
});

app.get('/tasks/:id', async (request, response) => {
  send(
    response,
    await answer(claimsOf(request), 'begin read only', statements.row, [request.params.id]),
  );
});

app.get('/projects', async (request, response) => {
  send(response, await answer(claimsOf(request), 'begin read only', statements.levels, []));
});

app.post('/tasks', express.json(), async (request, response) => {
  const { projectId, title, dueOn } = request.body as Record<string, string>;
  send(
    response,
    await answer(claimsOf(request), 'begin', statements.insert, [projectId, title, dueOn]),
  );
});

app.use((error: Error, _request: Request, response: Response, _next: NextFunction) => {
  response.status(500).json({ errors: [{ message: error.message }] });
});

const server = app.listen(settings.port, '127.0.0.1');
process.once('SIGINT', () => {
  server.close();
  server.closeAllConnections();
  void pool.end();
});
