import type { Task } from 'graphile-worker';
import { forEachOrganization } from '../each-organization.ts';
import { nothing } from '../payload.ts';

export const payload = nothing;

/** Mails that one transaction looks at. */
const AT_A_TIME = 1_000;

/**
 * Deletes mails to leads that are over and older than their organization keeps them, with what became of them, some at a
 * time. Doing it twice changes nothing: what is deleted is tallied in the same transaction.
 */
const trimEmails: Task = async (_payload, helpers) => {
  const { rows: organizations } = await helpers.query<{ id: string }>(
    'select id from marketing.untrimmed_mailers() as o (id)',
  );
  await forEachOrganization(helpers, organizations, async ({ id }) => {
    let after: string | null = null;
    do {
      helpers.abortSignal.throwIfAborted();
      const { rows }: { rows: { last_id: string | null }[] } = await helpers.query(
        'select marketing.trim_emails($1, $2, $3) as last_id',
        [id, after, AT_A_TIME],
      );
      after = rows[0]?.last_id ?? null;
    } while (after !== null);
  });
};

export default trimEmails;
