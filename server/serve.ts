import cluster from 'node:cluster';
import type { Database } from '../db/connect.ts';
import { DEMO_ACCOUNTS, DEMO_PASSWORD } from '../db/demo/load.ts';
import { devMail } from './dev-mail/dev-mail.ts';
import { explorer, isExplorable } from './explorer/explorer.ts';
import { startServer, type RunningServer } from './http.ts';
import type { Log } from './log/log.ts';
import { gatherMetrics, tellMetrics } from './metrics/cluster.ts';
import type { Metrics } from './metrics/metrics.ts';
import { startProcesses } from './processes.ts';
import type { Settings } from './settings.ts';

export type Serving = {
  readonly database: Database;
  readonly settings: Settings;
  readonly log: Log;
  /** Whether there are demo accounts to offer. */
  readonly demo: boolean;
  readonly metrics: Metrics;
};

/** Whether this process only starts those that serve. */
export const startsOthers = ({ serverProcesses }: Pick<Settings, 'serverProcesses'>): boolean =>
  cluster.isPrimary && serverProcesses > 1;

/** Serves the API and the explorer: in this process, or in several that it starts. */
export function serve(options: Serving): Promise<RunningServer> {
  const { database, settings, log, demo, metrics } = options;
  if (startsOthers(settings)) {
    gatherMetrics(metrics.registry);
    return startProcesses(settings, log, demo);
  }
  if (cluster.isWorker) tellMetrics(metrics.registry);
  const accounts = { demo: { accounts: DEMO_ACCOUNTS, password: DEMO_PASSWORD } };
  return startServer({
    database,
    settings,
    log,
    metrics,
    mount: (app, url) => {
      if (isExplorable(settings)) {
        app.use(explorer({ ...(demo ? accounts : {}), devMail: !settings.production }));
      }
      if (!settings.production) app.use('/dev/mail', devMail(database, url));
    },
  });
}
