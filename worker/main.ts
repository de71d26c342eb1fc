import { openDatabase } from '../db/connect.ts';
import { Metrics } from '../server/metrics/metrics.ts';
import { leaveAnyway, runService, stopRequested } from '../server/process.ts';
import { requireMigrated } from '../server/readiness.ts';
import { taskContextOf } from './context.ts';
import { poolSizeOf, runWorker } from './run.ts';
import { watchWorker } from './watch.ts';

/** The worker alone, for production: as many of them as there is work for. */
await runService('worker', async (settings, log) => {
  const { workerConcurrency, workerPollMs, workerStopSeconds } = settings;
  const database = await openDatabase({ ...settings, poolSize: poolSizeOf(settings) });
  try {
    const stop = stopRequested();
    await requireMigrated(database);
    const serverUrl = settings.publicUrl ?? `http://localhost:${settings.port}`;
    const context = taskContextOf(settings, database, serverUrl, log);
    const metrics = new Metrics({ database, roles: ['callboard_service'], ofProcess: true });
    const { workerPort: port } = settings;
    const watched =
      port === undefined ? undefined : await watchWorker({ settings, port, metrics, log });
    const options = { workerConcurrency, workerPollMs, workerStopSeconds, log };
    const onAttempt = metrics.attemptEnded;
    const worker = await runWorker(database, { ...context, ...options, onAttempt });
    const place = watched ? { port: watched.port } : {};
    log.info({ database: database.describe(), ...place }, 'The worker is ready.');
    try {
      await Promise.race([stop, worker.ended]);
    } finally {
      log.info('Stopping.');
      if ((await worker.stop()) > 0) leaveAnyway();
      await watched?.close();
    }
  } finally {
    await database.close();
  }
});
