import type { Database } from '../../db/connect.ts';
import type { Settings } from '../../server/settings.ts';
import { outboxDelivery } from '../mail/delivery.ts';
import { senderOf } from '../mail/mail.ts';
import { MailLinks } from './links.ts';
import { outboxSender, smtpSender, type MailSender } from './sender.ts';
import { SenderAddresses } from './sender-address.ts';

/** How mails to leads go out. */
export type Marketing = {
  readonly sender: MailSender;
  /** Asked for when there is something to sign: reading the keys may write the development key. */
  readonly links: () => MailLinks;
  readonly addresses: SenderAddresses;
};

export type MarketingSettings = Pick<
  Settings,
  | 'production'
  | 'smtpUrl'
  | 'smtpConnections'
  | 'mailFrom'
  | 'mailSenderDomains'
  | 'appUrl'
  | 'encryptionKeys'
>;

/** The links of a process. */
export function mailLinksOf(
  settings: Pick<Settings, 'encryptionKeys'>,
  publicUrl: () => string,
): () => MailLinks {
  let links: MailLinks | undefined;
  return () => (links ??= new MailLinks(settings.encryptionKeys(), publicUrl()));
}

/**
 * How mails to leads go out: through the mail server of the settings; without one, in development, into the outbox that
 * `/dev/mail` shows. Undefined in production without a mail server.
 *
 * @param serverUrl where people reach the server, which answers the links
 */
export function marketingOf(
  settings: MarketingSettings,
  database: Database,
  serverUrl: string,
): Marketing | undefined {
  const { smtpUrl, production, mailFrom, appUrl } = settings;
  const links = mailLinksOf(settings, () => serverUrl);
  const from = senderOf(mailFrom, appUrl ?? serverUrl);
  const addresses = new SenderAddresses(from, settings.mailSenderDomains);
  if (smtpUrl) {
    return { sender: smtpSender(smtpUrl, settings.smtpConnections), links, addresses };
  }
  if (production) return undefined;
  const deliver = outboxDelivery(database.pool('callboard_service'));
  return { sender: outboxSender(deliver), links, addresses };
}
