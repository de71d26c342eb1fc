import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { btree_gin } from '@electric-sql/pglite/contrib/btree_gin';
import { btree_gist } from '@electric-sql/pglite/contrib/btree_gist';
import { citext } from '@electric-sql/pglite/contrib/citext';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { pgcrypto } from '@electric-sql/pglite/contrib/pgcrypto';
import { unaccent } from '@electric-sql/pglite/contrib/unaccent';
import { vector } from '@electric-sql/pglite-pgvector';
import type { Pool } from 'pg';
import { DataDirectoryError, DirectoryLock, prepareDirectory } from './embedded/directory.ts';
import { openEmbeddedPool } from './embedded/pool.ts';
import { Session, type Engine } from './embedded/session.ts';

export {
  DataDirectoryError,
  POSTGRES_MAJOR,
  type DataDirectoryProblem,
} from './embedded/directory.ts';

/** How to open an embedded database. */
export type EmbeddedOptions = {
  /** Folder for the files; the database is in `pg` inside it. Absent: in memory. */
  dataDir?: string;
  /** What `dump` gave, to start from. Only for a database that does not exist yet. */
  loadDataDir?: Blob;
  /** Clients that each pool gives out at a time; 50 unless told. */
  poolSize?: number;
  /**
   * Milliseconds that a transaction may sit idle while other clients wait for the session; then it is rolled back and its
   * client is closed with SQLSTATE 25P03. 60 000 unless told.
   */
  idleTransactionTimeout?: number;
};

const EXTENSIONS = { btree_gin, btree_gist, citext, pg_trgm, pgcrypto, unaccent, vector };

const START_PARAMETERS = [
  // PGlite narrows the search path; a server has this one.
  ...PGlite.defaultStartParams.map((each) =>
    each === 'search_path=public' ? 'search_path="$user", public' : each,
  ),
  // Log files that are done with are removed, not kept for later.
  ...['-c', 'wal_recycle=off', '-c', 'min_wal_size=2MB'],
  // Deeper recursion would overflow the stack of the JavaScript engine, which Postgres does not survive.
  ...['-c', 'max_stack_depth=200kB'],
  // The timer behind these reports would keep the process alive after everything else has ended.
  ...['-c', 'log_startup_progress_interval=0'],
];

/** How often to see whether a checkpoint is due, and after how much log: no background process does it here. */
const CHECKPOINT_INTERVAL = 5_000;
const CHECKPOINT_BYTES = 16 * 1024 * 1024;
const LOG_SINCE_CHECKPOINT = 'select pg_current_wal_lsn() - redo_lsn from pg_control_checkpoint()';

/** How long `close` waits for clients that are still in use, in milliseconds. */
const CLOSE_PATIENCE = 5_000;

function openEngine(dataDir: string | undefined, loadDataDir: Blob | undefined): Promise<PGlite> {
  return PGlite.create({
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(loadDataDir === undefined ? {} : { loadDataDir }),
    extensions: EXTENSIONS,
    startParams: START_PARAMETERS,
    initDbStartParams: ['--wal-segsize=1'],
  });
}

function engineOf(database: PGlite): Engine {
  return async (messages) => {
    const answers: Buffer[] = [];
    await database.execProtocolRawStream(messages, {
      // The bytes are the engine's memory, which it goes on using.
      onRawData: (bytes) => answers.push(Buffer.from(bytes)),
    });
    return answers.length === 1 && answers[0] ? answers[0] : Buffer.concat(answers);
  };
}

/**
 * A whole Postgres inside this process, given out through ordinary `pg.Pool`s. There is one session behind them, taken in
 * turns: a query, or a transaction from begin to end, runs alone, and others wait for it in the order in which they came. A
 * transaction that waits for a query of another client therefore waits in vain (see `idleTransactionTimeout`).
 */
