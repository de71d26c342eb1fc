import type { Task } from 'graphile-worker';
import { nothing } from '../payload.ts';

export const payload = nothing;

/** Deletes what is kept of accounts, and of reports of payment providers, for a while only. Doing it twice changes nothing. */
const purgeAccounts: Task = async (_payload, helpers) => {
  const { rows } = await helpers.query<{ what: string; rows: string }>(
    'select what, rows from identity.purge_expired()',
  );
  for (const { what, rows: count } of rows) helpers.logger.info(`${what}: ${count} deleted`);
  let forgotten: number;
  do {
    helpers.abortSignal.throwIfAborted();
    const { rows: events } = await helpers.query<{ forgotten: number }>(
      'select billing.forget_provider_events() as forgotten',
    );
    forgotten = events[0]?.forgotten ?? 0;
  } while (forgotten > 0);
};

export default purgeAccounts;
