import { describe, expect, test } from '@jest/globals';
import { testDatabase } from '../helpers/database.ts';
import { RULES } from './rules.ts';

const database = testDatabase();

async function offenders(query: string, violation?: string): Promise<string[]> {
  const client = await database.pool().connect();
  try {
    await client.query('begin');
    if (violation) {
      await client.query('set local role callboard_owner');
      // Roles belong to the login, everything else to the owner.
      if (violation.startsWith('alter role')) await client.query('reset role');
      await client.query(violation);
      await client.query('reset role');
    }
    const { rows } = await client.query<{ offender: string }>(query);
    return rows.map((row) => row.offender);
  } finally {
    await client.query('rollback');
    client.release();
  }
}

describe.each(RULES.map((rule) => [rule.name, rule] as const))('%s', (_name, rule) => {
  test('holds', async () => {
    expect(await offenders(rule.offenders)).toEqual([]);
  });

  test('and is known to catch what breaks it', async () => {
    expect(await offenders(rule.offenders, rule.violation)).toContain(rule.offender);
  });
});
