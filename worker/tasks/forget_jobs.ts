import type { Task } from 'graphile-worker';
import { nothing } from '../payload.ts';

export const payload = nothing;

/** Deletes dead letters that were settled long ago, and old counts of jobs. Doing it twice changes nothing. */
const forgetJobs: Task = async (_payload, helpers) => {
  let forgotten: number;
  do {
    helpers.abortSignal.throwIfAborted();
    const { rows } = await helpers.query<{ forgotten: number }>(
      'select ops.forget_jobs() as forgotten',
    );
    forgotten = rows[0]?.forgotten ?? 0;
  } while (forgotten > 0);
};

export default forgetJobs;
