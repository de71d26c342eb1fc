import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { as, makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';

const database = testDatabase();
let cast: Cast;

beforeAll(async () => {
  cast = await makeCast(database, 'fielded');
});

type Definition = {
  name: string;
  type: string;
  options?: object;
  required?: boolean;
  workspaceId?: string;
};

const define = (
  client: PoolClient,
  { name, type, options = {}, required = false, workspaceId }: Definition,
) =>
  client.query(
    `insert into collaboration.custom_fields
       (entity_type, field_name, label, field_type, options, is_required, workspace_id)
     values ('projects.projects', $1, $1, $2, $3, $4, $5)`,
    [name, type, options, required, workspaceId ?? null],
  );

/** The error of a project with these custom fields; undefined when it goes in. */
async function refusal(client: PoolClient, fields: object, workspaceId: string | null = null) {
  await client.query('savepoint attempt');
  try {
    await client.query(
      "insert into projects.projects (name, custom_fields, workspace_id) values ('Fielded', $1, $2)",
      [JSON.stringify(fields), workspaceId],
    );
    return undefined;
  } catch (error) {
    const { code, column, message } = error as { code: string; column?: string; message: string };
    return { code, column, message };
  } finally {
    await client.query('rollback to savepoint attempt');
  }
}

describe('custom fields', () => {
  test.each([
    ['text', {}, 'a word', 7],
    ['text', { max_length: 3 }, 'abc', 'abcd'],
    ['number', { min: 0, max: 10 }, 10, 10.01],
    ['number', {}, -1.5, '1'],
    ['boolean', {}, false, 'false'],
    ['date', {}, '2028-02-29', '2027-02-29'],
    ['date', {}, '2027-01-01', '01/02/2027'],
    ['datetime', {}, '2027-01-01T10:00:00Z', '2027-01-01'],
    ['select', { choices: ['16mm', '35mm'] }, '16mm', '70mm'],
    ['multi_select', { choices: ['a', 'b'] }, ['a', 'b'], ['a', 'c']],
    ['multi_select', { choices: ['a', 'b'] }, [], 'a'],
    ['url', {}, 'https://lumen.test/x', 'javascript:alert(1)'],
    ['email', {}, 'a@b.test', 'a.b.test'],
  ])('%s with %j takes %j and refuses %j', async (type, options, good, bad) => {
    await as(database, cast.owner, async (client) => {
      await define(client, { name: 'sample', type, options });
      expect(await refusal(client, { sample: good })).toBeUndefined();
      expect(await refusal(client, { sample: null })).toBeUndefined();
      expect(await refusal(client, { sample: bad })).toMatchObject({
        code: 'CB009',
        column: 'custom_fields.sample',
      });
    });
  });

  test('a field that nobody defined is refused by name', async () => {
    await as(database, cast.owner, async (client) => {
      expect(await refusal(client, { unheard: 1 })).toEqual({
        code: 'CB009',
        column: 'custom_fields.unheard',
        message: 'Custom field "unheard" is not defined.',
      });
    });
  });

  test('a required one must be there, not null and not empty', async () => {
    await as(database, cast.owner, async (client) => {
      await define(client, { name: 'stock', type: 'text', required: true });
      for (const fields of [{}, { stock: null }, { stock: '' }]) {
        expect(await refusal(client, fields)).toMatchObject({
          code: 'CB009',
          message: 'Custom field "stock" is required.',
        });
      }
      expect(await refusal(client, { stock: '35mm' })).toBeUndefined();
    });
  });

  test('a definition that came later stands in the way of no other change', async () => {
    await as(database, cast.owner, async (client) => {
      await client.query("insert into projects.projects (name) values ('Before')");
      await define(client, { name: 'stock', type: 'text', required: true });
      await client.query("update projects.projects set location = 'Queens'");
      await expect(
        client.query(`update projects.projects set custom_fields = '{"stock": 5}'`),
      ).rejects.toMatchObject({ code: 'CB009' });
    });
  });

  test("a workspace's own definition comes before the organization's", async () => {
    await as(database, cast.owner, async (client) => {
      await define(client, { name: 'stock', type: 'text' });
      await define(client, { name: 'stock', type: 'number', workspaceId: cast.workspaceId });
      expect(await refusal(client, { stock: '35mm' })).toBeUndefined();
      expect(await refusal(client, { stock: '35mm' }, cast.workspaceId)).toMatchObject({
        code: 'CB009',
      });
      expect(await refusal(client, { stock: 35 }, cast.workspaceId)).toBeUndefined();
    });
  });

  test("another organization's definitions do not count", async () => {
    const other = await makeCast(database, 'unfielded');
    await database.pool().query(
      `insert into collaboration.custom_fields (organization_id, entity_type, field_name, label, field_type)
       values ($1, 'projects.projects', 'theirs', 'Theirs', 'text')`,
      [other.organizationId],
    );
    await as(database, cast.owner, async (client) => {
      expect(await refusal(client, { theirs: 'x' })).toMatchObject({ code: 'CB009' });
    });
    await as(database, other.owner, async (client) => {
      expect(await refusal(client, { theirs: 'x' })).toBeUndefined();
    });
  });

  test('only an object can be a set of fields', async () => {
    await as(database, cast.owner, async (client) => {
      expect(await refusal(client, [1])).toMatchObject({ code: '23514' });
    });
  });

  test('a choice without choices is refused', async () => {
    await as(database, cast.owner, async (client) => {
      await expect(define(client, { name: 'stock', type: 'select' })).rejects.toMatchObject({
        code: '23514',
      });
    });
  });
});
