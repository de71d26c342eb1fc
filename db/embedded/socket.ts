import { Duplex } from 'node:stream';
import {
  channelOf,
  copyFailMessage,
  fatalMessage,
  listenCommandsOf,
  MessageReader,
  queryMessage,
  readyMessage,
  sqlOf,
  syncMessage,
  tagOf,
  welcomeMessages,
  type ListenCommand,
  type Message,
  type TransactionStatus,
} from './protocol.ts';
import type { Member, Session } from './session.ts';

/** What runs in one go: messages up to a query or sync (`final`), or up to a flush, after which more will follow. */
type Batch = {
  readonly bytes: Buffer;
  readonly final: boolean;
  readonly commands: ListenCommand[];
};

const COPY_FROM_CLIENT = /^\s*copy\b[\s\S]*\bfrom\s+stdin\b/i;

/**
 * What `pg.Client` takes for a socket: the server's end of a connection, served by the session when it is its turn.
 */
export class EmbeddedSocket extends Duplex implements Member {
  readonly #session: Session;
  readonly #role: string | undefined;
  readonly #reader = new MessageReader(false);
  readonly #batches: Batch[] = [];
  #unfinished: Message[] = [];
  #status: TransactionStatus = 'I';
  /** Listen commands of the open transaction: they count once it commits. */
  #pending: ListenCommand[] = [];
  #holds = false;
  #taking = false;
  #refused = false;
  #closing = false;
  #closed = false;
  #farewell: Buffer | undefined;

  /** @param role the role that the connection is signed in as; absent for the superuser */
  constructor(session: Session, role?: string) {
    super({ allowHalfOpen: false });
    this.#session = session;
    this.#role = role;
  }

  // What `pg` asks of a socket, besides being a stream.

  connect(): this {
    process.nextTick(() => this.emit('connect'));
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  /** Ends the connection from the server's side; the client gets an error with this code. */
  terminate(code: string, text: string): void {
    this.#farewell ??= fatalMessage(code, text);
    this.#batches.length = 0;
    this.#close();
  }

  hear(notification: Buffer): void {
    this.#answer(notification);
  }

  get ready(): boolean {
    return this.#batches.length > 0 || (this.#closing && !this.#closed);
  }

  expire(): void {
    this.terminate('25P03', 'terminating connection due to idle-in-transaction timeout');
  }

  async takeTurn(): Promise<boolean> {
    this.#taking = true;
    try {
      const batch = this.#batches.shift();
      this.#holds = batch ? await this.#perform(batch) : await this.#leave();
    } catch (error) {
      // The engine itself failed: this connection cannot go on, and the next one finds out for itself.
      this.#holds = false;
      this.#hangUp();
      this.destroy(error as Error);
    } finally {
      this.#taking = false;
    }
    return this.#holds;
  }

  override _read(): void {
    // Answers are pushed as they come.
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#receive(chunk);
    done();
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#receive(Buffer.concat(chunks.map(({ chunk }) => chunk)));
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#close();
    done(error);
  }

  #receive(chunk: Buffer): void {
    for (const message of this.#reader.read(chunk)) {
      switch (message.type) {
        case '':
          this.#session.join(this);
          this.#answer(welcomeMessages(process.pid));
          break;
        case 'X':
          this.#close();
          break;
        case 'c':
        case 'd':
        case 'f':
          // Data for a copy, which has been refused already.
          break;
        default:
          this.#unfinished.push(message);
          if ('QSH'.includes(message.type)) this.#enqueue(message.type !== 'H');
      }
    }
    if (this.#batches.length > 0) this.#session.request(this);
  }

  #enqueue(final: boolean): void {
    const parts: Buffer[] = [];
    const commands: ListenCommand[] = [];
    for (const message of this.#unfinished) {
      parts.push(message.bytes);
      const sql = sqlOf(message);
      if (sql === undefined) continue;
      commands.push(...listenCommandsOf(sql));
      // The engine reads what it was given and no more: unless refused at once, it would read past the end.
      if (COPY_FROM_CLIENT.test(sql)) parts.push(copyFailMessage('No source stream defined'));
    }
    this.#unfinished = [];
    this.#batches.push({ bytes: Buffer.concat(parts), final, commands });
  }

  async #perform(batch: Batch): Promise<boolean> {
    try {
      await this.#session.become(this, this.#role);
    } catch (error) {
      if (!this.#refused) this.#answer(refusalOf(error));
      this.#refused = !batch.final;
      if (batch.final) this.#answer(readyMessage('I'));
      return false;
    }
    const ready = await this.#deliver(await this.#session.send(batch.bytes), batch.commands);
    if (batch.final && !ready) this.#session.fail();
    return !batch.final || this.#status !== 'I';
  }

  /** Passes the answers on; true when the last of them says that the session takes queries again. */
  async #deliver(answers: Buffer, commands: ListenCommand[]): Promise<boolean> {
    let ready = false;
    const own: Buffer[] = [];
    const notifications: Buffer[] = [];
    let undone = false;
    for (const { type, bytes } of new MessageReader(true).read(answers)) {
      if (type === 'A') {
        notifications.push(bytes);
        continue;
      }
      own.push(bytes);
      if (type === 'E') undone = true;
      if (type === 'C') {
        const tag = tagOf(bytes);
        undone = tag === 'ROLLBACK';
        if (tag === 'LISTEN' || tag === 'UNLISTEN') {
          const command = commands.shift();
          if (command) this.#pending.push(command);
        }
      }
      ready = type === 'Z';
      if (ready) {
        this.#status = String.fromCharCode(bytes[5] ?? 0) as TransactionStatus;
        if (this.#status === 'I') await this.#settle(undone);
      }
    }
    this.#answer(Buffer.concat(own));
    for (const each of notifications) this.#session.publish(channelOf(each), each);
    return ready;
  }

  /** A transaction has ended: its listen commands hold, or never were. */
  async #settle(undone: boolean): Promise<void> {
    const commands = this.#pending;
    this.#pending = [];
    if (undone) return;
    for (const { listen, channel } of commands) {
      if (listen) this.#session.addListener(channel, this);
      else await this.#session.removeListener(channel, this);
    }
  }

  #answer(bytes: Buffer): void {
    if (!this.#closed && !this.destroyed) this.push(bytes);
  }

  #close(): void {
    if (this.#closing) return;
    this.#closing = true;
    if (this.destroyed) this.#batches.length = 0;
    if (this.#holds || this.#taking || this.#batches.length > 0 || this.#session.listens(this)) {
      this.#session.request(this);
    } else {
      this.#hangUp();
    }
  }

  async #leave(): Promise<boolean> {
    if (this.#holds) {
      await this.#session.send(Buffer.concat([syncMessage(), queryMessage('rollback')]));
    }
    if (this.#session.listens(this)) await this.#session.removeListener('*', this);
    this.#hangUp();
    return false;
  }

  #hangUp(): void {
    if (this.#farewell) this.#answer(this.#farewell);
    this.#closed = true;
    this.#session.leave(this);
    if (!this.destroyed) this.push(null);
  }
}

function refusalOf(error: unknown): Buffer {
  const { code, message } = error as { code?: string; message: string };
  return fatalMessage(code ?? 'XX000', message);
}
