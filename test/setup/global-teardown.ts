import pg from 'pg';
import { handed, testServer } from './environment.ts';

/** Drops the databases of this run that are still there. */
export default async function globalTeardown(): Promise<void> {
  const server = testServer();
  if (!server) return;
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      'select datname as name from pg_database where starts_with(datname, $1)',
      [`${handed('prefix')}_`],
    );
    for (const { name } of rows) await client.query(`drop database ${name} with (force)`);
  } finally {
    await client.end();
  }
}
