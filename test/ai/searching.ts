import type { PoolClient } from 'pg';
import type { Database } from '../../db/connect.ts';
import { as, type Caller } from '../helpers/callers.ts';

/** What a search answers. */
export type Found = {
  readonly namespace: string;
  readonly id: string;
  readonly key: string | null;
  readonly title: string;
  readonly snippet: string;
  readonly score: number;
  readonly text_rank: number | null;
  readonly vector_rank: number | null;
  readonly similarity: number | null;
  readonly matched_by: string;
};

export const hybridSearch = async (
  client: PoolClient,
  values: readonly unknown[],
  names: string = values.map((_value, index) => `$${index + 1}`).join(', '),
): Promise<Found[]> =>
  (await client.query<Found>(`select * from ai.hybrid_search(${names})`, [...values])).rows;

export const globalSearch = async (
  client: PoolClient,
  query: string,
  types: readonly string[] | null = null,
): Promise<Found[]> =>
  (await client.query<Found>('select * from ai.global_search($1, $2, 100)', [query, types])).rows;

/** Embeds everything that waits, by the built-in provider. */
export async function embedAll(database: Database): Promise<void> {
  let taken: number | undefined;
  do {
    const { rows } = await database
      .pool('callboard_service')
      .query<{ taken: number }>('select ai.embed_built_in(500) as taken');
    taken = rows[0]?.taken;
  } while (taken);
}

/** Titles that somebody finds. */
export const titlesFor = (database: Database, caller: Caller, query: string): Promise<string[]> =>
  as(database, caller, async (client) =>
    (await hybridSearch(client, [query])).map((row) => row.title),
  );

/** Puts a row into a table as its owner would, and returns its id. */
export async function insert(
  client: PoolClient,
  table: string,
  values: Readonly<Record<string, unknown>>,
): Promise<string> {
  const names = Object.keys(values);
  const { rows } = await client.query<{ id: string }>(
    `insert into ${table} (${names.join(', ')}) values (${names.map((_name, index) => `$${index + 1}`).join(', ')})
     returning id`,
    Object.values(values),
  );
  return rows[0]?.id ?? '';
}
