import { expect, test } from '@jest/globals';
import { testDatabase } from '../helpers/database.ts';

const database = testDatabase({ migrated: false });

/** What `pg` makes of a value of each type that Callboard uses. */
const READ: [expression: string, value: unknown][] = [
  ['true', true],
  ['1::int2', 1],
  ['2147483647::int4', 2147483647],
  ['9007199254740993::int8', '9007199254740993'],
  ['count(*)', '1'],
  ['12345678901.10::numeric(14,2)', '12345678901.10'],
  ['1.5::float8', 1.5],
  ["'NaN'::float8", NaN],
  ['0.25::float4', 0.25],
  ["'text'::text", 'text'],
  ["'ünï☃'::varchar(10)", 'ünï☃'],
  ["'EUR'::char(3)", 'EUR'],
  ["'n'::name", 'n'],
  ["'0190d5f0-0000-7000-8000-000000000001'::uuid", '0190d5f0-0000-7000-8000-000000000001'],
  ["'\\x00ff10'::bytea", Buffer.from([0, 255, 16])],
  ['\'{"a":[1,null]}\'::json', { a: [1, null] }],
  ['\'{"b":1.50,"a":"x"}\'::jsonb', { a: 'x', b: 1.5 }],
  ["'null'::jsonb", null],
  ["'2026-02-03 04:05:06.789+00'::timestamptz", new Date('2026-02-03T04:05:06.789Z')],
  ["'2026-02-03 04:05:06'::timestamp", new Date(2026, 1, 3, 4, 5, 6)],
  ["'2026-02-03'::date", new Date(2026, 1, 3)],
  ["'04:05:06'::time", '04:05:06'],
  ["'{1,NULL,3}'::int4[]", [1, null, 3]],
  ["'{9007199254740993}'::int8[]", ['9007199254740993']],
  [
    "'{{a,b},{c,NULL}}'::text[]",
    [
      ['a', 'b'],
      ['c', null],
    ],
  ],
  ["'{1.10}'::numeric[]", [1.1]],
  ["'{0190d5f0-0000-7000-8000-000000000001}'::uuid[]", ['0190d5f0-0000-7000-8000-000000000001']],
  ['array[\'{"a":1}\'::jsonb]', [{ a: 1 }]],
  ["'{2026-02-03 04:05:06+00}'::timestamptz[]", [new Date('2026-02-03T04:05:06Z')]],
  ["'[2026-01-01,2026-02-01)'::daterange", '[2026-01-01,2026-02-01)'],
  ["'[1,5)'::int4range", '[1,5)'],
  ["'[2026-01-01 10:00:00+00,)'::tstzrange", '["2026-01-01 10:00:00+00",)'],
  ["'{[1,2),[5,8)}'::int4multirange", '{[1,2),[5,8)}'],
  ["'10.0.0.1/8'::inet", '10.0.0.1/8'],
  ["'fat & rat'::tsquery", "'fat' & 'rat'"],
  ["'a b'::tsvector", "'a' 'b'"],
  ["row(1, 'x')", '(1,x)'],
  ["'42'::oid", 42],
  ['null::text', null],
];

test.each(READ)('%s is read as pg reads it', async (expression, value) => {
  const { rows } = await database.pool().query<{ value: unknown }>(`select ${expression} as value`);
  expect(rows[0]?.value).toEqual(value);
});

test('an interval is read as an object of its parts', async () => {
  const { rows } = await database.pool().query("select '1 day 02:00'::interval as value");
  expect(rows).toEqual([{ value: { days: 1, hours: 2 } }]);
});

/** What `pg` sends for a value of each kind. */
const SENT: [what: string, value: unknown, type: string, text: string][] = [
  ['a number', 1.5, 'numeric', '1.5'],
  ['a big integer', 9007199254740993n, 'int8', '9007199254740993'],
  ['a boolean', false, 'bool', 'false'],
  ['null', null, 'text', 'NULL'],
  ['a string with quotes', `a'b"c\\d`, 'text', `a'b"c\\d`],
  ['an empty string', '', 'text', ''],
  ['an array', [1, null, 3], 'int[]', '{1,NULL,3}'],
  ['an array of strings', ['a,b', '"c"', 'null'], 'text[]', '{"a,b","\\"c\\"","null"}'],
  ['an array of arrays', [['a'], ['b']], 'text[]', '{{a},{b}}'],
  ['an object', { a: [1, 'x'] }, 'jsonb', '{"a": [1, "x"]}'],
  ['bytes', Buffer.from([0, 255]), 'bytea', '\\x00ff'],
  ['an instant', new Date('2026-02-03T04:05:06.789Z'), 'timestamptz', '2026-02-03 04:05:06.789+00'],
];

