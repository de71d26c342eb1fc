import type { PoolClient, Submittable } from 'pg';
import { enteringCall, type EnteringCall, type Entry } from '../caller.ts';
import { connectionOf, Exchange, type Rows, type Statement } from './exchange.ts';
import { PreparedStatements } from './statements.ts';

const statements = new WeakMap<PoolClient, PreparedStatements>();

/** The settings that make a transaction the caller's: role, rights, time limit. */
const SETTINGS = "set_config('role', $1, true), set_config('statement_timeout', $2, true)";
const ENTERING: Readonly<Record<EnteringCall['name'], string>> = {
  'authz.enter': `select ${SETTINGS}, authz.enter($3)`,
  'authz.enter_session': `select ${SETTINGS}, authz.enter_session($3, $4, $5, $6)`,
};
const READ_ONLY = "set_config('transaction_read_only', 'on', true)";

/** The statement that makes a transaction the caller's. */
export function entering({ role, caller }: Entry, statementTimeoutMs: number): Statement {
  const timeout = String(statementTimeoutMs);
  if (caller === undefined) return { text: `select ${SETTINGS}`, values: [role, timeout] };
  const { name, values } = enteringCall(caller);
  return { text: ENTERING[name], values: [role, timeout, ...values] };
}

/** The same for a transaction that was begun without a word about whether it writes. */
function enteringAs(entry: Entry, statementTimeoutMs: number): Statement {
  const { text, values } = entering(entry, statementTimeoutMs);
  return entry.access === 'read only'
    ? { text: `${text}, ${READ_ONLY}`, values }
    : { text, values };
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

/** Compiling a query costs more than the short queries of an API ever gain from it. */
const WITHOUT_COMPILING = 'set jit_optimize_above_cost = -1';

/**
 * One statement in its own transaction, entered and committed, in a single write. When entering fails, the statement never
 * runs. The rows are there once the transaction is committed.
 *
 * @throws Error whatever failed first: entering, the statement, committing
 */
export function runAlone(
  client: PoolClient,
  entry: Entry,
  statementTimeoutMs: number,
  statement: Statement,
  asArrays: boolean,
): Promise<Rows> {
  const known = statements.get(client);
  const prepared = known ?? new PreparedStatements(client);
  const exchange = new Exchange(
    client,
    prepared,
    [enteringAs(entry, statementTimeoutMs), statement],
    asArrays,
  );
  const send = () => client.query(exchange as unknown as Submittable);
  if (known) {
    send();
  } else {
    statements.set(client, prepared);
    inOneWrite(client, () => {
      // When this fails, so does what follows.
      client.query(WITHOUT_COMPILING).catch(() => undefined);
      send();
    });
  }
  return exchange.result;
}

/** Begins a transaction and enters it, in one write. */
export async function beginEntered(
  client: PoolClient,
  entry: Entry,
  statementTimeoutMs: number,
): Promise<void> {
  const { text, values = [] } = entering(entry, statementTimeoutMs);
  const replies = await Promise.allSettled(
    inOneWrite(client, () => [
      client.query(entry.access === 'read only' ? 'begin read only' : 'begin'),
      client.query({ text, values: [...values] }),
    ]),
  );
  // The first one that failed is why the other did.
  const failed = replies.find((reply) => reply.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Whether the connection is as it was when the pool gave it out. */
export const isIdle = (client: PoolClient): boolean => client.getTransactionStatus() === 'I';
