import type { Task } from 'graphile-worker';
import { forEachOrganization } from '../each-organization.ts';
import { nothing } from '../payload.ts';

export const payload = nothing;

/** Rows in one transaction. */
const AT_A_TIME = 50_000;

/**
 * Deletes events and visits past what their organization keeps, and notes of exports and of reports past what their tables
 * keep, some at a time, and gives months that were imported late partitions of their own. What is past what anybody keeps
 * goes with its partition (`maintain_partitions`). Doing it twice changes nothing.
 */
const trimAnalytics: Task = async (_payload, helpers) => {
  const { rows: settled } = await helpers.query<{ months: number }>(
    'select analytics.settle_partitions() as months',
  );
  if (settled[0]?.months) helpers.logger.info(`${settled[0].months} partitions for late months`);
  const { rows: organizations } = await helpers.query<{ id: string }>(
    'select id from analytics.untrimmed_organizations() as o (id)',
  );
  await forEachOrganization(helpers, organizations, async ({ id }) => {
    for (let more = true; more;) {
      helpers.abortSignal.throwIfAborted();
      const { rows } = await helpers.query<{ deleted: number }>(
        'select analytics.trim_analytics($1, $2) as deleted',
        [id, AT_A_TIME],
      );
      more = rows[0]?.deleted === AT_A_TIME;
    }
  });
};

export default trimAnalytics;
