import type { Task } from 'graphile-worker';
import { object, optional, text, uuid, type PayloadOf } from '../payload.ts';

/** Without a namespace all tables; without an organization those of everybody. */
export const payload = object({
  namespace: optional(text),
  organization_id: optional(uuid),
  after_organization: optional(uuid),
  after_id: optional(uuid),
});

/** Brings what can be found to what the rows are, some at a time. Doing it twice changes nothing. */
const reindexSearch: Task = async (given, helpers) => {
  const { namespace, organization_id, after_organization, after_id } = given as PayloadOf<
    typeof payload
  >;
  if (namespace !== undefined) {
    // So few that nobody who writes one of the rows has to wait for long.
    await helpers.query('select ai.reindex($1, $2, $3, $4, at_most => 500)', [
      namespace,
      organization_id ?? null,
      after_organization ?? null,
      after_id ?? null,
    ]);
    return;
  }
  await helpers.query('select ai.reindex_own_documents($1)', [organization_id ?? null]);
  const { rows } = await helpers.query<{ namespace: string }>(
    'select namespace from ai.searchable_tables order by namespace',
  );
  for (const table of rows) {
    await helpers.addJob('reindex_search', {
      namespace: table.namespace,
      ...(organization_id === undefined ? {} : { organization_id }),
    });
  }
};

export default reindexSearch;
