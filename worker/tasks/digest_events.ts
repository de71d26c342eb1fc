import type { Task } from 'graphile-worker';
import { forEachOrganization } from '../each-organization.ts';
import { nothing } from '../payload.ts';

export const payload = nothing;

/** Batches of events in one transaction. */
const BATCHES_AT_A_TIME = 500;
/** Days of figures in one transaction. */
const DAYS_AT_A_TIME = 7;

type Digested = {
  batches: number;
  sessions: number;
  activations: number;
  segment_changes: number;
};

/**
 * What follows from new events, organization by organization: visits, activations, who is in which segment, and the figures of
 * the days that something came for. Doing it twice changes nothing. One organization's trouble does not keep others waiting.
 */
const digestEvents: Task = async (_payload, helpers) => {
  const { rows: organizations } = await helpers.query<{ id: string }>(
    'select id from analytics.undigested_organizations() as o (id)',
  );
  await forEachOrganization(helpers, organizations, async ({ id }) => {
    for (let more = true; more;) {
      helpers.abortSignal.throwIfAborted();
      const { rows } = await helpers.query<Digested>(
        'select batches, sessions, activations, segment_changes from analytics.digest_events($1, $2)',
        [id, BATCHES_AT_A_TIME],
      );
      const [done] = rows;
      more = done?.batches === BATCHES_AT_A_TIME;
      if (done && done.batches + done.segment_changes > 0) {
        helpers.logger.info(
          `${id}: ${done.batches} batches, ${done.sessions} sessions, ${done.activations} activations, ` +
            `${done.segment_changes} in and out of segments`,
        );
      }
    }
    for (let more = true; more;) {
      helpers.abortSignal.throwIfAborted();
      const { rows } = await helpers.query<{ days: number }>(
        'select analytics.recompute_dirty_days($1, $2) as days',
        [id, DAYS_AT_A_TIME],
      );
      more = rows[0]?.days === DAYS_AT_A_TIME;
    }
  });
};

export default digestEvents;
