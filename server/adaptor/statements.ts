import type { PoolClient } from 'pg';

/** Prepared statements that one connection keeps. */
const CAPACITY = 100;

export type Column = {
  readonly name: string;
  readonly parse: (text: string) => unknown;
};

/** A statement that a connection knows, or is about to learn. */
export type Prepared = {
  /** Empty: it is parsed each time. */
  readonly name: string;
  /**
   * `sent`: the server has not said yet that it is there. `doubtful`: it may be there, because what was sent with it
   * failed.
   */
  state: 'new' | 'sent' | 'there' | 'doubtful';
  /** What its rows are made of, once the server has said so. */
  columns: readonly Column[] | undefined;
};

const nameless = (): Prepared => ({ name: '', state: 'new', columns: undefined });

/**
 * The embedded engine's connections share one session, and with it the names of statements: they keep none. (Its clients
 * say so.)
 */
const keepsStatements = (client: PoolClient): boolean =>
  (client as { keepsStatements?: boolean }).keepsStatements !== false;

/** The statements that a connection has prepared, by their texts, least recently used first. */
export class PreparedStatements {
  readonly #keeps: boolean;
  readonly #byText = new Map<string, Prepared>();
  #made = 0;

  constructor(client: PoolClient) {
    this.#keeps = keepsStatements(client);
  }

  /** The statement with this text, which is about to be used. */
  use(text: string): Prepared {
    if (!this.#keeps) return nameless();
    let prepared = this.#byText.get(text);
    // Nobody knows yet whether it will be there for the next one.
    if (prepared?.state === 'sent') return nameless();
    if (prepared) {
      this.#byText.delete(text);
    } else {
      this.#made += 1;
      prepared = { name: `callboard_${this.#made}`, state: 'new', columns: undefined };
    }
    this.#byText.set(text, prepared);
    return prepared;
  }

  /** Gives up the statement that has not been used for the longest time, if there are too many. */
  giveUp(): Prepared | undefined {
    if (this.#byText.size <= CAPACITY) return undefined;
    const [oldest] = this.#byText;
    if (!oldest) return undefined;
    this.#byText.delete(oldest[0]);
    return oldest[1];
  }
}
