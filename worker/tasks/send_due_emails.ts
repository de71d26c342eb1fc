import type { Task } from 'graphile-worker';
import { nothing } from '../payload.ts';

export const payload = nothing;

/**
 * Once a minute: finds mails whose worker died, campaigns whose time has come or that are done, and organizations that have
 * mails to send. Doing it twice changes nothing.
 */
const sendDueEmails: Task = async (_payload, helpers) => {
  const { rows } = await helpers.query<{ uncertain: number }>(
    'select marketing.find_uncertain_emails() as uncertain',
  );
  const uncertain = rows[0]?.uncertain ?? 0;
  if (uncertain > 0) {
    helpers.logger.warn(`Mails of which nobody knows whether they went out: ${uncertain}.`);
  }
  // First, so that the trouble of a campaign keeps nobody's mails waiting.
  await helpers.query('select marketing.send_due_emails()');
  await helpers.query('select marketing.follow_campaigns()');
};

export default sendDueEmails;
