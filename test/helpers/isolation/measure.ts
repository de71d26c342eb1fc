import type { PoolClient } from 'pg';
import type { Database } from '../../../db/connect.ts';
import { as, enter, type Caller } from '../callers.ts';
import { makeStage, type Player, type Stage } from './cast.ts';
import { isSomebodys, Samples, tablesOf, type Place, type Row, type Table } from './tables.ts';

/** Whose row is tried, and where it is. */
export type Side = 'own' | 'own, private workspace' | 'other';

/** What one caller can do to one row: R read, I insert, U update, A archive, D delete; a dot for what is refused. */
export type Cell = string;

export type Line = {
  readonly module: string;
  readonly kind: string;
  readonly table: string;
  readonly side: Side;
  /** One for each player. */
  readonly cells: readonly Cell[];
};

export type Matrix = { readonly players: readonly Player[]; readonly lines: readonly Line[] };

type Attempt = { readonly letter: string; readonly sql: string };
type Trial = { readonly table: Table; readonly side: Side; readonly attempts: readonly Attempt[] };

const literal = (value: unknown): string => {
  if (value === null || value === undefined) return 'null';
  if (value instanceof Date) return `'${value.toISOString()}'`;
  if (Buffer.isBuffer(value)) return `'\\x${value.toString('hex')}'`;
  if (Array.isArray(value))
    return value.length === 0 ? "'{}'" : `array[${value.map(literal).join(', ')}]`;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `'${text.replaceAll("'", "''")}'`;
};

const insertOf = (table: Table, row: Row) =>
  Object.keys(row).length === 0
    ? `insert into ${table.name} default values`
    : `insert into ${table.name} (${Object.keys(row).join(', ')}) values (${Object.values(row).map(literal).join(', ')})`;

function attemptsOn(table: Table, row: Row, newRow: Row): Attempt[] {
  // An id is enough; times are finer in Postgres than here.
  const key = table.key.filter((column) => column !== 'occurred_at');
  const where = key.map((column) => `${column} = ${literal(row[column])}`).join(' and ');
  const changed = table.updatable[0] ?? table.changeable;
  return [
    { letter: 'R', sql: `select ${key.join(', ')} from ${table.name} where ${where}` },
    { letter: 'I', sql: insertOf(table, newRow) },
    { letter: 'U', sql: `update ${table.name} set ${changed} = ${changed} where ${where}` },
    table.archive
      ? { letter: 'A', sql: `select ${table.archive}(${literal(row['id'])})` }
      : { letter: 'D', sql: `delete from ${table.name} where ${where}` },
  ];
}

/** Refusals for want of a right. */
const NO_RIGHT = new Set(['42501', 'CB001', 'CB003', 'CB004']);

/** A rule that a trigger speaks for may come before the policies are asked: then nothing is known yet. */
type Outcome = 'allowed' | 'refused' | 'not asked';

async function outcomeOf(client: PoolClient, { sql }: Attempt): Promise<Outcome> {
  try {
    const results = (await client.query(
      `savepoint attempt; ${sql}; rollback to savepoint attempt`,
    )) as unknown as { rowCount: number | null }[];
    return (results[1]?.rowCount ?? 0) > 0 ? 'allowed' : 'refused';
  } catch (error) {
    await client.query('rollback to savepoint attempt');
    const { code = '' } = error as { code?: string };
    if (NO_RIGHT.has(code)) return 'refused';
    if (code.startsWith('CB')) return 'not asked';
    // Constraints are checked after the policies.
    if (code.startsWith('23')) return 'allowed';
    throw new Error(`This is no attempt: ${sql}`, { cause: error });
  }
}

/** The same where the table's triggers are silent, so that the policies speak. */
async function withoutRules(
  database: Database,
  caller: Caller,
  table: Table,
  attempt: Attempt,
): Promise<Outcome> {
  const client = await database.pool().connect();
  try {
    await client.query('begin');
    await client.query(`alter table ${table.name} disable trigger user`);
    await client.query('set local role callboard_authenticator');
    await enter(client, caller);
    return await outcomeOf(client, attempt);
  } finally {
    await client.query('rollback');
    client.release();
  }
}

async function cellsOf(
  database: Database,
  caller: Caller,
  trials: readonly Trial[],
): Promise<Cell[]> {
  const outcomes = await as(database, caller, async (client) => {
    const found: Outcome[][] = [];
    for (const { attempts } of trials) {
      const ofTrial: Outcome[] = [];
      for (const attempt of attempts) ofTrial.push(await outcomeOf(client, attempt));
      found.push(ofTrial);
    }
    return found;
  });
  const cells: Cell[] = [];
  for (const [index, { table, attempts }] of trials.entries()) {
    let cell = '';
    for (const [number, attempt] of attempts.entries()) {
      const first = outcomes[index]?.[number];
      const outcome =
        first === 'not asked' ? await withoutRules(database, caller, table, attempt) : first;
      cell += outcome === 'allowed' ? attempt.letter : '·';
    }
    cells.push(cell);
  }
  return cells;
}

async function trialsOf(client: PoolClient, { ours, theirs }: Stage): Promise<Trial[]> {
  const samples = new Samples(client);
  const trials: Trial[] = [];
  for (const table of await tablesOf(client)) {
    const places: [Side, Place][] = [['own', 'shared']];
    if (table.columns.includes('workspace_id')) places.push(['own, private workspace', 'private']);
    for (const [side, place] of places) {
      const row = await samples.rowOf(table, ours, place);
      const newRow = await samples.newRow(table, ours, place);
      trials.push({ table, side, attempts: attemptsOn(table, row, newRow) });
    }
    if (!isSomebodys(table)) continue;
    const row = await samples.rowOf(table, theirs, 'shared');
    const named = table.columns.includes('organization_id')
      ? { organization_id: theirs.organizationId }
      : table.columns.includes('user_id')
        ? { user_id: theirs.owner.userId }
        : {};
    const newRow = { ...(await samples.newRow(table, theirs, 'shared')), ...named };
    trials.push({ table, side: 'other', attempts: attemptsOn(table, row, newRow) });
  }
  return trials;
}

/** Makes what is tried, and hands out what tries it: everything as everybody, undone again. */
export async function prepareIsolation(database: Database): Promise<() => Promise<Matrix>> {
  const stage = await makeStage(database);
  const client = await database.pool().connect();
  let trials: Trial[];
  try {
    trials = await trialsOf(client, stage);
  } finally {
    client.release();
  }
  return async () => {
    const columns: Cell[][] = [];
    for (const { caller } of stage.players) {
      columns.push(await cellsOf(database, caller, trials));
    }
    const lines = trials.map(({ table, side }, index) => ({
      module: table.module,
      kind: table.kind,
      table: table.name,
      side,
      cells: columns.map((column) => column[index] ?? ''),
    }));
    return { players: stage.players, lines };
  };
}
