import { createTransport } from 'nodemailer';
import type { Pool } from 'pg';
import type { RenderedMail } from './render.ts';

/** A file that comes with a mail. */
export type Attachment = {
  readonly filename: string;
  readonly contentType: string;
  readonly content: string;
};

/** A mail on its way. */
export type OutgoingMail = RenderedMail & {
  /** The same each time that the same job tries, so that a mail that came twice can be told. */
  readonly id: string;
  readonly template: string;
  readonly to: string;
  readonly attachments?: readonly Attachment[];
};

/** Takes a mail away. */
export type Delivery = (mail: OutgoingMail) => Promise<void>;

/** Milliseconds that a mail server may take for a step before the attempt is given up. */
const PATIENCE = 15_000;

/** Sends mails through a mail server, each over a connection of its own. */
export function smtpDelivery(smtpUrl: string, from: string): Delivery {
  const transport = createTransport({
    url: smtpUrl,
    connectionTimeout: PATIENCE,
    greetingTimeout: PATIENCE,
    socketTimeout: PATIENCE,
    // What a template says is all there is: nothing is read from files or fetched from addresses.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const host = /@([\w.-]+)>?$/.exec(from)?.[1] ?? 'callboard.invalid';
  return async ({ id, to, subject, text, html, attachments = [] }) => {
    await transport.sendMail({
      from,
      to: { name: '', address: to },
      subject,
      text,
      html,
      attachments: [...attachments],
      messageId: `<${id}@${host}>`,
      headers: { 'auto-submitted': 'auto-generated' },
    });
  };
}

/** Mails that the development outbox keeps. */
const KEPT = 200;

/** Puts mails where `/dev/mail` shows them. */
export function outboxDelivery(pool: Pool): Delivery {
  return async ({ template, to, subject, text, html, attachments = [] }) => {
    await pool.query(
      `insert into platform.outbox_mails (template, recipient, subject, text_body, html_body, attachments)
       values ($1, $2, $3, $4, $5, $6)`,
      [template, to, subject, text, html, JSON.stringify(attachments)],
    );
    await pool.query(
      'delete from platform.outbox_mails where id in (select id from platform.outbox_mails order by id desc offset $1)',
      [KEPT],
    );
  };
}
