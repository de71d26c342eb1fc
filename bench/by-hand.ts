import { isDeepStrictEqual } from 'node:util';
import { SCENARIOS, type Scenario, type ScenarioName } from './by-hand/scenarios.ts';
import { ACCOUNT, type BenchDatabase } from './databases.ts';
import {
  ApiClient,
  HttpClient,
  median,
  rate,
  start,
  takeTurns,
  type Rounds,
  type Running,
} from './measure.ts';

const CALLERS = 8;
const MILLISECONDS = 2_000;
const ROUNDS = 7;

type Side = 'graphql' | 'byHand';

export type AgainstByHand = {
  /** Requests per second. */
  readonly rates: Rounds<Side>;
  /** Microseconds of a processor that the server takes for a request. */
  readonly cost: Readonly<Record<Side, number>>;
};

/** The sides of the comparison, running, and what to ask them for. */
type Arena = {
  readonly servers: Readonly<Record<Side, Running>>;
  readonly clients: Readonly<Record<Side, HttpClient>>;
  readonly taskIds: readonly string[];
  readonly projectIds: readonly string[];
};

type SignIn = { signIn: { session: { accessToken: string } } };
type Ids = Record<'projects' | 'projectTasks', { nodes: { rowId: string }[] }>;

async function open(bench: BenchDatabase): Promise<Arena> {
  const environment = {
    DATABASE_URL: bench.url,
    POOL_SIZE: String(CALLERS),
    JWT_SECRET: 'a secret for both sides of the comparison',
    ACCESS_TOKEN_MINUTES: '600',
    // As in production.
    LOG_FORMAT: 'json',
  };
  const servers = {
    graphql: await start(process.execPath, ['server/main.ts'], environment),
    byHand: await start(process.execPath, ['bench/by-hand/server.ts'], environment),
  };
  const anonymous = new ApiClient(servers.graphql.origin, 1);
  const { signIn } = await anonymous.ask<SignIn>(
    `mutation ($email: String!, $password: String!) {
       signIn(input: { email: $email, password: $password }) { session { accessToken } }
     }`,
    ACCOUNT,
  );
  anonymous.close();
  const { accessToken } = signIn.session;
  const member = new ApiClient(servers.graphql.origin, 1, accessToken);
  const { projects, projectTasks } = await member.ask<Ids>(
    '{ projects { nodes { rowId } } projectTasks(first: 500) { nodes { rowId } } }',
  );
  member.close();
  return {
    servers,
    clients: {
      graphql: new HttpClient(servers.graphql.origin, CALLERS, accessToken),
      byHand: new HttpClient(servers.byHand.origin, CALLERS, accessToken),
    },
    taskIds: projectTasks.nodes.map(({ rowId }) => rowId),
    projectIds: projects.nodes.map(({ rowId }) => rowId),
  };
}

/** Sends the next request of a scenario each time it is called. */
function sender(arena: Arena, name: ScenarioName, side: Side): () => Promise<string> {
  const ids = name === 'insert' ? arena.projectIds : arena.taskIds;
  let number = 0;
  return () => {
    const scenario: Scenario = SCENARIOS[name];
    const { path, body } = scenario[side](ids[number % ids.length] ?? '', number);
    number += 1;
    return arena.clients[side].send(path, body);
  };
}

/** What differs by itself when the same is inserted twice. */
const withoutItsOwn = (answer: string) =>
  answer.replaceAll(/"(rowId|createdAt)":"[^"]+"/g, '"$1":""');

async function requireSameAnswers(arena: Arena, name: ScenarioName): Promise<void> {
  const [graphql, byHand] = await Promise.all(
    (['graphql', 'byHand'] as const).map(async (side) => {
      const answer = await sender(arena, name, side)();
      return JSON.parse(name === 'insert' ? withoutItsOwn(answer) : answer) as unknown;
    }),
  );
  if (!isDeepStrictEqual(graphql, byHand)) {
    throw new Error(
      `${name}: the answers differ.\n${JSON.stringify(graphql)}\n${JSON.stringify(byHand)}`,
    );
  }
}

async function measure(arena: Arena, name: ScenarioName): Promise<AgainstByHand> {
  const costs: Record<Side, number[]> = { graphql: [], byHand: [] };
  const side = (which: Side) => {
    const send = sender(arena, name, which);
    return async () => {
      const before = await arena.servers[which].processorTime();
      let requests = 0;
      const perSecond = await rate(() => ((requests += 1), send()), CALLERS, MILLISECONDS);
      const after = await arena.servers[which].processorTime();
      costs[which].push(((after - before) * 1e6) / requests);
      return perSecond;
    };
  };
  await requireSameAnswers(arena, name);
  const rates = await takeTurns({ graphql: side('graphql'), byHand: side('byHand') }, ROUNDS);
  return { rates, cost: { graphql: median(costs.graphql), byHand: median(costs.byHand) } };
}

/** Callboard's GraphQL server against a server that was written by hand for what is asked (`by-hand/server.ts`). */
export async function measureAgainstByHand(
  bench: BenchDatabase,
): Promise<Readonly<Record<ScenarioName, AgainstByHand>>> {
  const arena = await open(bench);
  try {
    return {
      page: await measure(arena, 'page'),
      levels: await measure(arena, 'levels'),
      insert: await measure(arena, 'insert'),
      row: await measure(arena, 'row'),
    };
  } finally {
    for (const side of ['graphql', 'byHand'] as const) {
      arena.clients[side].close();
      await arena.servers[side].stop();
    }
  }
}
