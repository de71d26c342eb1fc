import type { Database } from '../db/connect.ts';
import type { Log } from '../server/log/log.ts';
import type { Settings } from '../server/settings.ts';
import { mailOf, NO_MAIL } from './mail/mail.ts';
import { marketingOf } from './marketing/marketing.ts';
import type { GivenContext } from './tasks.ts';

/**
 * What tasks are given in this process, by its settings. The one place for it: `npm start`, the worker's own process and
 * whoever else runs jobs ask here.
 *
 * @param serverUrl where people reach the server
 */
export function taskContextOf(
  settings: Settings,
  database: Database,
  serverUrl: string,
  log: Log,
): GivenContext {
  const mail = mailOf(settings, database, serverUrl);
  if (!mail) log.warn(NO_MAIL);
  return {
    mail,
    marketing: marketingOf(settings, database, serverUrl),
    embeddings: settings.embeddings,
  };
}
