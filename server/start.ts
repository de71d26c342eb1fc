import { openDatabase } from '../db/connect.ts';
import { DEMO_ACCOUNTS, DEMO_PASSWORD, loadDemo } from '../db/demo/load.ts';
import { migrate } from '../db/migrate.ts';
import { mailOf, NO_MAIL } from '../worker/mail/mail.ts';
import { runWorker } from '../worker/run.ts';
import { devMail } from './dev-mail/dev-mail.ts';
import { explorer } from './explorer/explorer.ts';
import { startServer } from './http.ts';
import { runProgram, stopRequested } from './process.ts';
import { readSettings } from './settings.ts';
import { welcome } from './welcome.ts';

/**
 * `npm start`: everything in one go, on either engine. Opens the database, brings it to this code, loads demo data unless
 * told not to, serves, and runs jobs.
 */
await runProgram(async () => {
  const settings = readSettings();
  const stop = stopRequested();
  const database = await openDatabase(settings);
  try {
    const { ran } = await migrate(database);
    if (ran.length > 0) console.log(`${database.describe()}: ${ran.length} SQL files ran.`);
    if (settings.demo) {
      await loadDemo(database);
    }
    const server = await startServer({
      database,
      settings,
      mount: (app) => {
        app.use(
          explorer({
            ...(settings.demo
              ? { demo: { accounts: DEMO_ACCOUNTS, password: DEMO_PASSWORD } }
              : {}),
            devMail: !settings.production,
          }),
        );
        if (!settings.production) app.use('/dev/mail', devMail(database));
      },
    });
    try {
      const mail = mailOf(settings, database, server.url);
      if (!mail) console.log(NO_MAIL);
      const worker = await runWorker(database, { mail });
      console.log(welcome({ url: server.url, database: database.describe(), demo: settings.demo }));
      await stop;
      await worker.stop();
    } finally {
      await server.close();
    }
  } finally {
    await database.close();
  }
});
