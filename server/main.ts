import { openDatabase } from '../db/connect.ts';
import { devMail } from './dev-mail/dev-mail.ts';
import { explorer } from './explorer/explorer.ts';
import { startServer } from './http.ts';
import { runService, stopRequested } from './process.ts';
import { requireMigrated } from './readiness.ts';

/** The server alone, for production: the database is migrated by `npm run migrate`, jobs are run by `npm run worker`. */
await runService('server', async (settings, log) => {
  const database = await openDatabase(settings);
  try {
    const stop = stopRequested();
    await requireMigrated(database);
    const server = await startServer({
      database,
      settings,
      log,
      mount: (app) => {
        app.use(explorer({ devMail: !settings.production }));
        if (!settings.production) app.use('/dev/mail', devMail(database));
      },
    });
    log.info({ url: server.url, database: database.describe() }, 'Callboard listens.');
    await stop;
    log.info('Stopping.');
    await server.close();
  } finally {
    await database.close();
  }
});
