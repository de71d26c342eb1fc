import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { PoolClient } from 'pg';
import { prepareQueue } from '../worker/queue.ts';
import type { Database } from './connect.ts';
import {
  madeBefore,
  makes,
  ownerElsewhere,
  withoutFile,
  type Recorded,
  type Standing,
} from './made-functions.ts';

const DATABASE_FOLDER = import.meta.dirname;
const KERNEL_MODULES = new Set(['platform', 'authz']);
const LOCK_KEY = 5_678_001;
/** Newest first: the oldest Postgres that the SQL is written for. */
const OLDEST_SERVER_VERSION = 150_000;

type Stage = 'functions' | 'tables' | 'access';

/** One SQL file of `db/modules`, with what decides whether it has to run. */
export type MigrationFile = {
  /** `06_projects/tables/001_projects.sql` */
  readonly path: string;
  /** The schema that the file fills. */
  readonly module: string;
  readonly stage: Stage;
  readonly sql: string;
  /** Of the text, and for access files of all that they depend on. */
  readonly hash: string;
};

/** What a migration did. */
export type MigrationReport = {
  /** Files that ran, in their order. */
  readonly ran: readonly string[];
  /** Functions dropped because no file defines them any more. */
  readonly dropped: readonly string[];
  /** Whole duration in milliseconds. */
  readonly milliseconds: number;
};

/** The database cannot be migrated as it is. The message is one line that says what to do. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

function hashOf(...texts: string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text).update('\0');
  return hash.digest('hex');
}

function sqlFilesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.sql'))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

const DEFINES_A_PROCEDURE = /^create or replace procedure /m;
/** What a file makes itself begins its line; further in, it is text that a function puts together and executes. */
const WRITES_SQL =
  /(?<!^)\bcreate (?:or replace )?(?:constraint trigger|function|index|policy|procedure|trigger|view) /m;

/**
 * Every SQL file of the modules in the order in which it runs: the kernel whole, then the tables of all modules, the
 * functions of all, the access files of all.
 *
 * @param folder the modules' folder; another one only in tests
 */
export function readMigrationFiles(
  folder: string = path.join(DATABASE_FOLDER, 'modules'),
): MigrationFile[] {
  const files: MigrationFile[] = [];
  const textOf = (name: string) => readFileSync(path.join(folder, name), 'utf8');
  for (const entry of readdirSync(folder).sort()) {
    const module = /^\d\d_([a-z_]+)$/.exec(entry)?.[1];
    if (!module) throw new MigrationError(`db/modules/${entry} is not named NN_module.`);
    for (const stage of ['functions', 'tables'] as const) {
      for (const name of sqlFilesIn(path.join(folder, entry, stage))) {
        const file = `${entry}/${stage}/${name}`;
        const sql = textOf(file);
        files.push({ path: file, module, stage, sql, hash: hashOf(sql) });
      }
    }
    for (const name of sqlFilesIn(path.join(folder, entry))) {
      const file = `${entry}/${name}`;
      files.push({ path: file, module, stage: 'access', sql: textOf(file), hash: '' });
    }
  }
  const isKernel = (file: MigrationFile) => KERNEL_MODULES.has(file.module);
  // An access file calls the kernel, procedures of other modules that are made for that, and what these have SQL written by
  // that stays, and grants by column; it runs again when any of these changes.
  const isCalled = (file: MigrationFile) =>
    file.stage === 'functions' && (DEFINES_A_PROCEDURE.test(file.sql) || WRITES_SQL.test(file.sql));
  const kernel = hashOf(
    ...files.filter((file) => isKernel(file) || isCalled(file)).map((file) => file.sql),
  );
  const hashed = files.map((file) =>
    file.stage === 'access'
      ? {
          ...file,
          hash: hashOf(
            file.sql,
            kernel,
            ...files
              .filter((other) => other.module === file.module && other.stage === 'tables')
              .map((other) => other.hash),
          ),
        }
      : file,
  );
  const order: [boolean, Stage][] = [
    [true, 'functions'],
    [true, 'tables'],
    [false, 'tables'],
    [false, 'functions'],
    [true, 'access'],
    [false, 'access'],
  ];
  return order.flatMap(([kernelFirst, stage]) =>
    hashed.filter((file) => isKernel(file) === kernelFirst && file.stage === stage),
  );
}

const isVersioned = (name: string) => name.includes('/tables/');

function refuseWhatCannotBe({ files, recorded }: Standing) {
  const byPath = new Map(files.map((file) => [file.path, file]));
  for (const known of recorded.values()) {
    if (!isVersioned(known.path)) continue;
    const file = byPath.get(known.path);
    if (!file) {
      throw new MigrationError(
        `The database is newer than this code: it has run ${known.path}, which is not here. Start a newer release.`,
      );
    }
    if (file.hash !== known.hash) {
      throw new MigrationError(
        `${known.path} has been edited after it ran. Put it back and add a new file instead, or start over with "npm run reset".`,
      );
    }
  }
}

