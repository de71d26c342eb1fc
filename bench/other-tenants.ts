import { ACCOUNT, type BenchDatabase } from './databases.ts';
import { ApiClient, rate, start, takeTurns, type Rounds, type Running } from './measure.ts';

const CALLERS = 8;
const MILLISECONDS = 3_000;
const ROUNDS = 7;
const PAGE = `{
  projectTasks(first: 20, orderBy: [PRIMARY_KEY_ASC]) {
    nodes { rowId title status priority dueOn }
    pageInfo { hasNextPage endCursor }
  }
}`;

type SignIn = { signIn: { session: { accessToken: string } } };
type Page = { projectTasks: { nodes: unknown[] } };

async function client(running: Running): Promise<ApiClient> {
  const anonymous = new ApiClient(running.origin, 1);
  const { signIn } = await anonymous.ask<SignIn>(
    `mutation ($email: String!, $password: String!) {
       signIn(input: { email: $email, password: $password }) { session { accessToken } }
     }`,
    ACCOUNT,
  );
  anonymous.close();
  const api = new ApiClient(running.origin, CALLERS, signIn.session.accessToken);
  const { projectTasks } = await api.ask<Page>(PAGE);
  if (projectTasks.nodes.length !== 20) throw new Error('The page is not full.');
  return api;
}

/**
 * The same page of the same tenant, over GraphQL from a running server, in requests per second: with few rows of other
 * tenants in the tables, and with many.
 */
export async function measureOtherTenants(
  few: BenchDatabase,
  many: BenchDatabase,
): Promise<Rounds<'few' | 'many'>> {
  const serve = (bench: BenchDatabase) =>
    start(process.execPath, ['server/main.ts'], { DATABASE_URL: bench.url, POOL_SIZE: '8' });
  const servers = { few: await serve(few), many: await serve(many) };
  const clients = { few: await client(servers.few), many: await client(servers.many) };
  try {
    const side = (name: 'few' | 'many') => () =>
      rate(() => clients[name].ask(PAGE), CALLERS, MILLISECONDS);
    return await takeTurns({ few: side('few'), many: side('many') }, ROUNDS);
  } finally {
    clients.few.close();
    clients.many.close();
    await servers.few.stop();
    await servers.many.stop();
  }
}
