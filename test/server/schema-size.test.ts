import { expect, test } from '@jest/globals';
import { buildSchema, printedSchema } from '../../server/schema.ts';
import { testDatabase } from '../helpers/database.ts';

/**
 * What a table may add to the API on average. At 262 tables that is some 3 900 types and 2.6 MB of SDL; relations back along
 * columns that every table has, or aggregates on every table, would double it.
 */
const PER_TABLE = { types: 15, characters: 10_000 };

const database = testDatabase();

test('the API stays within its budget of types and characters', async () => {
  const schema = await buildSchema(database);
  const { rows } = await database.pool().query<{ tables: number }>(
    `select count(*)::int as tables
       from platform.protected_tables t
      where t.kind <> 'internal' and t.module not in ('platform', 'authz')`,
  );
  const tables = rows[0]?.tables ?? 0;
  expect(tables).toBeGreaterThan(20);
  expect(Object.keys(schema.getTypeMap()).length / tables).toBeLessThan(PER_TABLE.types);
  expect(printedSchema(schema).length / tables).toBeLessThan(PER_TABLE.characters);
});
