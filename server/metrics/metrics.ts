import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Database, DatabaseRole } from '../../db/connect.ts';
import type { Attempt } from '../../worker/outcomes.ts';
import { QueueMetrics } from './queue.ts';

/** Seconds, from a look-up by key to the longest statement that a request may run. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** Jobs may take longer. */
const JOB_SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900];

export type MetricsOptions = {
  readonly database: Database;
  /** The roles whose pools this process uses; as the first of them it looks at the queue. None: neither is told of. */
  readonly roles: readonly DatabaseRole[];
  /** Whether it also tells of the process itself: memory, processor, event loop. Once in a process. */
  readonly ofProcess?: boolean;
};

/** What a process tells Prometheus. Labels are words of the code, never of clients: so there are few of them. */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests: Histogram<'kind' | 'status'>;
  readonly #jobs: Counter<'task' | 'outcome'>;
  readonly #jobSeconds: Histogram<'task'>;

  constructor({ database, roles, ofProcess = false }: MetricsOptions) {
    const registers = [this.registry];
    if (ofProcess) collectDefaultMetrics({ register: this.registry });
    this.#requests = new Histogram({
      name: 'callboard_http_request_duration_seconds',
      help: 'HTTP requests by what they asked for (query, mutation, subscription, or other) and how they were answered.',
      labelNames: ['kind', 'status'],
      buckets: SECONDS,
      registers,
    });
    this.#jobs = new Counter({
      name: 'callboard_job_attempts_total',
      help: 'Attempts to run jobs, by task and how they ended: succeeded, failed, or interrupted.',
      labelNames: ['task', 'outcome'],
      registers,
    });
    this.#jobSeconds = new Histogram({
      name: 'callboard_job_duration_seconds',
      help: 'How long attempts to run jobs took.',
      labelNames: ['task'],
      buckets: JOB_SECONDS,
      registers,
    });
    const pools = roles.map(
      (role) => [role.replace('callboard_', ''), database.pool(role)] as const,
    );
    const [first] = pools;
    if (!first) return;
    new Gauge({
      name: 'callboard_database_pool_clients',
      help: 'Connections by pool: used by requests or jobs, idle; and how many wait for one.',
      labelNames: ['pool', 'state'],
      registers,
      collect() {
        for (const [name, { totalCount, idleCount, waitingCount }] of pools) {
          this.set({ pool: name, state: 'used' }, totalCount - idleCount);
          this.set({ pool: name, state: 'idle' }, idleCount);
          this.set({ pool: name, state: 'waiting' }, waitingCount);
        }
      },
    });
    new Gauge({
      name: 'callboard_database_pool_clients_max',
      help: 'Connections that a pool may have.',
      labelNames: ['pool'],
      registers,
      collect() {
        for (const [name, { options }] of pools) this.set({ pool: name }, options.max);
      },
    });
    new QueueMetrics(first[1]).register(registers);
  }

  /** Notes a request that has been answered. */
  readonly requestEnded = (kind: string, status: number, seconds: number): void =>
    this.#requests.observe({ kind, status: `${Math.floor(status / 100)}xx` }, seconds);

  /** Notes an attempt to run a job. */
  readonly attemptEnded = ({ task, outcome, seconds }: Attempt): void => {
    this.#jobs.inc({ task, outcome });
    this.#jobSeconds.observe({ task }, seconds);
  };
}