test.each(SENT)('%s is sent as pg sends it', async (_what, value, type, text) => {
  const client = await database.pool().connect();
  try {
    await client.query('begin');
    await client.query("set local time zone 'UTC'");
    const { rows } = await client.query<{ text: string }>(
      `select coalesce(($1::${type})::text, 'NULL') as text`,
      [value],
    );
    expect(rows).toEqual([{ text }]);
  } finally {
    await client.query('rollback');
    client.release();
  }
});

test('rows come as arrays when asked for, and a result says what it has', async () => {
  const result = await database.pool().query({
    text: 'select 1 as a, $1::text as a, null::jsonb as b',
    values: ['x'],
    rowMode: 'array',
  });
  expect(result.rows).toEqual([[1, 'x', null]]);
  expect(result.command).toBe('SELECT');
  expect(result.rowCount).toBe(1);
  expect(result.fields.map(({ name, dataTypeID }) => [name, dataTypeID])).toEqual([
    ['a', 23],
    ['a', 25],
    ['b', 3802],
  ]);
});

test('a text of several statements gives several results', async () => {
  const results: unknown = await database
    .pool()
    .query(
      'create temp table several (a int); insert into several values (1), (2); select a from several',
    );
  expect(results).toEqual([
    expect.objectContaining({ command: 'CREATE', rowCount: null }),
    expect.objectContaining({ command: 'INSERT', rowCount: 2 }),
    expect.objectContaining({ command: 'SELECT', rows: [{ a: 1 }, { a: 2 }] }),
  ]);
});

test('a large result and a large parameter arrive whole', async () => {
  const text = 'ü'.repeat(3_000_000);
  const { rows } = await database
    .pool()
    .query<{ same: boolean; sent: string }>(
      'select $1 = repeat($2, 3000000) as same, $1::text as sent',
      [text, 'ü'],
    );
  expect(rows[0]?.same).toBe(true);
  expect(rows[0]?.sent === text).toBe(true);
  const many = await database
    .pool()
    .query<{ n: number }>('select n from generate_series(1, 50000) n');
  expect(many.rows).toHaveLength(50_000);
  expect(many.rows.at(-1)).toEqual({ n: 50_000 });
});

test('a query takes a callback, on a pool and on a client', async () => {
  const fromPool = await new Promise((resolve, reject) => {
    database.pool().query('select $1::int as n', [7], (error, result) => {
      if (error) reject(error);
      else resolve(result.rows);
    });
  });
  expect(fromPool).toEqual([{ n: 7 }]);
  const fromClient = await new Promise((resolve, reject) => {
    database.pool().connect((error, client, release) => {
      if (error || !client) return reject(error ?? new Error('no client'));
      client.query('select 8 as n', (failure, result) => {
        release();
        if (failure) reject(failure);
        else resolve(result.rows);
      });
    });
  });
  expect(fromClient).toEqual([{ n: 8 }]);
});

test('a named statement may be run again, on one client and on another', async () => {
  const named = (n: number) => ({ name: 'double', text: 'select $1::int * 2 as n', values: [n] });
  const [one, other] = [await database.pool().connect(), await database.pool().connect()];
  try {
    expect((await one.query(named(1))).rows).toEqual([{ n: 2 }]);
    expect((await other.query(named(2))).rows).toEqual([{ n: 4 }]);
    expect((await one.query(named(3))).rows).toEqual([{ n: 6 }]);
  } finally {
    one.release();
    other.release();
  }
});

test('a copy from the client is refused and the client goes on', async () => {
  const client = await database.pool().connect();
  try {
    await client.query('create temp table copied (a int)');
    await expect(client.query('copy copied from stdin')).rejects.toMatchObject({ code: '57014' });
    expect((await client.query('select 1 as n')).rows).toEqual([{ n: 1 }]);
  } finally {
    client.release();
  }
});
