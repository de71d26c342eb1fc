import type { PoolClient } from 'pg';

/** The part of `pg`'s connection that knows which named statements it has prepared. */
type Connection = {
  readonly parsedStatements?: Record<string, unknown>;
  readonly submittedNamedStatements?: Record<string, unknown>;
};

export const connectionOf = (client: PoolClient) =>
  (client as unknown as { connection: Connection & { stream: { cork(): void; uncork(): void } } })
    .connection;

/** Prepared statements that one connection keeps. */
const CAPACITY = 100;

/** Which prepared statements a connection has, least recently used first. */
export class PreparedStatements {
  readonly #names = new Set<string>();

  /**
   * Notes that a statement is about to be used.
   *
   * @returns the name that has to be deallocated for it, before the next transaction begins
   */
  use(client: PoolClient, name: string): string | undefined {
    if (this.#names.delete(name) || this.#names.size < CAPACITY) {
      this.#names.add(name);
      return undefined;
    }
    this.#names.add(name);
    const [oldest] = this.#names;
    if (oldest === undefined) return undefined;
    this.#names.delete(oldest);
    const { parsedStatements = {}, submittedNamedStatements = {} } = connectionOf(client);
    // The engine may keep statements without names: then there is nothing to give up.
    if (!(oldest in parsedStatements)) return undefined;
    delete parsedStatements[oldest];
    delete submittedNamedStatements[oldest];
    return oldest;
  }
}
