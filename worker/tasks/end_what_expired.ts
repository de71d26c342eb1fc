import type { Task } from 'graphile-worker';
import { nothing } from '../payload.ts';

export const payload = nothing;

/** Closes invitations, API keys and grants that have expired. Doing it twice changes nothing. */
const endWhatExpired: Task = async (_payload, helpers) => {
  const { rows } = await helpers.query<{ what: string; rows_changed: string }>(
    'select what, rows_changed from tenancy.end_what_expired()',
  );
  for (const { what, rows_changed: changed } of rows) helpers.logger.info(`${what}: ${changed}`);
};

export default endWhatExpired;
