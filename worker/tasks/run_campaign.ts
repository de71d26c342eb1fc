import type { Task } from 'graphile-worker';
import { object, uuid, type PayloadOf } from '../payload.ts';

export const payload = object({ organization_id: uuid, campaign_id: uuid });

/** Queues the mails of a campaign, some at a time; who gets it is written down with the first. Twice is the same as once. */
const runCampaign: Task = async (given, helpers) => {
  const { organization_id: organization, campaign_id: campaign } = given as PayloadOf<
    typeof payload
  >;
  for (let queued = 1; queued > 0 && !helpers.abortSignal.aborted;) {
    const { rows } = await helpers.query<{ queued: number }>(
      'select marketing.run_campaign($1, $2) as queued',
      [organization, campaign],
    );
    queued = rows[0]?.queued ?? 0;
  }
  // The rest after the worker's next start.
  if (helpers.abortSignal.aborted) throw new Error('The worker stops.');
};

export default runCampaign;
