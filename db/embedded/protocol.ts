/**
 * The little of Postgres' wire protocol that sharing one session needs: where messages end, what a few of them say.
 * Everything else passes through untouched, to and from `pg`.
 */

/** Whether the session is idle, in a transaction, or in a failed transaction. */
export type TransactionStatus = 'I' | 'T' | 'E';

/** One message with its header: a type byte and a length that counts itself. */
export type Message = { readonly type: string; readonly bytes: Buffer };

const HEADER = 5;

function message(type: string, ...parts: (string | Buffer)[]): Buffer {
  const body = Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)),
  );
  const header = Buffer.alloc(HEADER);
  header.write(type, 'latin1');
  header.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

/** Asks for the statements of `sql`, as `psql` would. */
export const queryMessage = (sql: string): Buffer => message('Q', sql, '\0');

/** Ends a sequence of extended-protocol messages. */
export const syncMessage = (): Buffer => message('S');

/** Refuses the data that a `copy … from stdin` waits for. */
export const copyFailMessage = (reason: string): Buffer => message('f', reason, '\0');

/** Says that the session takes queries again. */
export const readyMessage = (status: TransactionStatus): Buffer => message('Z', status);

/** The welcome after a start-up message: signed in, a process id, ready. `pg` asks for nothing more. */
export function welcomeMessages(processId: number): Buffer {
  const ok = Buffer.alloc(4);
  const key = Buffer.alloc(8);
  key.writeInt32BE(processId);
  return Buffer.concat([message('R', ok), message('K', key), readyMessage('I')]);
}

/** An error that ends the connection. */
export const fatalMessage = (code: string, text: string): Buffer =>
  message('E', 'SFATAL\0', 'VFATAL\0', `C${code}\0`, `M${text}\0`, '\0');

/** The text of an error message's field, such as `M` for its message. */
export function errorField(bytes: Buffer, field: string): string | undefined {
  const fields = bytes.toString('utf8', HEADER).split('\0');
  return fields.find((each) => each.startsWith(field))?.slice(1);
}

/** The SQL that a query or parse message carries; undefined for other messages. */
export function sqlOf({ type, bytes }: Message): string | undefined {
  if (type === 'Q') return bytes.toString('utf8', HEADER, bytes.length - 1);
  if (type !== 'P') return undefined;
  const start = bytes.indexOf(0, HEADER) + 1;
  return bytes.toString('utf8', start, bytes.indexOf(0, start));
}

/** The command tag of a completed command, such as `INSERT 0 1`. */
export const tagOf = (bytes: Buffer): string => bytes.toString('latin1', HEADER, bytes.length - 1);

/** The channel of a notification. */
export const channelOf = (bytes: Buffer): string =>
  bytes.toString('utf8', HEADER + 4, bytes.indexOf(0, HEADER + 4));

/** The first column of a row, as text. */
export function firstColumnOf(bytes: Buffer): string | undefined {
  const length = bytes.readInt32BE(HEADER + 2);
  return length < 0 ? undefined : bytes.toString('utf8', HEADER + 6, HEADER + 6 + length);
}

/** Cuts a stream of messages apart. The first message of a connection has no type byte. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);
  #started: boolean;

  /** @param started false when the start-up message is still to come; it is given the type '' */
  constructor(started: boolean) {
    this.#started = started;
  }

  /** The messages that `chunk` completes. */
  read(chunk: Buffer): Message[] {
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const messages: Message[] = [];
    for (;;) {
      const typed = this.#started ? 1 : 0;
      if (this.#rest.length < typed + 4) return messages;
      const end = typed + this.#rest.readInt32BE(typed);
      if (this.#rest.length < end) return messages;
      const bytes = this.#rest.subarray(0, end);
      messages.push({ type: typed ? String.fromCharCode(bytes[0] ?? 0) : '', bytes });
      this.#rest = this.#rest.subarray(end);
      this.#started = true;
    }
  }
}

/** One `listen` or `unlisten` in a text; the channel `*` stands for all. */
export type ListenCommand = { readonly listen: boolean; readonly channel: string };

const COMMENT = /--[^\n]*|\/\*[\s\S]*?\*\//g;
const LISTEN =
  /(?:^|;)\s*(un)?listen\s+(\*|"(?:[^"]|"")+"|[a-z_\u0080-\uffff][\w$\u0080-\uffff]*)/gi;

/** The `listen` and `unlisten` commands of a text in their order. */
export function listenCommandsOf(sql: string): ListenCommand[] {
  if (!/listen/i.test(sql)) return [];
  return [...sql.replace(COMMENT, ' ').matchAll(LISTEN)].map(([, un, name = '']) => ({
    listen: un === undefined,
    channel: name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase(),
  }));
}
