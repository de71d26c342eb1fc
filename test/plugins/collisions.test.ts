import { beforeAll, describe, expect, test } from '@jest/globals';
import { buildSchema } from '../../server/schema.ts';
import { EXPOSED_SCHEMAS } from '../../server/preset.ts';
import { testDatabase } from '../helpers/database.ts';

describe('a naming collision', () => {
  const database = testDatabase();
  beforeAll(async () => {
    await database.pool().query(`
      create schema clash;
      grant usage on schema clash to callboard_member;
      create table clash.crates (id uuid primary key);
      create table clash.labels (id uuid primary key, crate text, crate_id uuid references clash.crates);
      create index on clash.labels (crate_id);
      grant select on clash.crates, clash.labels to callboard_member;
      create schema fixed;
      grant usage on schema fixed to callboard_member;
      create table fixed.crates (id uuid primary key);
      create table fixed.labels (id uuid primary key, crate_name text, crate_id uuid references fixed.crates);
      create index on fixed.labels (crate_id);
      grant select on fixed.crates, fixed.labels to callboard_member;
    `);
  });

  test('of a column and a relation ends the build and says which', async () => {
    await expect(
      buildSchema(database, { schemas: [...EXPOSED_SCHEMAS, 'clash'] }),
    ).rejects.toMatchObject({
      name: 'NamingCollisionError',
      message: expect.stringMatching(/same GraphQL name.*"crate"|name.*'crate'/s) as unknown,
    });
  });

  test('of two tables of the same name in two schemas ends the build', async () => {
    await expect(
      buildSchema(database, { schemas: [...EXPOSED_SCHEMAS, 'clash', 'fixed'] }),
    ).rejects.toThrow(/crates/);
  });

  test('that is put right lets it pass', async () => {
    const schema = await buildSchema(database, { schemas: [...EXPOSED_SCHEMAS, 'fixed'] });
    expect(schema.getType('Label')).toBeDefined();
  });
});
