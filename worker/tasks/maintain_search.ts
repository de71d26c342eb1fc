import type { Task } from 'graphile-worker';
import { nothing } from '../payload.ts';

export const payload = nothing;

/** Counts embeddings anew, and drops those of models that are not used any more. Doing it twice changes nothing. */
const maintainSearch: Task = async (_payload, helpers) => {
  await helpers.query(
    "select ai.count_embeddings(m.id) from ai.embedding_models m where m.status <> 'retired'",
  );
  const { rows } = await helpers.query<{ dropped: number }>(
    'select ai.drop_retired_embeddings() as dropped',
  );
  const dropped = rows[0]?.dropped ?? 0;
  if (dropped > 0) helpers.logger.info(`embeddings of ${dropped} models dropped`);
};

export default maintainSearch;
