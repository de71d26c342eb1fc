import type { PoolClient, QueryConfig, QueryResult } from 'pg';
import type { Entry } from '../caller.ts';
import { connectionOf, PreparedStatements } from './statements.ts';

/** A connection cannot be used any more: nobody knows what state it is in. */
export class BrokenConnectionError extends Error {
  override readonly name = 'BrokenConnectionError';
}

type Statement = QueryConfig & { rowMode?: 'array' };

const statements = new WeakMap<PoolClient, PreparedStatements>();

/** The statement that makes a transaction the caller's: role, rights, time limit. */
export function entering(entry: Entry, statementTimeoutMs: number): Statement {
  const timeout = String(statementTimeoutMs);
  if (entry.claims === undefined) {
    return {
      text: "select set_config('role', $1, true), set_config('statement_timeout', $2, true)",
      values: [entry.role, timeout],
    };
  }
  return {
    name: 'enter',
    text: "select set_config('role', $1, true), set_config('statement_timeout', $3, true), authz.enter($2)",
    values: [entry.role, entry.claims, timeout],
  };
}

/** Sends everything that `send` queries in one write to the socket. */
function inOneWrite<T>(client: PoolClient, send: () => T): T {
  const { stream } = connectionOf(client);
  stream.cork();
  try {
    return send();
  } finally {
    stream.uncork();
  }
}

/** What has to be sent before the transaction in which `statement` runs. */
function housekeeping(client: PoolClient, statement: Statement | undefined): string[] {
  const tasks: string[] = [];
  let prepared = statements.get(client);
  if (!prepared) {
    statements.set(client, (prepared = new PreparedStatements()));
    // Compiling a query costs more than the short queries of an API ever gain from it.
    tasks.push('set jit_optimize_above_cost = -1');
  }
  const outdated = statement?.name ? prepared.use(client, statement.name) : undefined;
  if (outdated) tasks.push(`deallocate ${client.escapeIdentifier(outdated)}`);
  return tasks;
}

/** The first reply that is an error, which is the cause of those after it. */
function firstFailure(replies: readonly PromiseSettledResult<unknown>[]): Error | undefined {
  return replies.find((reply) => reply.status === 'rejected')?.reason as Error | undefined;
}

const beginOf = (entry: Entry) => (entry.access === 'read only' ? 'begin read only' : 'begin');

/**
 * One statement in its own transaction, entered and committed, in a single write: begin, enter, the statement, commit. When
 * entering fails, Postgres refuses the statement (25P02) and the commit undoes everything, so it never runs as somebody
 * else. The first error is thrown.
 */
export async function runAlone(
  client: PoolClient,
  entry: Entry,
  statementTimeoutMs: number,
  statement: Statement,
): Promise<QueryResult> {
  const before = housekeeping(client, statement);
  const replies = await Promise.allSettled(
    inOneWrite(client, () => [
      ...before.map((text) => client.query(text)),
      client.query(beginOf(entry)),
      client.query(entering(entry, statementTimeoutMs)),
      client.query(statement),
      client.query('commit'),
    ]),
  );
  const failure = firstFailure(replies);
  if (failure !== undefined) throw failure;
  const [result, commit] = replies.slice(-2) as [
    PromiseFulfilledResult<QueryResult>,
    PromiseFulfilledResult<QueryResult>,
  ];
  if (commit.value.command !== 'COMMIT') {
    throw new BrokenConnectionError(`The transaction ended with ${commit.value.command}.`);
  }
  return result.value;
}

/** Begins a transaction and enters it, in one write. */
export async function beginEntered(
  client: PoolClient,
  entry: Entry,
  statementTimeoutMs: number,
): Promise<void> {
  const before = housekeeping(client, undefined);
  const replies = await Promise.allSettled(
    inOneWrite(client, () => [
      ...before.map((text) => client.query(text)),
      client.query(beginOf(entry)),
      client.query(entering(entry, statementTimeoutMs)),
    ]),
  );
  const failure = firstFailure(replies);
  if (failure !== undefined) throw failure;
}

/** Whether the connection is as it was when the pool gave it out. */
export const isIdle = (client: PoolClient): boolean => client.getTransactionStatus() === 'I';
