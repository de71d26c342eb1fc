import { randomBytes } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { afterAll, beforeAll, describe } from '@jest/globals';
import pg from 'pg';
import { openDatabase, type Database } from '../../db/connect.ts';
import { EmbeddedDatabase } from '../../db/embedded.ts';
import { handed, serverAddress, testServer } from '../setup/environment.ts';

type Options = {
  /** False for a database without Callboard's schema. */
  migrated?: boolean;
};

async function openEmbedded(migrated: boolean): Promise<Database> {
  const dump = await openAsBlob(handed(migrated ? 'migratedDump' : 'emptyDump'));
  const embedded = await EmbeddedDatabase.open({ loadDataDir: dump });
  return {
    engine: 'embedded',
    pool: (role) => embedded.pool(role),
    describe: () => 'embedded Postgres in memory',
    close: () => embedded.close(),
  };
}

async function onAdministration(server: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function openOnServer(server: string, migrated: boolean): Promise<Database> {
  const prefix = handed('prefix');
  const name = `${prefix}_${randomBytes(4).toString('hex')}`;
  const template = migrated ? ` template ${prefix}_template` : '';
  await onAdministration(server, `create database ${name}${template}`);
  // Rights on a database are not part of its template.
  await onAdministration(
    server,
    `grant create, connect, temporary on database ${name} to callboard_owner`,
  );
  const database = await openDatabase({ databaseUrl: serverAddress(server, name), dataDir: '' });
  return {
    engine: 'server',
    pool: (role) => database.pool(role),
    describe: () => database.describe(),
    close: async () => {
      await database.close();
      await onAdministration(server, `drop database ${name} with (force)`);
    },
  };
}

/**
 * A database for one test file: migrated, without demo data, on the engine under test. Call it at the top of the file or
 * of a `describe`; it is there from `beforeAll` on and gone after the last test.
 */
export function testDatabase({ migrated = true }: Options = {}): Database {
  let opened: Database | undefined;
  beforeAll(async () => {
    const server = testServer();
    opened = server ? await openOnServer(server, migrated) : await openEmbedded(migrated);
  });
  afterAll(() => opened?.close());
  const current = () => {
    if (!opened) throw new Error('The test database is there from beforeAll on.');
    return opened;
  };
  return {
    engine: testServer() ? 'server' : 'embedded',
    pool: (role) => current().pool(role),
    describe: () => current().describe(),
    close: () => current().close(),
  };
}

/** A `describe` that says so where what its tests need is not there. */
export function describeIf(condition: boolean, reason: string) {
  return (name: string, tests: () => void): void => {
    if (condition) {
      describe(name, tests);
      return;
    }
    process.stderr.write(`Skipped: "${name}" ${reason}.\n`);
    // eslint-disable-next-line jest/no-disabled-tests -- said out loud above
    describe.skip(`${name} (${reason})`, tests);
  };
}

/** `describe` for what needs two connections that work at the same time, or anything else of a real server. */
export const onServer = describeIf(
  testServer() !== undefined,
  'needs a real server: set TEST_DATABASE_URL',
);

/** `describe` for what only the embedded engine does. */
export const onEmbedded = describeIf(
  testServer() === undefined,
  'is about the embedded engine: unset TEST_DATABASE_URL',
);
