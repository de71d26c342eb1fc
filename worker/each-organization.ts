import type { JobHelpers } from 'graphile-worker';

/** What is done for one organization; `id` is the organization's. */
type Turn = { readonly id: string };

/**
 * Does the same for one organization after the other. The trouble of one does not keep the others waiting: the job fails once
 * all have had their turn, with an AggregateError of what went wrong. It ends between two of them when the worker is told to
 * stop.
 */
export async function forEachOrganization<T extends Turn>(
  helpers: JobHelpers,
  turns: readonly T[],
  work: (turn: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  for (const turn of turns) {
    helpers.abortSignal.throwIfAborted();
    try {
      await work(turn);
    } catch (error) {
      helpers.abortSignal.throwIfAborted();
      failures.push(error);
      helpers.logger.error(`${turn.id}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (failures.length > 0) {
    throw new AggregateError(
      failures,
      `${helpers.job.task_identifier} failed for ${failures.length} of ${turns.length} organizations.`,
    );
  }
}
