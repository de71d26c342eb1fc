import cluster from 'node:cluster';
import type { Database } from '../db/connect.ts';
import { DEMO_ACCOUNTS, DEMO_PASSWORD } from '../db/demo/load.ts';
import { devMail } from './dev-mail/dev-mail.ts';
import { explorer, isExplorable } from './explorer/explorer.ts';
import { startServer, type RunningServer } from './http.ts';
import type { Log } from './log/log.ts';
import { startProcesses } from './processes.ts';
import type { Settings } from './settings.ts';

export type Serving = {
  readonly database: Database;
  readonly settings: Settings;
  readonly log: Log;
  /** Whether there are demo accounts to offer. */
  readonly demo: boolean;
};

/** Serves the API and the explorer: in this process, or in several that it starts. */
export function serve({ database, settings, log, demo }: Serving): Promise<RunningServer> {
  if (cluster.isPrimary && settings.serverProcesses > 1) return startProcesses(settings, log, demo);
  const accounts = { demo: { accounts: DEMO_ACCOUNTS, password: DEMO_PASSWORD } };
  return startServer({
    database,
    settings,
    log,
    mount: (app) => {
      if (isExplorable(settings)) {
        app.use(explorer({ ...(demo ? accounts : {}), devMail: !settings.production }));
      }
      if (!settings.production) app.use('/dev/mail', devMail(database));
    },
  });
}
