import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse, validate } from 'graphql';
import { DEMO_ACCOUNTS } from '../db/demo/load.ts';
import { buildSchema } from '../server/schema.ts';
import { SETTINGS } from '../server/settings.ts';
import { testDatabase } from './helpers/database.ts';

const ROOT = path.join(import.meta.dirname, '..');
const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
const rows = readme
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) => line.split('|').map((cell) => cell.trim()));

describe('the README', () => {
  const database = testDatabase();

  test('lists every setting with its default, and no other', () => {
    const listed = rows
      .filter(([, name]) => /^`[A-Z_]+`$/.test(name ?? ''))
      .map(([, name]) => name?.replaceAll('`', ''));
    expect(listed).toEqual(SETTINGS.map(({ name }) => name));
    for (const setting of SETTINGS) {
      const row = rows.find(([, name]) => name === `\`${setting.name}\``);
      expect(row?.[2]).toContain(setting.default);
    }
  });

  test('names the demo accounts', () => {
    for (const { email, what } of DEMO_ACCOUNTS) {
      expect(rows.some((row) => row[1] === `\`${email}\`` && row[2] === what)).toBe(true);
    }
  });

  test('names commands that are there', () => {
    const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = [...readme.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name ?? '');
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test('shows queries that the API understands', async () => {
    const schema = await buildSchema(database);
    const queries = [...readme.matchAll(/```graphql\n([\s\S]+?)```/g)].map(
      ([, query]) => query ?? '',
    );
    expect(queries).toHaveLength(2);
    for (const query of queries) expect(validate(schema, parse(query))).toEqual([]);
  });

  test('links to documents that are there', () => {
    for (const [, target] of readme.matchAll(/\]\(([^)]+)\)/g)) {
      expect(() => readFileSync(path.join(ROOT, target ?? ''))).not.toThrow();
    }
  });
});
