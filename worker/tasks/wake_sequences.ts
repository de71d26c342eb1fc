import type { Task } from 'graphile-worker';
import { nothing } from '../payload.ts';

export const payload = nothing;

/** Adds jobs of nurturing sequences again that should have run and have not. Doing it twice changes nothing. */
const wakeSequences: Task = async (_payload, helpers) => {
  const { rows } = await helpers.query<{ woken: number }>(
    'select marketing.wake_sequences() as woken',
  );
  const woken = rows[0]?.woken ?? 0;
  if (woken > 0) helpers.logger.warn(`sequences whose job had not run: ${woken}`);
};

export default wakeSequences;
