import type { Task } from 'graphile-worker';
import { nothing } from '../payload.ts';

export const payload = nothing;

/** Deletes counts of requests that are too old to count. Doing it twice changes nothing. */
const forgetRateLimits: Task = async (_payload, helpers) => {
  let forgotten: number;
  do {
    const { rows } = await helpers.query<{ forgotten: number }>(
      'select security.forget_rate_limits() as forgotten',
    );
    forgotten = rows[0]?.forgotten ?? 0;
  } while (forgotten > 0);
};

export default forgetRateLimits;
