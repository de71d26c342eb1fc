import path from 'node:path';
import { Logger, run, type LogLevel } from 'graphile-worker';
import type { Database } from '../db/connect.ts';
import { loadTasks, type TaskContext } from './tasks.ts';

/** A worker at work. */
export type RunningWorker = {
  /** Finishes the jobs that are running, and stops. */
  stop(): Promise<void>;
  /** Settles when the worker ends, with an error when it ends by itself. */
  readonly ended: Promise<void>;
};

export type WorkerOptions = TaskContext & {
  /** Jobs that run at the same time. */
  readonly concurrency?: number;
};

/** Warnings and errors are said, the coming and going of jobs is not. */
const logger = new Logger(() => (level: LogLevel, message: string) => {
  if (level === 'error' || level === 'warning') console.error(`worker: ${message}`);
});

/**
 * Runs jobs: those that the database adds (`worker/tasks`, a file for each task), and those of the timetable
 * (`worker/crontab`). Tasks work as `callboard_service`. The queue has to be prepared.
 */
export async function runWorker(
  database: Database,
  { concurrency = 4, ...context }: WorkerOptions = {},
): Promise<RunningWorker> {
  const runner = await run({
    pgPool: database.pool('callboard_service'),
    taskList: await loadTasks(context),
    crontabFile: path.join(import.meta.dirname, 'crontab'),
    concurrency,
    pollInterval: 1_000,
    // Whoever started it stops it, after what else there is to finish.
    noHandleSignals: true,
    // The embedded engine has one session for all, which has no room for named statements.
    noPreparedStatements: database.engine === 'embedded',
    logger,
  });
  return { stop: () => runner.stop(), ended: runner.promise };
}
