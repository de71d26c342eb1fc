import { Readable } from 'node:stream';
import { createTransport } from 'nodemailer';
import type { Delivery } from '../mail/delivery.ts';
import { escapeHtml } from '../mail/render.ts';
import type { ComposedMail } from './compose.ts';
import { outcomeOf, reasonOf, type Outcome } from './outcome.ts';

/** Sends mails, many at a time. Never throws: what went wrong is an outcome. */
export type MailSender = {
  /**
   * @param signal aborted when the mail should not go out any more, if nobody has heard of it yet
   */
  send(mail: ComposedMail, signal: AbortSignal): Promise<Outcome>;
  /** Closes what is open. Mails that are being sent are sent. */
  close(): void;
};

/** Milliseconds that a mail server may be silent. */
const PATIENCE = 15_000;
/** Milliseconds for a mail, from when it is handed to the pool: less than its claim lasts. */
const LONGEST = 120_000;
/** Milliseconds after which a connection is closed that nothing goes over. */
const IDLE = 2_000;
/** Mails over one connection. */
const MAILS_PER_CONNECTION = 1_000;
/** How often a connection that was closed meanwhile is made anew for a mail of which not a byte has gone out. */
const REQUEUES = 3;

/** How far a mail has come. */
class Progress {
  stream: Readable | undefined;

  /** Whether its last byte has gone to the mail server: before, the server cannot have taken it. */
  get isHandedOver(): boolean {
    return this.stream?.readableEnded === true;
  }

  get isBegun(): boolean {
    return this.stream !== undefined;
  }
}

const refused = () =>
  new Readable({
    read() {
      this.destroy(new Error('The mail has gone out before.'));
    },
  });

/**
 * Sends over a pool of connections to a mail server.
 *
 * @param connections how many are open at the same time at most
 */
export function smtpSender(smtpUrl: string, connections: number): MailSender {
  const transport = createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: connections,
    maxMessages: MAILS_PER_CONNECTION,
    maxRequeues: REQUEUES,
    idleTimeout: IDLE,
    connectionTimeout: PATIENCE,
    greetingTimeout: PATIENCE,
    socketTimeout: PATIENCE,
    // What a template says is all there is: nothing is read from files or fetched from addresses.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  /** By the signal of each mail, which is the one thing of ours that comes along. */
  const underway = new WeakMap<AbortSignal, Progress>();
  transport.use('stream', (mail, done) => {
    const progress = mail.data.signal && underway.get(mail.data.signal);
    if (!progress) {
      done(new Error('A mail came from elsewhere.'));
      return;
    }
    const make = mail.message.createReadStream.bind(mail.message);
    mail.message.createReadStream = (options) => {
      // The pool takes a mail up again only when nothing of it was read. This makes sure of it.
      if (progress.stream?.readableDidRead) return refused();
      const stream = make(options);
      progress.stream = stream;
      return stream;
    };
    done();
  });

  return {
    async send({ headers, messageId, ...mail }, signal) {
      const progress = new Progress();
      const control = new AbortController();
      const tooLong = setTimeout(() => control.abort(), LONGEST);
      const onAbort = () => {
        if (!progress.isBegun) control.abort();
      };
      if (signal.aborted) control.abort();
      signal.addEventListener('abort', onAbort, { once: true });
      underway.set(control.signal, progress);
      try {
        const { response } = await transport.sendMail({
          from: mail.from,
          to: { name: '', address: mail.to },
          ...(mail.returnPath === undefined
            ? {}
            : { envelope: { from: mail.returnPath, to: mail.to } }),
          ...(mail.replyTo === undefined ? {} : { replyTo: mail.replyTo }),
          subject: mail.subject,
          text: mail.text,
          ...(mail.html === undefined ? {} : { html: mail.html }),
          messageId,
          headers: { ...headers },
          signal: control.signal,
        });
        return { outcome: 'sent', ...(response ? { code: String(response).slice(0, 3) } : {}) };
      } catch (error) {
        if (control.signal.aborted && !progress.isBegun) return { outcome: 'returned' };
        return outcomeOf(error, progress.isHandedOver);
      } finally {
        clearTimeout(tooLong);
        signal.removeEventListener('abort', onAbort);
      }
    },
    close: () => transport.close(),
  };
}

/** Puts mails where `/dev/mail` shows them. */
export function outboxSender(deliver: Delivery): MailSender {
  return {
    async send({ messageId, to, subject, text, html = '' }) {
      try {
        await deliver({
          id: messageId,
          template: 'to a lead',
          to,
          subject,
          text,
          html: html || `<pre>${escapeHtml(text)}</pre>`,
        });
        return { outcome: 'sent' };
      } catch (error) {
        return { outcome: 'retry', reason: reasonOf((error as Error).message) };
      }
    },
    close: () => undefined,
  };
}