async function recordedFiles(client: PoolClient): Promise<Map<string, Recorded>> {
  const { rows } = await client.query<Recorded>(
    'select path, hash, objects from platform.migrations',
  );
  return new Map(rows.map((row) => [row.path, row]));
}

async function bootstrap(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ version: number; name: string }>(
    "select current_setting('server_version_num')::int as version, current_setting('server_version') as name",
  );
  const server = rows[0];
  if (server && server.version < OLDEST_SERVER_VERSION) {
    throw new MigrationError(`Postgres ${server.name} is too old: Callboard needs 15 or newer.`);
  }
  const available = await client.query(
    "select from pg_catalog.pg_available_extensions where name = 'vector'",
  );
  if (available.rowCount === 0) {
    throw new MigrationError(
      'The database server has no pgvector. Install it there (package postgresql-NN-pgvector, or the pgvector/pgvector image).',
    );
  }
  await client.query('begin');
  try {
    await client.query(readFileSync(path.join(DATABASE_FOLDER, 'bootstrap.sql'), 'utf8'));
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw new MigrationError(
      `The database login cannot prepare the database: ${(error as Error).message}.`,
      { cause: error },
    );
  }
}

/** Another return type, other names of arguments or fewer defaults: what `create or replace` cannot do. */
const CANNOT_REPLACE = '42P13';
/** A policy, a trigger or another function goes by it. */
const STILL_NEEDED = '2BP01';
/** Roles and what they may do are written down once for all databases of a server, which may be migrating at the same time. */
const DEADLOCK = '40P01';
const ATTEMPTS = 5;

const codeOf = (error: unknown) => (error as { code?: string }).code;

/** Does what is to be done whole, as the owner of everything, or not at all. */
async function inTransaction<T>(
  client: PoolClient,
  work: () => Promise<T>,
  attempt = 1,
): Promise<T> {
  await client.query('begin');
  try {
    await client.query('set local role callboard_owner');
    await client.query(`set local search_path = pg_catalog, pg_temp`);
    const result = await work();
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    if (codeOf(error) !== DEADLOCK || attempt >= ATTEMPTS) throw error;
    return inTransaction(client, work, attempt + 1);
  }
}

/** In one statement, since one may go by another. */
async function drop(client: PoolClient, functions: readonly string[]): Promise<void> {
  if (functions.length > 0) await client.query(`drop routine if exists ${functions.join(', ')}`);
}

/** Drops a function unless something goes by it; says whether it is gone. */
async function dropUnlessNeeded(client: PoolClient, name: string): Promise<boolean> {
  await client.query('savepoint dropping');
  try {
    await drop(client, [name]);
    await client.query('release savepoint dropping');
    return true;
  } catch (error) {
    if (codeOf(error) !== STILL_NEEDED) throw error;
    await client.query('rollback to savepoint dropping');
    return false;
  }
}

async function record(client: PoolClient, ran: Recorded, milliseconds: number): Promise<void> {
  await client.query(
    `insert into platform.migrations (path, hash, objects, milliseconds) values ($1, $2, $3, $4)
     on conflict (path) do update
       set (hash, objects, milliseconds, ran_at) = (excluded.hash, excluded.objects, excluded.milliseconds, now())`,
    [ran.path, ran.hash, ran.objects, milliseconds],
  );
}

/**
 * Where the functions are written down that a file no longer makes and that wait for the end: as those of a file that is gone,
 * so that a migration that fails before leaves them to the next one.
 */
const waitingPath = (file: MigrationFile) => `${file.path}, before`;

type FileRun = { readonly records: readonly Recorded[]; readonly dropped: readonly string[] };

/**
 * What `runFile` does in its transaction.
 *
 * A function that the file no longer makes goes at once, so that two signatures of one function do not stand side by side
 * while later files call it. It stays where it has moved to another file, which may run later, and where something goes by it
 * that later files may change: what belongs to nobody then goes at the end.
 *
 * @param afresh whether functions that were there go before the file makes them
 */
