import type { Task } from 'graphile-worker';
import { nothing } from '../payload.ts';

export const payload = nothing;

/** Brings today's snapshot of every organization up to date. Doing it twice changes nothing. */
const takePmfSnapshots: Task = async (_payload, helpers) => {
  const { rows } = await helpers.query<{ taken: number }>(
    'select analytics.take_pmf_snapshots() as taken',
  );
  helpers.logger.info(`${rows[0]?.taken} snapshots taken`);
};

export default takePmfSnapshots;
