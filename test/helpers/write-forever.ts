import { EmbeddedDatabase } from '../../db/embedded.ts';

/** Inserts 1, 2, 3 … into the database in the folder given, and prints each number once it is acknowledged. */
const dataDir = process.argv[2];
if (!dataDir) throw new Error('which folder?');
const database = await EmbeddedDatabase.open({ dataDir });
const pool = database.pool();
await pool.query('create table written (n int primary key)');
for (let n = 1; ; n += 1) {
  try {
    await pool.query('insert into written values ($1)', [n]);
  } catch {
    break;
  }
  process.stdout.write(`${n}\n`);
}
