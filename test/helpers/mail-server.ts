import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';

/** A mail that the server took. */
export type TakenMail = {
  readonly to: string;
  /** Whom notices about it go to. */
  readonly returnPath: string;
  readonly mail: Email;
};

const refusal = (responseCode: number, message: string) =>
  Object.assign(new Error(message), { responseCode });

/** What the server answers at RCPT TO, by what is before the @. */
const AT_RECIPIENT: Readonly<Record<string, Error>> = {
  gone: refusal(550, '5.1.1 There is no such mailbox'),
  full: refusal(552, '5.2.2 The mailbox is full'),
  unwanted: refusal(550, '5.7.1 We do not want your mail'),
  busy: refusal(451, '4.3.2 Come back later'),
};
/** And after the mail. */
const AFTER_DATA: Readonly<Record<string, Error>> = {
  spam: refusal(554, '5.7.1 This is spam'),
  later: refusal(452, '4.2.2 Not now'),
};

/**
 * A real mail server that keeps what it takes, and misbehaves for some recipients: `gone`, `full`, `unwanted` and `busy` are
 * refused; `spam` and `later` after the mail; with `drop-early` it hangs up before the mail, with `drop-late` after it, and
 * takes it all the same; `slow` waits a little; `taken-then-silent` takes the mail and never says so.
 */
export class MailServer {
  readonly taken: TakenMail[] = [];
  /** Connections that were opened. */
  connections = 0;
  /** How many mails were on their way at the same time at most. */
  mostAtOnce = 0;
  #atOnce = 0;
  /** Resolves with each recipient whose mail was taken. */
  onTaken: ((to: string) => void) | undefined;
  readonly #server: SMTPServer;

  constructor() {
    this.#server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      closeTimeout: 100,
      onConnect: (_session, done) => {
        this.connections += 1;
        done();
      },
      onRcptTo: ({ address }, session, done) => {
        const [name = ''] = address.split('@');
        if (name.startsWith('drop-early')) this.#hangUp(session);
        else done(AT_RECIPIENT[name.replace(/\d+$/, '')]);
      },
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        this.#atOnce += 1;
        this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce);
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          void this.#take(Buffer.concat(chunks), session, done).finally(() => {
            this.#atOnce -= 1;
          });
        });
      },
    });
    // Clients that hang up are no news.
    this.#server.on('error', () => undefined);
  }

  async listen(): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const listener = this.#server.listen(0, '127.0.0.1', () => {
      const address = listener.address();
      resolve(`smtp://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
    });
    return promise;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** Who got how many mails. */
  counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { to } of this.taken) counts[to] = (counts[to] ?? 0) + 1;
    return counts;
  }

  async #take(raw: Buffer, session: SMTPServerSession, done: (error?: Error | null) => void) {
    const to = session.envelope.rcptTo[0]?.address ?? '';
    const name = to.split('@')[0]?.replace(/\d+$/, '') ?? '';
    const refused = AFTER_DATA[name];
    if (refused) {
      done(refused);
      return;
    }
    if (name === 'slow') await pause(150);
    const { mailFrom } = session.envelope;
    const returnPath = mailFrom ? mailFrom.address : '';
    this.taken.push({ to, returnPath, mail: await PostalMime.parse(raw) });
    this.onTaken?.(to);
    if (name === 'taken-then-silent') return;
    if (name === 'drop-late') this.#hangUp(session);
    else done();
  }

  #hangUp({ id }: SMTPServerSession): void {
    // The server has no word for it.
    const open = (this.#server as unknown as { connections: Set<{ id: string; _socket: Socket }> })
      .connections;
    for (const connection of open) if (connection.id === id) connection._socket.destroy();
  }
}
