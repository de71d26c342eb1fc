/** What the global set-up hands to the test files, by environment variable. */
export const HANDED = {
  /** Files to load an embedded database from. */
  emptyDump: 'CALLBOARD_TEST_EMPTY_DUMP',
  migratedDump: 'CALLBOARD_TEST_MIGRATED_DUMP',
  /** Prefix of the names of all databases that this run makes on the server. */
  prefix: 'CALLBOARD_TEST_PREFIX',
} as const;

/** The server to test on; undefined when the tests run on the embedded engine. */
export const testServer = (): string | undefined => process.env['TEST_DATABASE_URL'] || undefined;

/** The test server's address with another database. */
export function serverAddress(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

export function handed(name: keyof typeof HANDED): string {
  const value = process.env[HANDED[name]];
  if (!value) throw new Error('The global set-up has not run: start the tests with "npm test".');
  return value;
}
