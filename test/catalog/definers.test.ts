import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { DEFINERS_BEGIN, DEFINERS_END, definersTable } from '../../scripts/definers.ts';
import { testDatabase } from '../helpers/database.ts';

const database = testDatabase();

/** Rows of a table without the padding that a formatter gives its columns. */
const rowsOf = (table: string) =>
  table
    .trim()
    .split('\n')
    .map((row) => row.replaceAll(/\s*\|\s*/g, '|').replaceAll(/-+/g, '-'));

const documented = () => {
  const text = readFileSync(path.join(import.meta.dirname, '../../docs/SECURITY.md'), 'utf8');
  return rowsOf(text.split(DEFINERS_BEGIN)[1]?.split(DEFINERS_END)[0] ?? '');
};

test('docs/SECURITY.md lists every definer, who calls it and why (npm run docs:definers)', async () => {
  expect(documented()).toEqual(rowsOf(await definersTable(database.pool())));
});

test('and a new one would be missed there', async () => {
  const client = await database.pool().connect();
  try {
    await client.query('begin');
    await client.query(
      `create function projects.peek() returns bigint language sql stable security definer
       set search_path = pg_catalog, pg_temp as 'select count(*) from projects.projects'`,
    );
    const { rows } = await client.query("select from pg_proc where prosecdef and proname = 'peek'");
    expect(rows).toHaveLength(1);
    expect(documented().some((row) => row.includes('projects.peek()'))).toBe(false);
  } finally {
    await client.query('rollback');
    client.release();
  }
});
