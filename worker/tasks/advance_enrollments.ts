import type { Task } from 'graphile-worker';
import { object, uuid, type PayloadOf } from '../payload.ts';

export const payload = object({ organization_id: uuid, sequence_id: uuid });

const AT_A_TIME = 1000;
/** After so many, others have their turn: the job comes again. */
const BATCHES = 50;

/**
 * Takes the steps of a nurturing sequence that are due, and sleeps until the next one. Each batch is a transaction of its own;
 * two workers share what is due, and one that dies leaves nothing half done.
 */
const advanceEnrollments: Task = async (given, helpers) => {
  const { organization_id: organization, sequence_id: sequence } = given as PayloadOf<
    typeof payload
  >;
  let advanced = 0;
  for (let batch = 0; batch < BATCHES; batch += 1) {
    helpers.abortSignal.throwIfAborted();
    const { rows } = await helpers.query<{ advanced: number }>(
      'select marketing.advance_enrollments($1, $2, now(), $3) as advanced',
      [organization, sequence, AT_A_TIME],
    );
    const count = rows[0]?.advanced ?? 0;
    advanced += count;
    if (count < AT_A_TIME) break;
  }
  await helpers.query('select marketing.sleep_sequence($1, $2)', [organization, sequence]);
  if (advanced > 0) helpers.logger.info(`steps of sequences: ${advanced}`);
};

export default advanceEnrollments;
