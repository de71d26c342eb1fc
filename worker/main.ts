import { openDatabase } from '../db/connect.ts';
import { runService, stopRequested } from '../server/process.ts';
import { requireMigrated } from '../server/readiness.ts';
import { taskContextOf } from './context.ts';
import { runWorker } from './run.ts';

/** The worker alone, for production: as many of them as there is work for. */
await runService('worker', async (settings, log) => {
  const database = await openDatabase(settings);
  try {
    const stop = stopRequested();
    await requireMigrated(database);
    const serverUrl = settings.publicUrl ?? `http://localhost:${settings.port}`;
    const context = taskContextOf(settings, database, serverUrl, log);
    const worker = await runWorker(database, { ...context, log });
    log.info({ database: database.describe() }, 'The worker is ready.');
    await Promise.race([stop, worker.ended]);
    log.info('Stopping.');
    await worker.stop();
  } finally {
    await database.close();
  }
});
