import { runProgram } from '../../server/process.ts';
import { readSettings } from '../../server/settings.ts';
import { openDatabase } from '../connect.ts';
import { migrate } from '../migrate.ts';

/** Brings the database to this code. */
await runProgram(async () => {
  const database = await openDatabase(readSettings());
  try {
    const { ran, dropped } = await migrate(database, { log: (line) => console.log(line) });
    for (const name of dropped) console.log(`dropped ${name}`);
    console.log(ran.length === 0 ? 'The database is current.' : `${ran.length} files ran.`);
  } finally {
    await database.close();
  }
});
