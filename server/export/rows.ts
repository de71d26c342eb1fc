import { connect } from 'node:net';
import type { PoolClient } from 'pg';
import type { TableQuery } from './table-query.ts';

/** Values of a row as texts; null where there is none. */
export type TextRow = readonly (string | null)[];

/** Rows that are in memory at a time, and a few more in the streams behind. */
const BATCH = 500;

type Ask = (text: string, values: readonly unknown[]) => Promise<readonly TextRow[]>;

/**
 * The rows of a query through a cursor, a batch at a time: all of them as they were when it began. It takes a transaction, and
 * leaves it open.
 *
 * `fetch` is used and no portal of the protocol (`pg-query-stream`): `pg` does not let those share a connection that sends
 * ahead, as the connections of operations do. Each batch has the time of a statement.
 */
export async function* throughCursor(
  client: PoolClient,
  { text, values }: TableQuery,
): AsyncGenerator<readonly TextRow[]> {
  const ask = (statement: string, parameters: readonly unknown[] = []) =>
    client.query<string[]>({ text: statement, values: [...parameters], rowMode: 'array' });
  // It is read to its end: the plan need not give the first rows soon.
  await ask('set local cursor_tuple_fraction = 1');
  await ask(`declare export_rows no scroll cursor for ${text}`, values);
  for (;;) {
    const { rows } = await ask(`fetch ${BATCH} from export_rows`);
    if (rows.length > 0) yield rows;
    if (rows.length < BATCH) return;
  }
}

/**
 * The rows of a query in pages, each behind the last row of the one before and in a transaction of its own: for the embedded
 * engine, whose only session everybody else waits for while a transaction is open. What changes meanwhile may or may not be
 * among them.
 */
export async function* inPages(query: TableQuery, ask: Ask): AsyncGenerator<readonly TextRow[]> {
  const { keyPlaces, values, limit } = query;
  let left = limit ?? Infinity;
  let last: TextRow | undefined;
  while (left > 0) {
    const size = Math.min(BATCH, left);
    const rows = await ask(
      last ? query.pageText(size) : `${query.text.replace(/ limit \d+$/, '')} limit ${size}`,
      last ? [...values, ...keyPlaces.map((place) => last?.[place])] : values,
    );
    if (rows.length > 0) yield rows;
    if (rows.length < size) return;
    left -= rows.length;
    last = rows.at(-1);
  }
}

/** The part of `pg`'s client that cancelling needs. */
type Connected = {
  readonly host: string;
  readonly port: number;
  readonly processID: number | null;
  readonly secretKey: number | null;
};

const CANCEL_REQUEST = 80_877_102;

/**
 * Asks the server to cancel what a connection is running, over a connection of its own as the protocol has it: no room in the
 * pool is needed. Whether it comes in time is not known; a statement that is not running is not affected.
 */
export function cancelRunning(client: PoolClient): void {
  const { host, port, processID, secretKey } = client as unknown as Connected;
  if (processID === null || secretKey === null) return;
  const message = Buffer.alloc(16);
  message.writeInt32BE(16, 0);
  message.writeInt32BE(CANCEL_REQUEST, 4);
  message.writeInt32BE(processID, 8);
  message.writeInt32BE(secretKey, 12);
  const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  socket.on('error', () => undefined);
  socket.setTimeout(5_000, () => socket.destroy());
  socket.on('connect', () => socket.end(message));
}
