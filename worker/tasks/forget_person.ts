import type { Task } from 'graphile-worker';
import { object, uuid, type PayloadOf } from '../payload.ts';

export const payload = object({ user_id: uuid });

/** Events, and visits, in one transaction. */
const AT_A_TIME = 10_000;

/**
 * Takes from what events, visits and answers say of an account that has ended whose they were, some at a time. Doing it twice
 * changes nothing.
 */
const forgetPerson: Task = async (given, helpers) => {
  const { user_id: userId } = given as PayloadOf<typeof payload>;
  for (let more = true; more;) {
    helpers.abortSignal.throwIfAborted();
    const { rows } = await helpers.query<{ forgotten: number }>(
      'select analytics.forget_person($1, $2) as forgotten',
      [userId, AT_A_TIME],
    );
    more = rows[0]?.forgotten === AT_A_TIME;
  }
};

export default forgetPerson;
