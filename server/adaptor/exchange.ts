import type { EventEmitter } from 'node:events';
import pg, { type PoolClient } from 'pg';
import type { Column, Prepared, PreparedStatements } from './statements.ts';

/** A statement and its parameters. */
export type Statement = {
  readonly text: string;
  readonly values?: readonly unknown[] | undefined;
};

export type Rows = {
  readonly rows: unknown[];
  readonly rowCount: number | null;
};

/** The part of `pg`'s connection that speaks the protocol. */
export type Connection = EventEmitter & {
  readonly stream: { readonly destroyed: boolean; cork(): void; uncork(): void };
  parse(message: { name: string; text: string }): void;
  bind(message: { statement: string; values: readonly unknown[] }): void;
  describe(message: { type: 'P' }): void;
  execute(message: object): void;
  close(message: { type: 'S'; name: string }): void;
  sync(): void;
};

export const connectionOf = (client: PoolClient): Connection =>
  (client as unknown as { connection: Connection }).connection;

type Sent = {
  readonly text: string;
  readonly values: readonly unknown[];
  /** Undefined until it is sent. */
  prepared?: Prepared;
};

/** The part of `pg` that its types do not tell of. */
const { Query, utils } = pg as unknown as {
  Query: { prototype: object };
  utils: { prepareValue(this: void, value: unknown): unknown };
};

/** A plan that no longer fits, or a statement that is not there: it has to be prepared again. */
const OUTDATED = new Set(['0A000', '26000']);

/**
 * Statements that the server gets in one write and runs in one transaction. With nothing but one `sync`, at the end, what is
 * between two of them is one transaction to Postgres: it is committed there, or undone as a whole at the first error, after
 * which nothing more of it runs. So there is no `begin` and no `commit` to send, to wait for or to forget.
 *
 * It takes the place of `pg.Query`, which sends a `sync` after each statement; `pg` pipelines only what is one. The rows of
 * the last statement are the result, those of others are not looked at.
 */
export class Exchange {
  readonly result: Promise<Rows>;
  readonly #client: PoolClient;
  readonly #prepared: PreparedStatements;
  readonly #sent: readonly Sent[];
  readonly #asArrays: boolean;
  readonly #rows: unknown[] = [];
  #answered = 0;
  #rowCount: number | null = null;
  #resolve!: (rows: Rows) => void;
  #reject!: (error: unknown) => void;

  /** @throws Error when a value cannot be sent */
  constructor(
    client: PoolClient,
    prepared: PreparedStatements,
    statements: readonly Statement[],
    asArrays: boolean,
  ) {
    this.#client = client;
    this.#prepared = prepared;
    this.#asArrays = asArrays;
    this.#sent = statements.map(({ text, values = [] }) => ({
      text,
      values: values.map((value) => utils.prepareValue(value)),
    }));
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  // What `pg.Client` calls, in this order.

  submit(connection: Connection): null {
    const last = this.#sent.at(-1);
    connection.stream.cork();
    try {
      for (const sent of this.#sent) sent.prepared = this.#prepared.use(sent.text);
      const outdated = this.#prepared.giveUp();
      if (outdated) connection.close({ type: 'S', name: outdated.name });
      for (const sent of this.#sent) {
        const { text, values, prepared } = sent;
        if (!prepared) continue;
        const { name } = prepared;
        if (prepared.state === 'doubtful') connection.close({ type: 'S', name });
        if (prepared.state !== 'there') {
          prepared.columns = undefined;
          prepared.state = 'sent';
          connection.parse({ name, text });
        }
        connection.bind({ statement: name, values });
        if (sent === last && !prepared.columns) connection.describe({ type: 'P' });
        connection.execute({});
      }
      connection.sync();
    } finally {
      connection.stream.uncork();
    }
    return null;
  }

  handleRowDescription({
    fields,
  }: {
    fields: readonly { name: string; dataTypeID: number }[];
  }): void {
    const prepared = this.#sent.at(-1)?.prepared;
    if (!prepared) return;
    prepared.columns = fields.map(({ name, dataTypeID }) => ({
      name,
      parse: this.#client.getTypeParser(dataTypeID, 'text') as Column['parse'],
    }));
  }

  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    const columns =
      this.#answered === this.#sent.length - 1 && this.#sent.at(-1)?.prepared?.columns;
    if (columns)
      this.#rows.push(this.#asArrays ? arrayOf(columns, fields) : objectOf(columns, fields));
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.#answered += 1;
    const count = /\d+$/.exec(text)?.[0];
    this.#rowCount = count === undefined ? null : Number(count);
  }

  handleEmptyQuery(): void {
    this.#answered += 1;
    this.#rowCount = null;
  }

  handleReadyForQuery(): void {
    for (const { prepared } of this.#sent) if (prepared) prepared.state = 'there';
    this.#resolve({ rows: this.#rows, rowCount: this.#rowCount });
  }

  handleError(error: Error & { code?: string }, connection: Connection): void {
    for (const { prepared } of this.#sent) {
      if (!prepared) continue;
      if (prepared.state === 'sent' || OUTDATED.has(error.code ?? '')) prepared.state = 'doubtful';
    }
    if (!(error instanceof pg.DatabaseError) || connection.stream.destroyed) {
      this.#reject(error);
      return;
    }
    // The connection is free again when the server has skipped the rest, and says so; or it is cut.
    const settle = () => {
      connection.off('readyForQuery', settle);
      connection.off('end', settle);
      this.#reject(error);
    };
    connection.once('readyForQuery', settle);
    connection.once('end', settle);
  }
}

// Without its constructor: that one makes an emitter and a result that nobody would use.
Object.setPrototypeOf(Exchange.prototype, Query.prototype);

const valueOf = ({ parse }: Column, text: string | null | undefined): unknown =>
  text === null || text === undefined ? null : parse(text);

const arrayOf = (columns: readonly Column[], fields: readonly (string | null)[]): unknown[] =>
  columns.map((column, index) => valueOf(column, fields[index]));

const objectOf = (columns: readonly Column[], fields: readonly (string | null)[]): object =>
  Object.fromEntries(columns.map((column, index) => [column.name, valueOf(column, fields[index])]));
