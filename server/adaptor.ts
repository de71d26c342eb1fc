import type { Pool, PoolClient } from 'pg';
import type {
  PgAdaptor,
  PgClient,
  PgClientQuery,
  PgClientResult,
  WithPgClient,
} from 'postgraphile/@dataplan/pg';
import { SafeError } from 'postgraphile/grafast';
import { PgSubscriber } from 'postgraphile/adaptors/pg';
import { beginEntered, entering, isIdle, runAlone } from './adaptor/entered.ts';
import { inSavepoint, TransactionClient } from './adaptor/transaction.ts';
import { CATALOG_ENTRY, checkedEntry, type Entry } from './caller.ts';

/** The connection of an operation: each query is a transaction of its own that the caller has entered. */
class OperationClient implements PgClient {
  readonly #client: PoolClient;
  readonly #entry: Entry;
  readonly #statementTimeoutMs: number;
  /** The last transaction of several statements: until it has ended, nothing else is sent. */
  #transaction: Promise<unknown> | undefined;

  constructor(client: PoolClient, entry: Entry, statementTimeoutMs: number) {
    this.#client = client;
    this.#entry = entry;
    this.#statementTimeoutMs = statementTimeoutMs;
  }

  query<TData>({ text, values, arrayMode = false }: PgClientQuery): Promise<PgClientResult<TData>> {
    const run = () =>
      runAlone(this.#client, this.#entry, this.#statementTimeoutMs, { text, values }, arrayMode);
    // The server takes statements in their order anyway.
    const result = this.#transaction ? this.#transaction.then(run) : run();
    return result as Promise<PgClientResult<TData>>;
  }

  withTransaction<T>(callback: (client: this) => Promise<T>): Promise<T> {
    const result = (this.#transaction ?? Promise.resolve()).then(() =>
      this.#inTransaction(callback),
    );
    this.#transaction = result.catch(() => undefined);
    return result;
  }

  async #inTransaction<T>(callback: (client: this) => Promise<T>): Promise<T> {
    const client = this.#client;
    try {
      await beginEntered(client, this.#entry, this.#statementTimeoutMs);
      const result = await callback(new TransactionClient(client) as PgClient as this);
      await client.query('commit');
      return result;
    } catch (error) {
      // A connection that cannot even roll back is thrown away by whoever releases it.
      await client.query('rollback').catch(() => undefined);
      throw error;
    }
  }
}

/** Who is not signed in learns that, not that something is forbidden. */
function forCaller({ role }: Entry, error: unknown): unknown {
  const isForbidden = (error as { code?: unknown } | null)?.code === '42501';
  return isForbidden && role === 'callboard_anonymous'
    ? new SafeError('Sign in first.', { code: 'UNAUTHENTICATED' })
    : error;
}

/**
 * Gives out the pool's connections for operations. Two statements that belong into one transaction go through
 * `withTransaction`; every other query commits by itself.
 *
 * @throws Error when the settings do not say who is calling
 */
export function enteredClients(pool: Pool, statementTimeoutMs: number): WithPgClient {
  return async (settings, callback) => {
    const entry = checkedEntry(settings);
    const client = await pool.connect();
    try {
      return await callback(new OperationClient(client, entry, statementTimeoutMs));
    } catch (error) {
      throw forCaller(entry, error);
    } finally {
      client.release(!isIdle(client));
    }
  };
}

/**
 * For tests: every operation runs in a savepoint of the transaction that `client` is in, entered as its caller. The
 * client has to come from the login's own pool, because it goes back to that role after each operation.
 */
export function enteredClientsWithin(client: PoolClient, statementTimeoutMs: number): WithPgClient {
  let last: Promise<unknown> = Promise.resolve();
  return (settings, callback) => {
    const entry = checkedEntry(settings);
    const result = last.then(async () => {
      try {
        return await inSavepoint(client, 'operation', async () => {
          await client.query('set local role none');
          const { text, values = [] } = entering(entry, statementTimeoutMs);
          await client.query(text, [...values]);
          return await callback(new TransactionClient(client));
        });
      } catch (error) {
        throw forCaller(entry, error);
      } finally {
        await client.query('set local role none');
      }
    });
    last = result.catch(() => undefined);
    return result;
  };
}

declare global {
  namespace GraphileConfig {
    interface PgAdaptors {
      'callboard/adaptor': {
        adaptorSettings: ServiceSettings;
        makePgServiceOptions: never;
        client: PgClient;
      };
    }
  }
}

type ServiceSettings = {
  readonly pool: Pool;
  readonly statementTimeoutMs: number;
};

const adaptor = {
  createWithPgClient(settings: ServiceSettings | undefined) {
    if (!settings) throw new Error('The adaptor needs its pool.');
    return enteredClients(settings.pool, settings.statementTimeoutMs);
  },
  makePgService(): never {
    throw new Error('Use makeService.');
  },
} as unknown as PgAdaptor<'callboard/adaptor'>;

export type ServiceOptions = ServiceSettings & {
  /** The schemas whose tables and functions are exposed. */
  readonly schemas: readonly string[];
  /** The pool of the connection that listens for changes; absent: no subscriptions. */
  readonly listenPool?: Pool | undefined;
};

/** The database as PostGraphile sees it. */
export function makeService(
  options: ServiceOptions,
): GraphileConfig.PgServiceConfiguration<'callboard/adaptor'> {
  const { pool, statementTimeoutMs, schemas, listenPool } = options;
  const subscriber = listenPool ? new PgSubscriber(listenPool) : null;
  return {
    name: 'main',
    schemas: [...schemas],
    pgSettingsKey: 'pgSettings',
    withPgClientKey: 'withPgClient',
    pgSubscriberKey: 'pgSubscriber',
    pgSettingsForIntrospection: CATALOG_ENTRY,
    pgSubscriber: subscriber,
    adaptor,
    adaptorSettings: { pool, statementTimeoutMs },
    release: () => subscriber?.release?.(),
  } as unknown as GraphileConfig.PgServiceConfiguration<'callboard/adaptor'>;
}
