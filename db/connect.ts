import type { Pool } from 'pg';
import { EmbeddedDatabase } from './embedded.ts';
import { ServerDatabase } from './server.ts';

export { DatabaseUnavailableError } from './server.ts';

/** The roles that Callboard's processes work as. */
export type DatabaseRole = 'callboard_owner' | 'callboard_authenticator' | 'callboard_service';

/** The database, whichever engine it has. */
export type Database = {
  readonly engine: 'embedded' | 'server';
  /**
   * The pool whose clients work as `role`; without one, as the login that may create roles. The same pool each time.
   *
   * A client of it that is released inside a transaction is rolled back. Only settings made by `set local` are sure to
   * last as long as they are meant to.
   */
  pool(role?: DatabaseRole): Pool;
  /** Which database it is, for people; no secrets. */
  describe(): string;
  /** Waits for the clients in use and ends all pools. */
  close(): Promise<void>;
};

export type DatabaseSettings = {
  /** A server's address, `postgres://login:password@host:port/database`. Absent: the embedded engine. */
  databaseUrl?: string | undefined;
  /** The login that owns the schema and migrates it, when `databaseUrl` is one without such rights. */
  databaseOwnerUrl?: string | undefined;
  /** Folder for the embedded engine's files. */
  dataDir: string;
  /** Clients that each pool gives out at a time. */
  poolSize?: number | undefined;
};

/**
 * Opens the database that the settings name, and makes sure that it answers.
 *
 * @throws {DatabaseUnavailableError} when the server cannot be reached or refuses the login
 * @throws {DataDirectoryError} when the embedded engine's folder is in use, of another version or unreadable
 */
export async function openDatabase(settings: DatabaseSettings): Promise<Database> {
  const { databaseUrl, databaseOwnerUrl, dataDir, poolSize } = settings;
  if (databaseUrl) {
    return ServerDatabase.open({ databaseUrl, databaseOwnerUrl, poolSize });
  }
  const embedded = await EmbeddedDatabase.open({ dataDir, ...(poolSize ? { poolSize } : {}) });
  return {
    engine: 'embedded',
    pool: (role) => embedded.pool(role),
    describe: () => `embedded Postgres in ${dataDir}`,
    close: () => embedded.close(),
  };
}
