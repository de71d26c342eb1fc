import { EventEmitter } from 'node:events';
import { Logger, type Job, type LogLevel, type WorkerEvents } from 'graphile-worker';
import type { Log } from '../server/log/log.ts';
import { Interrupted } from './failures.ts';

const LEVELS: Readonly<Record<LogLevel, 'error' | 'warn' | 'info' | 'debug'>> = {
  error: 'error',
  warning: 'warn',
  info: 'info',
  debug: 'debug',
};

/** What the queue tells along with a message; a job's payload is not repeated. */
type Told = { job?: Job; error?: unknown; fatalError?: unknown; duration?: number };

/** The request that a job comes from: a payload says it as `request_id`. */
function requestIdOf({ payload }: Job): string | undefined {
  const id =
    typeof payload === 'object' && payload !== null && 'request_id' in payload
      ? payload.request_id
      : undefined;
  return typeof id === 'string' ? id : undefined;
}

/** The log of the queue: a line for each job that ends, and for what goes wrong, with the request that caused the job. */
export class QueueLog {
  readonly #log: Log;
  /** By the ids of the jobs that are running: what tasks log themselves comes with no more than that. */
  readonly #requests = new Map<string, string>();
  readonly events = new EventEmitter() as WorkerEvents;

  constructor(log: Log) {
    this.#log = log;
    this.events.on('job:start', ({ job }) => {
      const requestId = requestIdOf(job);
      if (requestId !== undefined) this.#requests.set(job.id, requestId);
    });
    this.events.on('job:complete', ({ job }) => this.#requests.delete(job.id));
  }

  readonly logger = new Logger(({ taskIdentifier, jobId }) => (level, message, meta) => {
    const { job, error, fatalError, duration } = (meta ?? {}) as Told;
    const id = job?.id ?? jobId;
    const task = job?.task_identifier ?? taskIdentifier;
    const requestId = job ? requestIdOf(job) : this.#requests.get(jobId ?? '');
    const cause = error ?? fatalError;
    // The coming and going of jobs is news, that of the queue's own parts is not.
    const isNews = level !== 'info' || id !== undefined;
    if (cause instanceof Interrupted) {
      this.#log.info({ task, jobId: id, requestId }, cause.message);
      return;
    }
    this.#log[isNews ? LEVELS[level] : 'debug'](
      {
        ...(task === undefined ? {} : { task }),
        ...(id === undefined ? {} : { jobId: id }),
        ...(requestId === undefined ? {} : { requestId }),
        ...(duration === undefined ? {} : { ms: Math.round(duration * 10) / 10 }),
        ...(job ? { attempt: job.attempts, maxAttempts: job.max_attempts } : {}),
        ...(cause === undefined ? {} : { err: cause }),
      },
      // The queue's own message has the stack in it once more.
      cause !== undefined && job ? 'A job failed.' : message,
    );
  });
}
