import type { Task } from 'graphile-worker';
import { nothing } from '../payload.ts';

export const payload = nothing;

/** Deletes what is kept of accounts for a while only. Doing it twice changes nothing. */
const purgeAccounts: Task = async (_payload, helpers) => {
  const { rows } = await helpers.query<{ what: string; rows: string }>(
    'select what, rows from identity.purge_expired()',
  );
  for (const { what, rows: count } of rows) helpers.logger.info(`${what}: ${count} deleted`);
};

export default purgeAccounts;