async function runText(
  client: PoolClient,
  file: MigrationFile,
  standing: Standing,
  afresh: boolean,
): Promise<FileRun> {
  const started = performance.now();
  const before = madeBefore(file, standing);
  await client.query('set local check_function_bodies = off');
  await client.query(`create schema if not exists ${client.escapeIdentifier(file.module)}`);
  if (afresh) {
    const replaced = before.filter(
      (name) => makes(file, name) && ownerElsewhere(name, file, standing) !== 'made',
    );
    await drop(client, replaced);
  }
  await client.query(file.sql);
  // A function file owns what it made.
  const made = await client.query<{ name: string }>(
    `select p.oid::regprocedure::text as name
       from pg_catalog.pg_proc p
      where p.xmin = pg_catalog.pg_current_xact_id()::xid and $1`,
    [file.stage === 'functions'],
  );
  const objects = made.rows.map((row) => row.name);
  const dropped: string[] = [];
  const waiting: string[] = [];
  for (const name of before.filter((each) => !objects.includes(each))) {
    const owner = ownerElsewhere(name, file, standing);
    if (owner === 'made') continue;
    if (owner === 'nobody' && (await dropUnlessNeeded(client, name))) dropped.push(name);
    else waiting.push(name);
  }
  const milliseconds = Math.round(performance.now() - started);
  const records: Recorded[] = [{ path: file.path, hash: file.hash, objects }];
  const own = standing.recorded.get(file.path)?.objects ?? [];
  const left = waiting.filter((name) => own.includes(name));
  if (left.length > 0) {
    const path = waitingPath(file);
    const waitedFor = standing.recorded.get(path)?.objects ?? [];
    records.push({ path, hash: '', objects: [...new Set([...waitedFor, ...left])] });
  }
  for (const each of records) await record(client, each, milliseconds);
  return { records, dropped };
}

/** Runs a file in a transaction of its own. */
async function runFile(
  client: PoolClient,
  file: MigrationFile,
  standing: Standing,
): Promise<FileRun> {
  const run = (afresh: boolean) =>
    inTransaction(client, () => runText(client, file, standing, afresh));
  try {
    return await run(false).catch((error: unknown) => {
      if (codeOf(error) !== CANNOT_REPLACE) throw error;
      return run(true);
    });
  } catch (error) {
    throw new MigrationError(`${file.path}: ${(error as Error).message}`, { cause: error });
  }
}

/** Drops what is left of files that are gone, once all others have run: what only moved to another file is that file's. */
async function dropWithoutFile(client: PoolClient, standing: Standing): Promise<string[]> {
  const { paths, objects } = withoutFile(standing);
  if (paths.length === 0) return [];
  try {
    await inTransaction(client, async () => {
      await drop(client, objects);
      await client.query('delete from platform.migrations where path = any ($1)', [paths]);
    });
  } catch (error) {
    throw new MigrationError(
      `What ${paths.join(' and ')} made cannot be dropped: ${(error as Error).message}`,
      { cause: error },
    );
  }
  return objects;
}

/**
 * Brings the database to this code: prepares the job queue, runs each new table file once, and each function and access file
 * whose text has changed, one transaction a file, under a lock that lets one migration at a time work on a database.
 *
 * @throws {MigrationError} when a released table file was edited, the database is newer than the code, pgvector is
 *   missing, or a file fails; what ran before that file stays.
 */
export async function migrate(
  database: Database,
  options: { log?: (line: string) => void; files?: readonly MigrationFile[] } = {},
): Promise<MigrationReport> {
  const started = performance.now();
  const files = options.files ?? readMigrationFiles();
  const client = await database.pool().connect();
  const ran: string[] = [];
  const dropped: string[] = [];
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK_KEY]);
    try {
      const exists = await client.query<{ exists: boolean }>(
        "select to_regclass('platform.migrations') is not null as exists",
      );
      const current = exists.rows[0]?.exists
        ? await recordedFiles(client)
        : new Map<string, Recorded>();
      const standing: Standing = { files, recorded: current };
      refuseWhatCannotBe(standing);
      if (files.some((file) => current.get(file.path)?.hash !== file.hash) || current.size === 0) {
        await bootstrap(client);
      }
      // Functions add jobs, so the queue is there before them.
      await prepareQueue(database);
      for (const file of files) {
        if (current.get(file.path)?.hash === file.hash) continue;
        const result = await runFile(client, file, standing);
        for (const each of result.records) current.set(each.path, each);
        dropped.push(...result.dropped);
        ran.push(file.path);
        options.log?.(file.path);
      }
      dropped.push(...(await dropWithoutFile(client, standing)));
    } finally {
      await client.query('select pg_advisory_unlock($1)', [LOCK_KEY]);
    }
  } finally {
    client.release();
  }
  return { ran, dropped: [...new Set(dropped)], milliseconds: performance.now() - started };
}

/** Paths of the files that `migrate` would run now; empty when the database is current. */
export async function pendingMigrations(
  database: Database,
  files: readonly MigrationFile[] = readMigrationFiles(),
): Promise<string[]> {
  const { rows } = await database
    .pool('callboard_authenticator')
    .query<Pick<Recorded, 'path' | 'hash'>>('select path, hash from platform.ran_files()');
  const recorded = new Map(rows.map((row) => [row.path, row.hash]));
  return files.filter((file) => recorded.get(file.path) !== file.hash).map((file) => file.path);
}
