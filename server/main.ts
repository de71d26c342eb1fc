import { openDatabase } from '../db/connect.ts';
import { devMail } from './dev-mail/dev-mail.ts';
import { explorer } from './explorer/explorer.ts';
import { startServer } from './http.ts';
import { runProgram, stopRequested } from './process.ts';
import { requireMigrated } from './readiness.ts';
import { readSettings } from './settings.ts';

/** The server alone, for production: the database is migrated by `npm run migrate`, jobs are run by `npm run worker`. */
await runProgram(async () => {
  const settings = readSettings();
  const database = await openDatabase(settings);
  try {
    const stop = stopRequested();
    await requireMigrated(database);
    const server = await startServer({
      database,
      settings,
      mount: (app) => {
        app.use(explorer({ devMail: !settings.production }));
        if (!settings.production) app.use('/dev/mail', devMail(database));
      },
    });
    console.log(`Callboard listens on ${server.url}.`);
    await stop;
    await server.close();
  } finally {
    await database.close();
  }
});
