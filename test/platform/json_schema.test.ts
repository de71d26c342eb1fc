import { describe, expect, test } from '@jest/globals';
import { testDatabase } from '../helpers/database.ts';

const database = testDatabase();

async function violations(schema: object, value: unknown): Promise<string[]> {
  const { rows } = await database
    .pool()
    .query<{ field: string; problem: string }>(
      'select * from platform.json_schema_violations($1, $2)',
      [JSON.stringify(schema), JSON.stringify(value)],
    );
  return rows.map(({ field, problem }) => `${field}: ${problem}`);
}

const value = async (sql: string, ...values: unknown[]) =>
  (
    await database.pool().query<{ value: unknown }>(
      `select ${sql} as value`,
      values.map((each) => JSON.stringify(each)),
    )
  ).rows[0]?.value;

describe('a value fits a schema', () => {
  test.each([
    [{ type: 'string' }, 'a', 1],
    [{ type: 'number' }, 1.5, '1'],
    [{ type: 'integer' }, 2, 1.5],
    [{ type: 'boolean' }, false, 0],
    [{ type: 'object' }, {}, []],
    [{ type: 'array' }, [], {}],
    [{ type: 'string' }, '', null],
    [{ const: 3 }, 3, 4],
    [{ enum: ['a', 1] }, 1, 'b'],
    [{ type: 'number', minimum: 0 }, 0, -0.1],
    [{ type: 'number', maximum: 1e3 }, 1000, 1001],
    [{ type: 'string', minLength: 2 }, 'ab', 'a'],
    // characters, not bytes
    [{ type: 'string', maxLength: 2 }, 'ÄÖ', 'ÄÖÜ'],
    [{ type: 'string', pattern: '^[a-z]+$' }, 'abc', 'aBc'],
    [{ type: 'string', format: 'email' }, 'a@b.test', 'a@b'],
    [{ type: 'string', format: 'uri' }, 'https://a.test/b?c', 'javascript:alert(1)'],
    [{ type: 'string', format: 'time-zone' }, 'Europe/Berlin', 'Europe/Entenhausen'],
    [{ type: 'array', minItems: 1 }, [1], []],
    [{ type: 'array', maxItems: 1 }, [1], [1, 2]],
    [{ type: 'array', uniqueItems: true }, [1, '1'], [1, 1]],
    [{ type: 'array', items: { type: 'integer' } }, [1, 2], [1, '2']],
    [{ type: 'object', required: ['a'] }, { a: null }, {}],
    [{ type: 'object', properties: {}, additionalProperties: false }, {}, { a: 1 }],
    [{ type: 'object', additionalProperties: { type: 'string' } }, { a: 'b' }, { a: 1 }],
  ])('%j takes %j, not %j', async (schema, fits, doesNot) => {
    expect(await violations(schema, fits)).toEqual([]);
    expect(await violations(schema, doesNot)).toHaveLength(1);
  });

  test('what does not is named by its path, all of it', async () => {
    const schema = {
      type: 'object',
      additionalProperties: false,
      required: ['name'],
      properties: {
        name: { type: 'string' },
        quietHours: {
          type: 'object',
          properties: { from: { type: 'string', pattern: '^\\d\\d$' } },
        },
        days: { type: 'array', items: { type: 'integer', maximum: 7 } },
      },
    };
    expect(
      (
        await violations(schema, { quietHours: { from: 'noon' }, days: [1, 9, 'x'], other: {} })
      ).sort(),
    ).toEqual([
      'days.1: has to be at most 7',
      'days.2: has to be of type integer',
      'name: is missing',
      'other: is not known',
      'quietHours.from: has to look like ^\\d\\d$',
    ]);
    expect(await violations(schema, 7)).toEqual([': has to be of type object']);
  });
});

test.each([
  [{ type: 'object', properties: { a: { type: 'string', default: 'b' } } }, true],
  [{ oneOf: [] }, false],
  [{ type: 'text' }, false],
  [{ type: 'string', format: 'date' }, false],
  [{}, false],
  [[], false],
  [{ type: 'object', properties: { a: { $ref: '#' } } }, false],
  [{ type: 'array', items: { type: 'string', not: {} } }, false],
  [{ type: 'object', additionalProperties: true }, false],
])('a schema says only what is checked: %j is one, %j', async (schema, is) => {
  expect(await value('platform.is_json_schema($1)', schema)).toBe(is);
});

describe('defaults', () => {
  const schema = {
    type: 'object',
    properties: {
      a: { type: 'integer', default: 1 },
      b: {
        type: 'object',
        properties: { c: { type: 'boolean', default: false }, d: { type: 'string' } },
      },
    },
  };
  test.each([
    [{}, { a: 1, b: { c: false } }],
    [
      { a: 2, b: { c: true, d: 'x' } },
      { a: 2, b: { c: true, d: 'x' } },
    ],
    [{ b: { d: 'x' } }, { a: 1, b: { c: false, d: 'x' } }],
  ])('of %j make it %j', async (given, whole) => {
    expect(await value('platform.with_defaults($1, $2)', schema, given)).toEqual(whole);
  });
});

// The table of RFC 7396, appendix A.
describe('a merge patch', () => {
  test.each<[unknown, unknown, unknown]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j with %j is %j', async (target, patch, result) => {
    expect(await value('platform.merge_patch($1, $2)', target, patch)).toEqual(result);
  });
});
