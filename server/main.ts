import cluster from 'node:cluster';
import { openDatabase } from '../db/connect.ts';
import { Metrics } from './metrics/metrics.ts';
import { runService, stopRequested } from './process.ts';
import { requireMigrated } from './readiness.ts';
import { serve, startsOthers } from './serve.ts';

/**
 * The server alone, for production: the database is migrated by `npm run migrate`, jobs are run by `npm run worker`. Where
 * several processes serve, each of them is this program too.
 */
await runService('server', async (settings, log) => {
  try {
    const stop = stopRequested();
    const database = await openDatabase(settings);
    try {
      await requireMigrated(database);
      const demo = process.argv.includes('--demo');
      const roles = startsOthers(settings) ? [] : (['callboard_authenticator'] as const);
      const metrics = new Metrics({ database, roles, ofProcess: true });
      const server = await serve({ database, settings, log, demo, metrics });
      log.info({ url: server.url, database: database.describe() }, 'Callboard listens.');
      await stop;
      log.info('Stopping.');
      await server.close();
    } finally {
      await database.close();
    }
  } finally {
    // The process that started this one would keep it alive.
    cluster.worker?.disconnect();
  }
});
