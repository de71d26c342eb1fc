import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { run, type Runner, type TaskList } from 'graphile-worker';
import type { Database } from '../db/connect.ts';
import { makeLog, type Log } from '../server/log/log.ts';
import { guarded } from './guard.ts';
import { Heartbeat } from './heartbeat.ts';
import { QueueLog } from './log.ts';
import { Outcomes, watchAttempts, type Attempt } from './outcomes.ts';
import { loadTasks, type GivenContext } from './tasks.ts';

/** A worker at work. */
export type RunningWorker = {
  /**
   * Lets the jobs that are running finish, for as long as the settings allow, gives back those that do not, and stops.
   * Returns how many were given back: whoever runs this process ends it then, since their tasks may still be at it.
   */
  stop(): Promise<number>;
  /** Settles when the worker ends, with an error when it ends by itself. */
  readonly ended: Promise<void>;
};

export type WorkerOptions = GivenContext & {
  /** Jobs that run at the same time. */
  readonly workerConcurrency?: number;
  /** Milliseconds between two looks into the queue, beside those when a job is added. */
  readonly workerPollMs?: number;
  /** Seconds that running jobs have to finish when the worker stops. */
  readonly workerStopSeconds?: number;
  /** Absent: a log of its own. */
  readonly log?: Log;
  /** Instead of those in `worker/tasks`, without a timetable. */
  readonly tasks?: TaskList;
  /** Told how each attempt to run a job ended. */
  readonly onAttempt?: (attempt: Attempt) => void;
};

const CRONTAB = path.join(import.meta.dirname, 'crontab');

/** For who has no log: what goes wrong, for people. */
const QUIET = { logLevel: 'warn', logFormat: 'plain' } as const;

/** Connections of a worker beside those of its jobs: it listens, says that it lives, and counts the queue. */
const OWN_CONNECTIONS = 4;

/** How large the pool of a process that runs jobs has to be at least. */
export const poolSizeOf = (settings: {
  readonly poolSize?: number | undefined;
  readonly workerConcurrency: number;
}): number => Math.max(settings.poolSize ?? 10, settings.workerConcurrency + OWN_CONNECTIONS);

/** Milliseconds after which tasks are told that the worker stops, or half of what they have. */
const FINISH_BY_ITSELF = 5_000;

/**
 * Runs jobs: those that the database adds (`worker/tasks`, a file for each task), and those of the timetable
 * (`worker/crontab`). Tasks work as `callboard_service`. The queue has to be prepared.
 */
export async function runWorker(
  database: Database,
  {
    workerConcurrency: concurrency = 4,
    workerPollMs: pollInterval = 1_000,
    workerStopSeconds = 20,
    log = makeLog(QUIET),
    tasks,
    onAttempt,
    ...context
  }: WorkerOptions = {},
): Promise<RunningWorker> {
  const pool = database.pool('callboard_service');
  const { logger, events } = new QueueLog(log);
  const outcomes = new Outcomes();
  watchAttempts(events, (attempt) => {
    outcomes.count(attempt);
    onAttempt?.(attempt);
  });
  let beating: Heartbeat | undefined;
  const heartbeat = (): Heartbeat => {
    if (!beating) throw new Error('The worker has no name yet.');
    return beating;
  };
  // Said before it takes its first job.
  events.on('pool:create', ({ workerPool }) => {
    beating = new Heartbeat({ pool, log, workerId: workerPool.id, concurrency, outcomes });
  });
  const limit = workerStopSeconds * 1_000;
  const taskList = tasks ?? (await loadTasks({ ...context, database, log }));
  const runner = await run({
    pgPool: pool,
    taskList: guarded(taskList, pool, heartbeat),
    ...(tasks ? { parsedCronItems: [] } : { crontabFile: CRONTAB }),
    concurrency,
    pollInterval,
    // Asked before each job: nothing is forbidden, but nothing is taken before others know that this worker lives.
    forbiddenFlags: () =>
      heartbeat().isSure
        ? null
        : heartbeat()
            .confirm()
            .then(() => null),
    gracefulShutdownAbortTimeout: Math.min(FINISH_BY_ITSELF, limit / 2),
    // Whoever started it stops it, after what else there is to finish.
    noHandleSignals: true,
    // The embedded engine has one session for all, which has no room for named statements.
    noPreparedStatements: database.engine === 'embedded',
    logger,
    events,
  });
  // Whoever asks is told; nobody has to.
  runner.promise.catch(() => undefined);
  return {
    ended: runner.promise,
    async stop() {
      heartbeat().stopping();
      const finished = await finish(runner, limit);
      const given = await heartbeat().end();
      if (!finished) {
        log.warn({ jobs: given }, 'Jobs that did not finish in time were given back.');
        await runner.kill().catch(() => undefined);
      }
      return finished ? 0 : Math.max(given, 1);
    },
  };
}

/** Stops a runner. False when its jobs have not finished within so many milliseconds. */
async function finish(runner: Runner, limit: number): Promise<boolean> {
  const over = new AbortController();
  // One that has stopped by itself says that it has stopped already.
  const stopped = runner.stop().then(
    () => true,
    () => true,
  );
  const late = pause(limit, false, { signal: over.signal }).catch(() => false);
  const finished = await Promise.race([stopped, late]);
  over.abort();
  return finished;
}
