import type { Database } from '../../db/connect.ts';
import type { GivenContext } from '../tasks.ts';
import { outboxDelivery, smtpDelivery } from './delivery.ts';

/** The settings that decide how mail goes out. */
export type MailSettings = {
  readonly production: boolean;
  readonly smtpUrl: string | undefined;
  readonly mailFrom: string | undefined;
  /** Where the front end lives; absent: where the server is. */
  readonly appUrl: string | undefined;
};

/** Said at the start when mail cannot go out. */
export const NO_MAIL = 'SMTP_URL is not set: mails wait in the queue until a worker with it comes.';

/** Whom mails are from where nothing is set: an address at the host of the front end. */
export const senderOf = (mailFrom: string | undefined, links: string): string =>
  mailFrom ?? `Callboard <no-reply@${new URL(links).hostname}>`;

/**
 * How mail goes out: through the mail server of the settings; without one, in development, into the outbox that `/dev/mail`
 * shows. Undefined in production without a mail server.
 *
 * @param serverUrl where links lead when nothing says where the front end lives
 */
export function mailOf(
  { production, smtpUrl, mailFrom, appUrl }: MailSettings,
  database: Database,
  serverUrl: string,
): GivenContext['mail'] {
  const links = appUrl ?? serverUrl;
  if (smtpUrl) {
    return { deliver: smtpDelivery(smtpUrl, senderOf(mailFrom, links)), appUrl: links };
  }
  if (production) return undefined;
  return { deliver: outboxDelivery(database.pool('callboard_service')), appUrl: links };
}
