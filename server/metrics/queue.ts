import type { Pool } from 'pg';
import { Gauge, type Registry } from 'prom-client';

/** What `ops.queue_metrics` says. */
type Queue = {
  /** Seconds since 1970; null when nobody has counted yet. */
  readonly measuredAt: number | null;
  readonly workers: number;
  readonly tasks: readonly {
    readonly task: string;
    readonly waiting: number;
    readonly scheduled: number;
    readonly running: number;
    readonly retrying: number;
    readonly oldestWaitingSeconds: number;
  }[];
  readonly deadLetters: Readonly<Record<string, number>>;
};

/** Milliseconds for which an answer serves: all gauges of a look are from one. */
const SERVES = 1_000;
/** Milliseconds that the database may take, also to count. */
const PATIENCE = 4_000;

const STATES = ['waiting', 'scheduled', 'running', 'retrying'] as const;

/** The job queue as the database counts it: the same in every process, so of several the first answers for all. */
export class QueueMetrics {
  readonly #pool: Pool;
  #asked: { readonly at: number; readonly queue: Promise<Queue | undefined> } | undefined;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  register(registers: Registry[]): void {
    const read = () => this.#read();
    const gauge = <L extends string>(
      name: string,
      help: string,
      labelNames: L[],
      collect: (this: Gauge<L>, queue: Queue) => void,
    ) =>
      new Gauge<L>({
        name,
        help,
        labelNames,
        aggregator: 'first',
        registers,
        async collect() {
          const queue = await read();
          // What is not known is not told, rather than told as it was.
          this.reset();
          if (queue) collect.call(this, queue);
          else if (labelNames.length === 0) this.remove();
        },
      });
    gauge(
      'callboard_queue_jobs',
      'Jobs by task: waiting could run now, scheduled are to run later, retrying among both have failed before.',
      ['task', 'state'],
      function (queue) {
        for (const task of queue.tasks) {
          for (const state of STATES) this.set({ task: task.task, state }, task[state]);
        }
      },
    );
    gauge(
      'callboard_queue_oldest_waiting_seconds',
      'How long the oldest job that could run has been waiting, by task.',
      ['task'],
      function (queue) {
        for (const { task, oldestWaitingSeconds } of queue.tasks) {
          this.set({ task }, oldestWaitingSeconds);
        }
      },
    );
    gauge(
      'callboard_dead_letters',
      'Jobs that failed for good and that nobody has seen to, by task.',
      ['task'],
      function (queue) {
        for (const [task, count] of Object.entries(queue.deadLetters)) this.set({ task }, count);
      },
    );
    gauge('callboard_workers', 'Workers that are alive.', [], function (queue) {
      this.set(queue.workers);
    });
    gauge(
      'callboard_queue_measured_timestamp_seconds',
      'When the queue was counted.',
      [],
      function (queue) {
        if (queue.measuredAt === null) this.remove();
        else this.set(queue.measuredAt);
      },
    );
    new Gauge({
      name: 'callboard_database_up',
      help: 'Whether the database answers: 1 or 0.',
      aggregator: 'min',
      registers,
      async collect() {
        this.set((await read()) ? 1 : 0);
      },
    });
  }

  #read(): Promise<Queue | undefined> {
    const now = performance.now();
    if (!this.#asked || now - this.#asked.at > SERVES) {
      this.#asked = { at: now, queue: this.#ask().catch(() => undefined) };
    }
    return this.#asked.queue;
  }

  async #ask(): Promise<Queue | undefined> {
    const query = {
      text: 'select ops.queue_metrics() as queue',
      query_timeout: PATIENCE,
    };
    const { rows } = await this.#pool.query<{ queue: Queue }>(query);
    return rows[0]?.queue;
  }
}
