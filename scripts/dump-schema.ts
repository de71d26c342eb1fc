import { execFileSync } from 'node:child_process';
import path from 'node:path';
import pg from 'pg';
import { writeOrCheck } from './drift.ts';
import { serverFromEnvironment, withMigratedDatabase } from './temporary-database.ts';

// Writes db/schema.sql: what the migrations make, as a Postgres server tells it. Makes a database of its own on the
// server of DATABASE_URL. With --check it compares instead.

/** Later versions word the same schema differently. */
const MAJOR = 15;

const FILE = path.join(import.meta.dirname, '../db/schema.sql');

type Facts = {
  version: number;
  /** Month partitions, which come and go with the calendar. */
  partitions: string[];
};

async function factsOf(databaseUrl: string): Promise<Facts> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<Facts>(
      `select current_setting('server_version_num')::int / 10000 as version,
              array(select format('%I.%I', n.nspname, c.relname)
                      from pg_class c
                      join pg_namespace n on n.oid = c.relnamespace
                     where c.relispartition and c.relkind = 'r' and c.relname ~ '_\\d{4}_\\d{2}$') as partitions`,
    );
    if (!rows[0]) throw new Error('The server does not say what it has.');
    return rows[0];
  } finally {
    await client.end();
  }
}

/** Leaves out what differs between minor versions of pg_dump, or from one run to the next. */
function normalized(dump: string): string {
  return dump
    .replace(/^(-- Dumped (from|by) .*|\\(un)?restrict .*|SET transaction_timeout .*)\n/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
    .concat('\n');
}

async function dump(databaseUrl: string): Promise<string> {
  const { version, partitions } = await factsOf(databaseUrl);
  if (version !== MAJOR) {
    console.error(`db/schema.sql is the dump of Postgres ${MAJOR}, but this server is ${version}.`);
    process.exit(2);
  }
  const without = partitions.map((name) => `--exclude-table=${name}`);
  // The queue is graphile-worker's own.
  without.push('--exclude-schema=graphile_worker');
  const args = ['--schema-only', '--no-owner', '--no-password', ...without, databaseUrl];
  return normalized(
    execFileSync('pg_dump', args, { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 }),
  );
}

writeOrCheck(
  FILE,
  await withMigratedDatabase(serverFromEnvironment(), dump),
  'npm run schema:dump',
);
