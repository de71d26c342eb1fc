import type { Task } from 'graphile-worker';
import { nothing } from '../payload.ts';

export const payload = nothing;

/** Moves what was counted in months that are over into the history. Doing it twice changes nothing. */
const closeUsageMonths: Task = async (_payload, helpers) => {
  const { rows } = await helpers.query<{ closed: number }>(
    'select billing.close_usage_months() as closed',
  );
  const closed = rows[0]?.closed ?? 0;
  if (closed > 0) helpers.logger.info(`usage of months that are over: ${closed} rows`);
};

export default closeUsageMonths;
