import type { JobHelpers, Task } from 'graphile-worker';
import { forEachOrganization } from '../each-organization.ts';
import { flag, object, optional, uuid, type PayloadOf } from '../payload.ts';

/**
 * The leads whose changes wait, of an organization or, without one, of all. `all`: every lead of the organization, because its
 * rules are others. `due`: those whose score moves because time goes by.
 */
export const payload = object({
  organization_id: optional(uuid),
  all: optional(flag),
  due: optional(flag),
});

const AT_A_TIME = 500;

async function scoreAll(helpers: JobHelpers, organizationId: string): Promise<void> {
  let after: string | null = null;
  do {
    helpers.abortSignal.throwIfAborted();
    const { rows }: { rows: { last: string | null }[] } = await helpers.query(
      'select crm.score_leads_after($1, $2, $3) as last',
      [organizationId, after, AT_A_TIME],
    );
    after = rows[0]?.last ?? null;
  } while (after !== null);
}

async function drain(helpers: JobHelpers, organizationId: string, due: boolean): Promise<void> {
  const scoring = due ? 'crm.score_due_leads' : 'crm.score_queued_leads';
  let scored: number;
  do {
    helpers.abortSignal.throwIfAborted();
    const { rows } = await helpers.query<{ scored: number }>(
      `select ${scoring}($1, $2) as scored`,
      [organizationId, AT_A_TIME],
    );
    scored = rows[0]?.scored ?? 0;
  } while (scored > 0);
}

async function drainAll(helpers: JobHelpers, due: boolean): Promise<void> {
  const { rows } = await helpers.query<{ id: string }>(
    'select id from crm.organizations_to_score($1) as o (id)',
    [due],
  );
  await forEachOrganization(helpers, rows, ({ id }) => drain(helpers, id, due));
}

/**
 * Computes scores of leads, each batch in a transaction of its own. Doing it twice changes nothing. One organization's trouble
 * does not keep others waiting.
 */
const recomputeLeadScores: Task = async (given, helpers) => {
  const { organization_id: organizationId, all, due } = given as PayloadOf<typeof payload>;
  if (!organizationId) await drainAll(helpers, due ?? false);
  else if (all) await scoreAll(helpers, organizationId);
  else await drain(helpers, organizationId, due ?? false);
};

export default recomputeLeadScores;
