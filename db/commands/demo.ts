import { runProgram } from '../../server/process.ts';
import { readSettings } from '../../server/settings.ts';
import { openDatabase } from '../connect.ts';
import { loadDemo } from '../demo/load.ts';
import { migrate } from '../migrate.ts';

/** Loads the demo data. What is there already stays. */
await runProgram(async () => {
  const database = await openDatabase(readSettings());
  try {
    await migrate(database);
    await loadDemo(database);
    console.log('The demo data is loaded.');
  } finally {
    await database.close();
  }
});
