import type { PoolClient } from 'pg';
import type { Database } from '../../db/connect.ts';
import { actAs, type Caller } from '../helpers/callers.ts';

/** What a client sends of an event. */
export type SentEvent = Readonly<Record<string, unknown>>;

export type Rejected = {
  readonly index: number;
  readonly row_id: string | null;
  readonly field: string | null;
  readonly reason: string;
};

export type Taken = { inserted: number; duplicates: number; rejected: Rejected[] };

export async function taken(
  client: PoolClient,
  rows: unknown,
  call = 'upsert_events',
): Promise<Taken> {
  const result = await client.query<Taken>(
    `select t.inserted, t.duplicates, to_json(t.rejected) as rejected from analytics.${call}($1) t`,
    [JSON.stringify(rows)],
  );
  const [row] = result.rows;
  if (!row) throw new Error('No answer.');
  return row;
}

/** Records events for good. */
export const record = (database: Database, caller: Caller, rows: unknown): Promise<Taken> =>
  actAs(database, caller, (client) => taken(client, rows));

let serial = 0;

/** An id of version 7 of a moment, different each time. */
export function idAt(moment: Date | string): string {
  serial += 1;
  const time = new Date(moment).getTime().toString(16).padStart(12, '0');
  const number = serial.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${number}`;
}

/** An id of version 4, different each time. */
export function randomId(): string {
  serial += 1;
  return `a0000000-0000-4000-8000-${serial.toString(16).padStart(12, '0')}`;
}

export const hoursAgo = (hours: number): string =>
  new Date(Date.now() - hours * 3_600_000).toISOString();

/** Rows of a query, as the owner of the schema. */
export async function rowsOf<T extends object>(
  database: Database,
  query: string,
  values: unknown[] = [],
): Promise<T[]> {
  const { rows } = await database.pool().query<T>(query, values);
  return rows;
}
