import type { Task } from 'graphile-worker';
import { forEachOrganization } from '../each-organization.ts';
import { object, optional, uuid, type PayloadOf } from '../payload.ts';

/** Without an organization: all in which the last hour of the day has come. */
export const payload = object({ organization_id: optional(uuid) });

const ENDING_DAYS = `
  select o.id
    from tenancy.organizations o
   where o.status = 'active' and extract(hour from now() at time zone o.time_zone) = 23
   order by o.id`;

/**
 * Writes down the forecasts of a day, and measures pipelines, one organization after the other. Doing it twice on the same day
 * leaves what the second found. One organization's trouble does not keep others waiting.
 */
const snapshotPipelines: Task = async (given, helpers) => {
  const { organization_id: organizationId } = given as PayloadOf<typeof payload>;
  const organizations = organizationId
    ? [{ id: organizationId }]
    : (await helpers.query<{ id: string }>(ENDING_DAYS)).rows;
  await forEachOrganization(helpers, organizations, async ({ id }) => {
    await helpers.query('select crm.snapshot_pipeline($1)', [id]);
  });
};

export default snapshotPipelines;
