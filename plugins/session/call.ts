import type { PgClient } from 'postgraphile/@dataplan/pg';
import { clientSetting, type Sender } from './client.ts';

/** An SQL function about accounts, as a mutation calls it. */
export type AccountCall = {
  readonly function: string;
  /** The fields of the input that are its arguments, in their order. */
  readonly arguments: readonly string[];
};

/** Fields whose value is JSON. It goes as text: `pg` would make an array of Postgres of a list. */
const JSON_FIELDS = new Set(['device']);

const argumentOf = (name: string, value: unknown): unknown =>
  value == null ? null : JSON_FIELDS.has(name) ? JSON.stringify(value) : value;

/** Calls a function about accounts, which learns where the request came from, and returns its answer as JSON. */
export async function callFunction<T>(
  client: PgClient,
  { function: sqlFunction, arguments: names }: AccountCall,
  input: Readonly<Record<string, unknown>> | null | undefined,
  sender: Sender | null | undefined,
): Promise<T> {
  const placeholders = names.map((_name, index) => `$${index + 2}`).join(', ');
  const { rows } = await client.query<{ answer: T | null }>({
    text: `select set_config('callboard.client', $1, true), to_jsonb(${sqlFunction}(${placeholders})) as answer`,
    values: [clientSetting(sender), ...names.map((name) => argumentOf(name, input?.[name]))],
  });
  const answer = rows[0]?.answer;
  if (answer === undefined || answer === null) throw new Error(`${sqlFunction} returned nothing.`);
  return answer;
}
