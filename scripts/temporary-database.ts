import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { openDatabase } from '../db/connect.ts';
import { migrate } from '../db/migrate.ts';

async function run(databaseUrl: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/**
 * Makes a database beside the one of `databaseUrl`, migrates it, hands its address to `use`, and drops it.
 *
 * @throws {MigrationError} when a migration fails
 */
export async function withMigratedDatabase<T>(
  databaseUrl: string,
  use: (temporaryUrl: string) => Promise<T>,
): Promise<T> {
  const name = `callboard_temporary_${randomBytes(4).toString('hex')}`;
  const url = new URL(databaseUrl);
  url.pathname = `/${name}`;
  await run(databaseUrl, `create database ${name} template template0`);
  try {
    const database = await openDatabase({ databaseUrl: url.href, dataDir: '' });
    try {
      await migrate(database);
    } finally {
      await database.close();
    }
    return await use(url.href);
  } finally {
    await run(databaseUrl, `drop database ${name} with (force)`);
  }
}

/** DATABASE_URL; without it the process ends, saying why. */
export function serverFromEnvironment(): string {
  const url = process.env['DATABASE_URL'];
  if (url) return url;
  console.error('Set DATABASE_URL to a Postgres server whose login may create databases.');
  process.exit(2);
}
