import type { Task } from 'graphile-worker';
import { object, uuid, type PayloadOf } from '../payload.ts';

export const payload = object({ organization_id: uuid });

/** Judges all members of an organization by its activation rules, which have changed. Doing it twice changes nothing. */
const recomputeActivations: Task = async (given, helpers) => {
  const { organization_id: organizationId } = given as PayloadOf<typeof payload>;
  const { rows } = await helpers.query<{ changed: number }>(
    'select analytics.note_activations($1) as changed',
    [organizationId],
  );
  helpers.logger.info(`${organizationId}: ${rows[0]?.changed} activations changed`);
};

export default recomputeActivations;
