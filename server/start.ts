import { openDatabase } from '../db/connect.ts';
import { loadDemo } from '../db/demo/load.ts';
import { migrate } from '../db/migrate.ts';
import { taskContextOf } from '../worker/context.ts';
import { poolSizeOf, runWorker } from '../worker/run.ts';
import { isExplorable } from './explorer/explorer.ts';
import { Metrics } from './metrics/metrics.ts';
import { leaveAnyway, runService, stopRequested } from './process.ts';
import { serve, startsOthers } from './serve.ts';
import { welcome } from './welcome.ts';

/**
 * `npm start`: everything in one go, on either engine. Opens the database, brings it to this code, loads demo data unless
 * told not to, serves, and runs jobs.
 */
await runService('start', async (settings, log) => {
  const stop = stopRequested();
  const { workerConcurrency, workerPollMs, workerStopSeconds } = settings;
  const isEmbedded = settings.databaseUrl === undefined;
  const poolSize = isEmbedded ? settings.poolSize : poolSizeOf(settings);
  const database = await openDatabase({ ...settings, poolSize });
  try {
    const { ran } = await migrate(database);
    if (ran.length > 0) log.info(`${database.describe()}: ${ran.length} SQL files ran.`);
    if (settings.demo) {
      await loadDemo(database);
    }
    const metrics = new Metrics({
      database,
      roles: startsOthers(settings)
        ? ['callboard_service']
        : ['callboard_authenticator', 'callboard_service'],
      ofProcess: true,
    });
    const server = await serve({ database, settings, log, demo: settings.demo, metrics });
    try {
      const context = taskContextOf(settings, database, server.url, log);
      const options = { workerConcurrency, workerPollMs, workerStopSeconds, log };
      const onAttempt = metrics.attemptEnded;
      const worker = await runWorker(database, { ...context, ...options, onAttempt });
      const place = {
        url: server.url,
        database: database.describe(),
        demo: settings.demo,
        hasPages: isExplorable(settings),
        takesQueries: settings.trustedDocuments !== 'only',
      };
      // For the person at the terminal; a machine gets a line of the log.
      if (settings.logFormat === 'plain') process.stdout.write(`${welcome(place)}\n`);
      else log.info(place, 'Callboard listens.');
      await stop;
      if ((await worker.stop()) > 0) leaveAnyway();
    } finally {
      await server.close();
    }
  } finally {
    await database.close();
  }
});
