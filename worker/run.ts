import path from 'node:path';
import { run } from 'graphile-worker';
import type { Database } from '../db/connect.ts';
import { makeLog, type Log } from '../server/log/log.ts';
import { QueueLog } from './log.ts';
import { loadTasks, type GivenContext } from './tasks.ts';

/** A worker at work. */
export type RunningWorker = {
  /** Finishes the jobs that are running, and stops. */
  stop(): Promise<void>;
  /** Settles when the worker ends, with an error when it ends by itself. */
  readonly ended: Promise<void>;
};

export type WorkerOptions = GivenContext & {
  /** Jobs that run at the same time. */
  readonly concurrency?: number;
  /** Absent: a log of its own. */
  readonly log?: Log;
};

/** For who has no log: what goes wrong, for people. */
const QUIET = { logLevel: 'warn', logFormat: 'plain' } as const;

/**
 * Runs jobs: those that the database adds (`worker/tasks`, a file for each task), and those of the timetable
 * (`worker/crontab`). Tasks work as `callboard_service`. The queue has to be prepared.
 */
export async function runWorker(
  database: Database,
  { concurrency = 4, log = makeLog(QUIET), ...context }: WorkerOptions = {},
): Promise<RunningWorker> {
  const { logger, events } = new QueueLog(log);
  const runner = await run({
    pgPool: database.pool('callboard_service'),
    taskList: await loadTasks({ ...context, database, log }),
    crontabFile: path.join(import.meta.dirname, 'crontab'),
    concurrency,
    pollInterval: 1_000,
    // Whoever started it stops it, after what else there is to finish.
    noHandleSignals: true,
    // The embedded engine has one session for all, which has no room for named statements.
    noPreparedStatements: database.engine === 'embedded',
    logger,
    events,
  });
  return { stop: () => runner.stop(), ended: runner.promise };
}
