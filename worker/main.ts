import { openDatabase } from '../db/connect.ts';
import { runProgram, stopRequested } from '../server/process.ts';
import { requireMigrated } from '../server/readiness.ts';
import { readSettings } from '../server/settings.ts';
import { runWorker } from './run.ts';

/** The worker alone, for production: as many of them as there is work for. */
await runProgram(async () => {
  const database = await openDatabase(readSettings());
  try {
    const stop = stopRequested();
    await requireMigrated(database);
    const worker = await runWorker(database);
    console.log('The worker is ready.');
    await Promise.race([stop, worker.ended]);
    await worker.stop();
  } finally {
    await database.close();
  }
});
