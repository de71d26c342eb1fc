import type { PoolClient } from 'pg';
import type { PgClient, PgClientQuery, PgClientResult } from 'postgraphile/@dataplan/pg';

/** Runs one query on a client, as PostGraphile asks for it. */
async function runQuery<TData>(
  client: Pick<PoolClient, 'query'>,
  { text, values, arrayMode }: PgClientQuery,
): Promise<PgClientResult<TData>> {
  const { rows, rowCount } = await client.query({
    text,
    ...(values ? { values } : {}),
    ...(arrayMode ? { rowMode: 'array' as const } : {}),
  });
  return { rows: rows as TData[], rowCount };
}

/**
 * A client inside a transaction that somebody else ends. What is asked of it happens one after the other; transactions in
 * it are savepoints.
 */
export class TransactionClient implements PgClient {
  readonly #client: PoolClient;
  readonly #level: number;
  #last: Promise<unknown> = Promise.resolve();

  constructor(client: PoolClient, level = 1) {
    this.#client = client;
    this.#level = level;
  }

  query<TData>(query: PgClientQuery): Promise<PgClientResult<TData>> {
    return this.#afterwards(() => runQuery<TData>(this.#client, query));
  }

  withTransaction<T>(callback: (client: this) => Promise<T>): Promise<T> {
    return this.#afterwards(() =>
      inSavepoint(this.#client, `level_${this.#level}`, () =>
        callback(new TransactionClient(this.#client, this.#level + 1) as this),
      ),
    );
  }

  #afterwards<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** Runs `work` in a savepoint, which a failure goes back to. */
export async function inSavepoint<T>(
  client: Pick<PoolClient, 'query'>,
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  await client.query(`savepoint ${name}`);
  try {
    const result = await work();
    await client.query(`release savepoint ${name}`);
    return result;
  } catch (error) {
    await client.query(`rollback to savepoint ${name}`);
    throw error;
  }
}
