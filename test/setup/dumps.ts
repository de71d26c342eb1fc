import { createHash } from 'node:crypto';
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Database } from '../../db/connect.ts';
import { EmbeddedDatabase } from '../../db/embedded.ts';
import { migrate } from '../../db/migrate.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const CACHE = path.join(tmpdir(), 'callboard-tests');
/** After an hour without use, in milliseconds: longer than any run that still reads a dump. */
const MAXIMUM_AGE = 60 * 60 * 1000;

/** Everything that decides what is in the dumps. */
function sourceFiles(): string[] {
  const sources = readdirSync(path.join(ROOT, 'db'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|sql)$/.test(name) && !name.startsWith('demo'))
    .map((name) => path.join(ROOT, 'db', name));
  const { resolve } = createRequire(import.meta.url);
  return [
    ...sources,
    path.join(ROOT, 'worker/queue.ts'),
    path.join(path.dirname(resolve('graphile-worker')), '../package.json'),
    path.join(path.dirname(resolve('@electric-sql/pglite')), '../package.json'),
  ].sort();
}

function fingerprint(): string {
  const hash = createHash('sha256');
  for (const file of sourceFiles()) hash.update(file).update('\0').update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}

function dropOldDumps(): void {
  for (const name of readdirSync(CACHE)) {
    const file = path.join(CACHE, name);
    const age = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > MAXIMUM_AGE) rmSync(file, { force: true });
  }
}

/** Written aside and then renamed, so that a run that starts at the same time never reads half of it. */
async function save(dump: Blob, file: string): Promise<void> {
  const aside = `${file}.${process.pid}`;
  await writeFile(aside, dump.stream());
  renameSync(aside, file);
}

/** The dumps of an empty and of a migrated database, made anew only when their sources have changed. */
export async function prepareDumps(): Promise<{ empty: string; migrated: string }> {
  await mkdir(CACHE, { recursive: true });
  const name = fingerprint();
  const empty = path.join(CACHE, `${name}-empty.tar`);
  const migrated = path.join(CACHE, `${name}-migrated.tar`);
  const found = existsSync(empty) && existsSync(migrated);
  if (found) for (const file of [empty, migrated]) utimesSync(file, new Date(), new Date());
  dropOldDumps();
  if (found) return { empty, migrated };

  const embedded = await EmbeddedDatabase.open();
  try {
    await save(await embedded.dump(), empty);
    const database: Database = {
      engine: 'embedded',
      pool: (role) => embedded.pool(role),
      describe: () => 'the database that tests start from',
      close: () => embedded.close(),
    };
    await migrate(database);
    await save(await embedded.dump(), migrated);
  } finally {
    await embedded.close();
  }
  return { empty, migrated };
}
