import type { Task } from 'graphile-worker';
import { forEachOrganization } from '../each-organization.ts';
import { nothing } from '../payload.ts';

export const payload = nothing;

/**
 * Brings the snapshots of today and yesterday up to date, and makes up for days that were missed, one organization after the
 * other. Doing it twice changes nothing. One organization's trouble does not keep others waiting.
 */
const takePmfSnapshots: Task = async (_payload, helpers) => {
  const { rows: organizations } = await helpers.query<{ id: string }>(
    'select id from analytics.lively_organizations() as o (id)',
  );
  let taken = 0;
  await forEachOrganization(helpers, organizations, async ({ id }) => {
    const { rows } = await helpers.query<{ taken: number }>(
      'select analytics.take_pmf_snapshots($1) as taken',
      [id],
    );
    taken += rows[0]?.taken ?? 0;
  });
  helpers.logger.info(`${taken} snapshots taken`);
};

export default takePmfSnapshots;
