import type { Task } from 'graphile-worker';
import { nothing } from '../payload.ts';

export const payload = nothing;

const AT_A_TIME = 200;

/** Writes down the reports that are due, with a job for each. Doing it twice, or two at once, changes nothing. */
const queueReports: Task = async (_payload, helpers) => {
  let queued: number;
  do {
    const { rows } = await helpers.query<{ queued: number }>(
      'select analytics.queue_reports(now(), $1) as queued',
      [AT_A_TIME],
    );
    queued = rows[0]?.queued ?? 0;
    if (queued > 0) helpers.logger.info(`reports that are due: ${queued}`);
  } while (queued >= AT_A_TIME);
};

export default queueReports;
