import type { Database } from '../db/connect.ts';
import { MigrationError, pendingMigrations } from '../db/migrate.ts';

/** Whether a server can do its work, and if not, why. */
export type Readiness =
  | { readonly status: 'ready' }
  | { readonly status: 'unavailable'; readonly reason: 'database' | 'migrations' };

/** Milliseconds within which the database has to answer. */
const PATIENCE = 2_000;

/** No such schema, no such function: SQLSTATEs of a database that no release with them has migrated. */
const NEVER_MIGRATED = new Set(['3F000', '42883']);

/** Asks the database whether it answers, and whether it is what this code expects. */
export async function readinessOf(database: Database): Promise<Readiness> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('The database does not answer.')), PATIENCE);
  try {
    const pending = await Promise.race([pendingMigrations(database), late]);
    return pending.length === 0
      ? { status: 'ready' }
      : { status: 'unavailable', reason: 'migrations' };
  } catch (error) {
    const isBehind = NEVER_MIGRATED.has((error as { code?: string }).code ?? '');
    return { status: 'unavailable', reason: isBehind ? 'migrations' : 'database' };
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Refuses to go on with a database that has never been migrated. One that is older or newer than the code is not refused:
 * while a release is rolled out both are at work, and `/readyz` says which.
 *
 * @throws {MigrationError}
 */
export async function requireMigrated(database: Database): Promise<void> {
  const { rows } = await database
    .pool()
    .query<{ exists: boolean }>("select to_regclass('platform.migrations') is not null as exists");
  if (rows[0]?.exists) return;
  throw new MigrationError('The database is empty: run "npm run migrate" first.');
}
