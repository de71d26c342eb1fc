import type { Task } from 'graphile-worker';
import { forEachOrganization } from '../each-organization.ts';
import { day, object, optional, uuid, type PayloadOf } from '../payload.ts';

/** A month, by its first day, of an organization; without them the last three months of all. */
export const payload = object({ organization_id: optional(uuid), month: optional(day) });

type Span = { id: string; from_month: string; to_month: string };

const LATEST = `
  select o.id,
         (date_trunc('month', platform.today(o.id)::timestamp) - interval '2 months')::date::text as from_month,
         date_trunc('month', platform.today(o.id)::timestamp)::date::text as to_month
    from tenancy.organizations o
   where o.status = 'active'
   order by o.id`;

/**
 * Computes what marketing cost and brought, one organization after the other. Doing it twice changes nothing. One
 * organization's trouble does not keep others waiting.
 */
const trackRoi: Task = async (given, helpers) => {
  const { organization_id: organizationId, month } = given as PayloadOf<typeof payload>;
  const spans =
    organizationId && month
      ? [{ id: organizationId, from_month: month, to_month: month }]
      : (await helpers.query<Span>(LATEST)).rows;
  await forEachOrganization(helpers, spans, async (span) => {
    await helpers.query('select marketing.track_roi($1, $2, $3)', [
      span.id,
      span.from_month,
      span.to_month,
    ]);
  });
};

export default trackRoi;
