import { openDatabase } from '../db/connect.ts';
import { runProgram, stopRequested } from '../server/process.ts';
import { requireMigrated } from '../server/readiness.ts';
import { readSettings } from '../server/settings.ts';
import { mailOf, NO_MAIL } from './mail/mail.ts';
import { runWorker } from './run.ts';

/** The worker alone, for production: as many of them as there is work for. */
await runProgram(async () => {
  const settings = readSettings();
  const database = await openDatabase(settings);
  try {
    const stop = stopRequested();
    await requireMigrated(database);
    const serverUrl = settings.publicUrl ?? `http://localhost:${settings.port}`;
    const mail = mailOf(settings, database, serverUrl);
    if (!mail) console.log(NO_MAIL);
    const worker = await runWorker(database, { mail });
    console.log('The worker is ready.');
    await Promise.race([stop, worker.ended]);
    await worker.stop();
  } finally {
    await database.close();
  }
});
