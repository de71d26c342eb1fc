import type { JobHelpers, Task, TaskList } from 'graphile-worker';
import type { Pool } from 'pg';
import { Interrupted, PermanentFailure } from './failures.ts';
import type { Heartbeat } from './heartbeat.ts';
import { storable } from './storable.ts';

function messageOf(error: unknown): string {
  const message =
    typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
  return storable(String(message));
}

/** An error that the queue can write down. With one that it cannot, it ends the worker, and each that has the job next. */
function recordable(error: unknown): Error {
  const message = messageOf(error);
  return error instanceof Error && error.message === message
    ? error
    : new Error(message, { cause: error });
}

/**
 * What the queue does not do by itself when a task ends:
 *
 * - A failure that is the same each time makes a dead letter at once.
 * - A task that breaks off because the worker is about to stop is given back, and the attempt does not count.
 * - An error may quote what the database does not take, and is still written down.
 * - A worker that was paused may have lost the job to another. The queue would strike it off by its id, which by then may
 *   stand for a newer payload under the same key; so it is only struck off by whoever holds it.
 */
export function guarded(tasks: TaskList, pool: Pool, heartbeat: () => Heartbeat): TaskList {
  const guard =
    (task: Task): Task =>
    async (payload, helpers: JobHelpers) => {
      const { job, abortSignal } = helpers;
      const { workerId } = heartbeat();
      let result: Awaited<ReturnType<Task>>;
      try {
        result = await task(payload, helpers);
      } catch (error) {
        if (error instanceof PermanentFailure) {
          await pool.query('select ops.give_up_job($1, $2, $3)', [
            job.id,
            workerId,
            messageOf(error),
          ]);
        } else if (abortSignal.aborted) {
          await pool.query('select ops.give_back_jobs($1, $2)', [workerId, job.id]);
          throw new Interrupted('The worker stops: the job was given back.', { cause: error });
        }
        throw recordable(error);
      }
      if (await heartbeat().holds(job)) return result;
      throw new Interrupted('Another worker has this job by now.');
    };
  return Object.fromEntries(
    Object.entries(tasks).map(([name, task]) => [name, task && guard(task as Task)]),
  );
}
