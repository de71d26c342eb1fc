import { hostname } from 'node:os';
import type { Job } from 'graphile-worker';
import type { Pool, PoolClient } from 'pg';
import type { Log } from '../server/log/log.ts';
import type { Outcomes } from './outcomes.ts';

/** Milliseconds between two signs of life. Others take a worker for dead after thirty seconds: `ops.free_dead_workers`. */
const INTERVAL = 5_000;
/** A sign of life that is older than this, in milliseconds, may be too old in the eyes of others. */
const SURE = 15_000;
/** Milliseconds that the database may take to hear one. */
const PATIENCE = 10_000;

export type HeartbeatOptions = {
  readonly pool: Pool;
  readonly log: Log;
  /** The name under which jobs are locked. */
  readonly workerId: string;
  readonly concurrency: number;
  readonly outcomes: Outcomes;
};

/** A client of its own, so that tasks that use up the pool do not silence the worker. It holds no transaction. */
class OwnClient {
  readonly #pool: Pool;
  #client: PoolClient | undefined;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async query<R extends object>(text: string, values: readonly unknown[]): Promise<R[]> {
    this.#client ??= await this.#pool.connect();
    const client = this.#client;
    try {
      const query = { text, values: [...values], query_timeout: PATIENCE };
      return (await client.query<R>(query)).rows;
    } catch (error) {
      // The next one gets another: whatever state this one is in.
      if (this.#client === client) {
        this.#client = undefined;
        client.release(error as Error);
      }
      throw error;
    }
  }

  release(): void {
    this.#client?.release();
    this.#client = undefined;
  }
}

/**
 * Tells the database every few seconds that this worker lives, and hands the jobs of workers that do not to others. Rows and
 * not locks of a session, so that it also holds behind a pooler, on the embedded engine, whose connections share one
 * session, and when a machine is gone without closing its connections.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #client: OwnClient;
  readonly #timer: NodeJS.Timeout;
  /**
   * When the last sign of life that was heard was given, by two clocks: one stands still while the machine sleeps. And
   * since when others have taken this worker for alive without a break, by the clock of the database.
   */
  #heard:
    { readonly running: number; readonly wall: number; readonly aliveSince: Date } | undefined;
  #saying: Promise<void> | undefined;
  #counting = false;
  #stopping = false;
  #ended = false;
  #ending: Promise<number> | undefined;
  #ticking: Promise<void> = Promise.resolve();

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#client = new OwnClient(options.pool);
    this.#timer = setInterval(this.#next, INTERVAL);
  }

  get workerId(): string {
    return this.#options.workerId;
  }

  /** Whether others surely take this worker for alive. After a pause, as by SIGSTOP, nobody knows until the database says. */
  get isSure(): boolean {
    const heard = this.#heard;
    return (
      !this.#ended &&
      heard !== undefined &&
      performance.now() - heard.running < SURE &&
      Math.abs(Date.now() - heard.wall) < SURE
    );
  }

  /** Makes sure of it, before jobs are taken. */
  async confirm(): Promise<void> {
    if (!this.isSure) await this.#say();
  }

  /**
   * Whether this worker still holds a job that it has run: while it was paused, another may have got it, also when all
   * know by now that this one lives.
   */
  async holds({ id, locked_at: lockedAt }: Pick<Job, 'id' | 'locked_at'>): Promise<boolean> {
    const heard = this.#heard;
    if (this.isSure && heard && lockedAt && lockedAt > heard.aliveSince) return true;
    if (this.#ended) return false;
    // By its time too: this worker may have got it a second time since.
    const { rowCount } = await this.#options.pool.query(
      `select from graphile_worker._private_jobs
        where id = $1 and locked_by = $2 and date_trunc('milliseconds', locked_at) = $3`,
      [id, this.workerId, lockedAt?.toISOString()],
    );
    return rowCount === 1;
  }

  /** From now on this worker takes no more jobs. */
  stopping(): void {
    this.#stopping = true;
    this.#next();
  }

  /** Gives back what has not been finished, and says good-bye. Returns how many jobs that were. */
  end(): Promise<number> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<number> {
    clearInterval(this.#timer);
    await this.#ticking;
    try {
      await this.#say();
      this.#ended = true;
      const [row] = await this.#client.query<{ given: number }>(
        'select ops.give_back_jobs($1) as given',
        [this.workerId],
      );
      return row?.given ?? 0;
    } catch (error) {
      this.#options.log.warn(
        { err: error },
        'Jobs could not be given back; others take them over.',
      );
      return 0;
    } finally {
      this.#ended = true;
      this.#client.release();
    }
  }

  readonly #next = (): void => {
    this.#ticking = this.#ticking.then(() => this.#tick());
  };

  async #tick(): Promise<void> {
    try {
      await this.#say();
      await this.#sweep();
    } catch (error) {
      this.#options.log.warn({ err: error }, 'The database does not hear that the worker lives.');
    }
  }

  /** Those that come while one is on its way wait for that one. */
  #say(): Promise<void> {
    this.#saying ??= this.#report().finally(() => {
      this.#saying = undefined;
    });
    return this.#saying;
  }

  async #report(): Promise<void> {
    const { workerId, concurrency, outcomes, log } = this.#options;
    const said = { running: performance.now(), wall: Date.now() };
    const told = outcomes.take();
    let aliveSince: Date;
    try {
      const values = [hostname(), process.pid, concurrency, this.#stopping, JSON.stringify(told)];
      const [row] = await this.#client.query<{ alive_since: Date }>(
        'select ops.report_worker($1, $2, $3, $4, $5, $6) as alive_since',
        [workerId, ...values],
      );
      if (!row) throw new Error('The database does not say since when the worker lives.');
      aliveSince = row.alive_since;
    } catch (error) {
      outcomes.putBack(told);
      throw error;
    }
    const before = this.#heard;
    this.#heard = { ...said, aliveSince };
    if (before && before.aliveSince < aliveSince) {
      log.warn(
        { worker: workerId },
        'This worker was taken for dead: others run what it had begun.',
      );
    }
  }

  async #sweep(): Promise<void> {
    const { log, pool } = this.#options;
    const dead = await this.#client.query<{
      worker_id: string;
      host: string;
      process_id: number;
      jobs: number;
    }>('select worker_id, host, process_id, jobs from ops.free_dead_workers()', []);
    for (const { worker_id: worker, host, process_id: processId, jobs } of dead) {
      log.warn({ worker, host, processId, jobs }, 'A worker is dead; its jobs are run by others.');
    }
    // Counting a long queue takes its time, and the next sign of life does not wait for it.
    if (this.#counting) return;
    this.#counting = true;
    pool
      .query('select ops.measure_queue()')
      .catch((error: unknown) => log.debug({ err: error }, 'The queue was not counted.'))
      .finally(() => (this.#counting = false));
  }
}
