import { beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { testDatabase } from '../helpers/database.ts';

const database = testDatabase({ migrated: false });

beforeAll(async () => {
  await database.pool().query(`
    create table public.shelves (id int primary key);
    create table public.books (
      id int primary key,
      title text not null,
      pages int constraint books_pages_check check (pages > 0),
      shelf_id int constraint books_shelf_id_fkey references public.shelves
    );
    create function public.refuse() returns void language plpgsql as $$
    begin
      raise exception using errcode = 'CB002', message = 'No.', detail = 'Really.', hint = 'Do not.',
        column = 'title', constraint = 'c', table = 't', schema = 's', datatype = 'd';
    end
    $$;
    insert into public.books values (1, 'One', 10, null)`);
});

const ERRORS: [sql: string, fields: Record<string, unknown>][] = [
  [
    "insert into books values (1, 'Again', 1, null)",
    {
      code: '23505',
      severity: 'ERROR',
      message: 'duplicate key value violates unique constraint "books_pkey"',
      detail: 'Key (id)=(1) already exists.',
      schema: 'public',
      table: 'books',
      column: undefined,
      constraint: 'books_pkey',
      position: undefined,
      routine: '_bt_check_unique',
    },
  ],
  [
    'insert into books values (2, null, 1, null)',
    {
      code: '23502',
      detail: 'Failing row contains (2, null, 1, null).',
      schema: 'public',
      table: 'books',
      column: 'title',
      constraint: undefined,
    },
  ],
  [
    "insert into books values (2, 'Two', 0, null)",
    { code: '23514', table: 'books', constraint: 'books_pages_check' },
  ],
  [
    "insert into books values (2, 'Two', 1, 9)",
    {
      code: '23503',
      detail: 'Key (shelf_id)=(9) is not present in table "shelves".',
      constraint: 'books_shelf_id_fkey',
    },
  ],
  [
    'select * from absent',
    { code: '42P01', position: '15', message: 'relation "absent" does not exist' },
  ],
  ['selec 1', { code: '42601', position: '1' }],
  ['select 1 / 0', { code: '22012', message: 'division by zero' }],
  [
    'select refuse()',
    {
      code: 'CB002',
      message: 'No.',
      detail: 'Really.',
      hint: 'Do not.',
      schema: 's',
      table: 't',
      column: 'title',
      dataType: 'd',
      constraint: 'c',
      where: 'PL/pgSQL function refuse() line 3 at RAISE',
    },
  ],
];

test.each(ERRORS)('%s fails with the fields that pg gives', async (sql, fields) => {
  const error: unknown = await database
    .pool()
    .query(sql)
    .then(
      () => undefined,
      (each: unknown) => each,
    );
  expect(error).toBeInstanceOf(pg.DatabaseError);
  expect(error).toMatchObject({ severity: 'ERROR', ...fields });
});

test.each(ERRORS)('%s fails alike when it is prepared', async (sql, { code }) => {
  await expect(
    database.pool().query({ text: `${sql}`, values: [], queryMode: 'extended' } as pg.QueryConfig),
  ).rejects.toMatchObject({ code });
});

test('a parameter that does not fit its type is an error, and the client goes on', async () => {
  const client = await database.pool().connect();
  try {
    await expect(client.query('select $1::int', ['x'])).rejects.toMatchObject({ code: '22P02' });
    expect((await client.query('select $1::int as n', [1])).rows).toEqual([{ n: 1 }]);
  } finally {
    client.release();
  }
});

test('notices reach the client that caused them, and no other', async () => {
  const [one, other] = [await database.pool().connect(), await database.pool().connect()];
  const heard: unknown[] = [];
  const overheard: unknown[] = [];
  one.on('notice', (notice) =>
    heard.push([notice.severity, notice.code, notice.message, notice.hint]),
  );
  other.on('notice', (notice) => overheard.push(notice));
  try {
    await one.query(
      `do $$ begin raise warning using errcode = '01CB1', message = 'Mind', hint = 'the gap'; end $$`,
    );
    await other.query('select 1');
    expect(heard).toEqual([['WARNING', '01CB1', 'Mind', 'the gap']]);
    expect(overheard).toEqual([]);
  } finally {
    one.release();
    other.release();
  }
});
