import type { Task } from 'graphile-worker';
import { nothing } from '../payload.ts';

export const payload = nothing;

/** Makes the partitions of the months to come, and drops those whose retention is over. Doing it twice changes nothing. */
const maintainPartitions: Task = async (_payload, helpers) => {
  const { rows } = await helpers.query<{ partition_name: string; action: string }>(
    'select partition_name, action from platform.maintain_partitions()',
  );
  for (const { partition_name: name, action } of rows) helpers.logger.info(`${name}: ${action}`);
};

export default maintainPartitions;
