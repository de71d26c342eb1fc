import { createInterface } from 'node:readline/promises';
import { runProgram } from '../../server/process.ts';
import { readSettings } from '../../server/settings.ts';
import { openDatabase, type Database } from '../connect.ts';
import { migrate, readMigrationFiles } from '../migrate.ts';

/** Asks before everything is lost. Without a terminal to ask at, the answer is no. */
async function isMeant(what: string): Promise<boolean> {
  if (process.argv.includes('--yes')) return true;
  if (!process.stdin.isTTY) {
    console.error('Nothing was deleted: say --yes to delete without being asked.');
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question(`Delete everything in ${what}? Type "yes": `);
    return answer.trim() === 'yes';
  } finally {
    terminal.close();
  }
}

async function dropEverything(database: Database): Promise<void> {
  const modules = new Set(readMigrationFiles().map((file) => file.module));
  const client = await database.pool().connect();
  try {
    await client.query('begin');
    // Schemas of modules that this code no longer has are recorded in what has run.
    const { rows } = await client.query<{ name: string }>(
      `select n.nspname as name
         from pg_namespace n
        where n.nspowner = to_regrole('callboard_owner') and n.nspname <> 'extensions'`,
    );
    for (const name of new Set([...modules, 'graphile_worker', ...rows.map((row) => row.name)])) {
      await client.query(`drop schema if exists ${client.escapeIdentifier(name)} cascade`);
    }
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

/** Empties the database and builds it anew. */
await runProgram(async () => {
  const settings = readSettings();
  const database = await openDatabase(settings);
  try {
    if (!(await isMeant(database.describe()))) {
      process.exitCode = 1;
      return;
    }
    await dropEverything(database);
    await migrate(database);
    console.log('The database is empty and current.');
  } finally {
    await database.close();
  }
});
