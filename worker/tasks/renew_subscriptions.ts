import type { Task } from 'graphile-worker';
import { nothing } from '../payload.ts';

export const payload = nothing;

const AT_A_TIME = 500;

/** Carries subscriptions over into their next billing period, some at a time. Doing it twice changes nothing. */
const renewSubscriptions: Task = async (_payload, helpers) => {
  const counts = new Map<string, number>();
  for (let more = true; more;) {
    helpers.abortSignal.throwIfAborted();
    const { rows } = await helpers.query<{ outcomes: string[] }>(
      'select outcomes from billing.renew_subscriptions(now(), $1)',
      [AT_A_TIME],
    );
    for (const outcome of rows.flatMap((row) => row.outcomes)) {
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    }
    more = rows.length === AT_A_TIME;
  }
  for (const [outcome, count] of counts) helpers.logger.info(`subscriptions ${outcome}: ${count}`);
};

export default renewSubscriptions;