export class EmbeddedDatabase {
  readonly #pglite: PGlite;
  readonly #session: Session;
  readonly #lock: DirectoryLock | undefined;
  readonly #poolSize: number;
  readonly #pools = new Map<string | undefined, Pool>();
  readonly #housekeeping: NodeJS.Timeout;
  #closed: Promise<void> | undefined;

  private constructor(pglite: PGlite, lock: DirectoryLock | undefined, options: EmbeddedOptions) {
    this.#pglite = pglite;
    this.#lock = lock;
    this.#poolSize = options.poolSize ?? 50;
    this.#session = new Session(engineOf(pglite), options.idleTransactionTimeout ?? 60_000);
    this.#housekeeping = setInterval(() => {
      // When it fails the engine has broken down, which the next query says.
      this.#keepHouse().catch(() => undefined);
    }, CHECKPOINT_INTERVAL).unref();
    if (lock) {
      process.on('SIGINT', this.#onSignal);
      process.on('SIGTERM', this.#onSignal);
    }
  }

  /**
   * Opens the database, or makes an empty one.
   *
   * @throws {DataDirectoryError} when another process uses the data directory, it belongs to another Postgres version, or
   *   its files cannot be read
   */
  static async open(options: EmbeddedOptions = {}): Promise<EmbeddedDatabase> {
    const { dataDir, loadDataDir } = options;
    if (dataDir === undefined) {
      return new EmbeddedDatabase(await openEngine(undefined, loadDataDir), undefined, options);
    }
    const directory = path.resolve(dataDir);
    mkdirSync(directory, { recursive: true });
    const lock = DirectoryLock.acquire(directory);
    try {
      const folder = await prepareDirectory(directory, async (unfinished) => {
        await (await openEngine(unfinished, loadDataDir)).close();
      });
      const pglite = await openEngine(folder, undefined).catch((error: unknown) => {
        throw new DataDirectoryError(
          'UNREADABLE',
          `The database in ${folder} does not start: ${String(error)}. Move it away, or choose another DATA_DIR.`,
          { cause: error },
        );
      });
      return new EmbeddedDatabase(pglite, lock, options);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /**
   * The pool whose clients are signed in as `role`; without one, as the superuser. The same pool each time. A role
   * that does not exist is an error (22023) of the first query.
   */
  pool(role?: string): Pool {
    if (this.#closed) throw new Error('The embedded database is closed.');
    const known = this.#pools.get(role);
    if (known && !known.ending) return known;
    const pool = openEmbeddedPool(this.#session, role, this.#poolSize);
    this.#pools.set(role, pool);
    return pool;
  }

  /** Everything in the database as an uncompressed tar file, for `loadDataDir`. Waits for the open transaction, if any. */
  dump(): Promise<Blob> {
    return this.#session.exclusively(async () => {
      await this.#session.command('checkpoint');
      return this.#pglite.dumpDataDir('none');
    });
  }

  /** Waits for clients in use (5 seconds at most; then they are cut off), and closes the files. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#housekeeping);
    process.off('SIGINT', this.#onSignal);
    process.off('SIGTERM', this.#onSignal);
    const ends = [...this.#pools.values()]
      .filter((pool) => !pool.ended && !pool.ending)
      .map((pool) => pool.end());
    const { promise: patience, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, CLOSE_PATIENCE);
    await Promise.race([Promise.all(ends), patience]);
    clearTimeout(timer);
    try {
      await this.#session.close();
      await this.#pglite.close();
    } finally {
      this.#lock?.release();
    }
  }

  async #keepHouse(): Promise<void> {
    // Not worth cutting off an idle transaction for.
    if (this.#session.held) return;
    await this.#session.exclusively(async () => {
      const bytes = await this.#session.command(LOG_SINCE_CHECKPOINT);
      if (Number(bytes) > CHECKPOINT_BYTES) await this.#session.command('checkpoint');
    });
  }

  /** Closes on Ctrl-C and ends the process, unless the program has its own handler: then that one calls `close`. */
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (process.listenerCount(signal) > 1) return;
    void this.close().finally(() => process.kill(process.pid, signal));
  };
}
