import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { openDatabase } from '../../db/connect.ts';
import { migrate } from '../../db/migrate.ts';
import { prepareDumps } from './dumps.ts';
import { HANDED, serverAddress, testServer } from './environment.ts';

/** Makes the migrated database that every test file gets a copy of: a dump, or a template on the test server. */
export default async function globalSetup(): Promise<void> {
  const server = testServer();
  if (!server) {
    const { empty, migrated } = await prepareDumps();
    process.env[HANDED.emptyDump] = empty;
    process.env[HANDED.migratedDump] = migrated;
    return;
  }
  const prefix = `callboard_test_${randomBytes(4).toString('hex')}`;
  process.env[HANDED.prefix] = prefix;
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(`create database ${prefix}_template`);
  await client.end();
  const database = await openDatabase({
    databaseUrl: serverAddress(server, `${prefix}_template`),
    dataDir: '',
  });
  try {
    await migrate(database);
  } finally {
    await database.close();
  }
}
