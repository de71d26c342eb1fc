import { beforeAll, expect, test } from '@jest/globals';
import type { Pool } from 'pg';
import { onEmbedded, testDatabase } from '../helpers/database.ts';
import { withRoles } from '../helpers/engine.ts';

const database = testDatabase({ migrated: false });
withRoles(database);

beforeAll(async () => {
  await database.pool().query(`
    create table public.members_only (n int);
    insert into public.members_only values (1);
    grant select on public.members_only to callboard_member`);
});

const owner = () => database.pool('callboard_owner');
const authenticator = () => database.pool('callboard_authenticator');

async function roleOf(pool: Pool): Promise<string | undefined> {
  const { rows } = await pool.query<{ role: string }>('select current_user as role');
  return rows[0]?.role;
}

test('a pool gives clients of its role', async () => {
  const login = await roleOf(database.pool());
  expect([
    await roleOf(owner()),
    await roleOf(authenticator()),
    await roleOf(database.pool()),
  ]).toEqual(['callboard_owner', 'callboard_authenticator', login]);
  expect(['callboard_owner', 'callboard_authenticator']).not.toContain(login);
});

test('a role has the rights that it has on a server', async () => {
  const count = await database.pool().query('select n from members_only');
  expect(count.rows).toEqual([{ n: 1 }]);
  await expect(authenticator().query('select n from members_only')).rejects.toMatchObject({
    code: '42501',
  });
  const client = await authenticator().connect();
  try {
    await client.query('begin');
    await client.query("select set_config('role', 'callboard_member', true)");
    expect((await client.query('select n from members_only')).rows).toEqual([{ n: 1 }]);
    await client.query('rollback');
    await expect(client.query('select n from members_only')).rejects.toMatchObject({
      code: '42501',
    });
  } finally {
    client.release();
  }
});

test('reset role leads back to the role of the pool', async () => {
  const client = await authenticator().connect();
  try {
    await client.query('set role callboard_member');
    await client.query('reset role');
    const { rows } = await client.query('select current_user as role');
    expect(rows).toEqual([{ role: 'callboard_authenticator' }]);
  } finally {
    client.release();
  }
});

test.each([
  'set role callboard_member',
  "select set_config('role', 'callboard_member', false)",
  'begin; set role callboard_member; commit',
  'do $$ begin set role callboard_member; end $$',
])('%s reaches no other client', async (sql) => {
  const [one, other] = [await authenticator().connect(), await authenticator().connect()];
  try {
    await one.query(sql);
    const { rows } = await other.query('select current_user as role');
    expect(rows).toEqual([{ role: 'callboard_authenticator' }]);
  } finally {
    one.release(true);
    other.release();
  }
});

test('a setting of one client reaches no other', async () => {
  const [one, other] = [await owner().connect(), await owner().connect()];
  try {
    await one.query(
      "set statement_timeout = '7s'; select set_config('callboard.user_id', 'me', false)",
    );
    const { rows } = await other.query(
      "select current_setting('statement_timeout') as timeout, nullif(current_setting('callboard.user_id', true), '') as me",
    );
    expect(rows).toEqual([{ timeout: '0', me: null }]);
  } finally {
    one.release(true);
    other.release();
  }
});

test('a local setting ends with its transaction', async () => {
  const client = await owner().connect();
  try {
    await client.query('begin');
    await client.query("select set_config('callboard.user_id', 'me', true)");
    await client.query('commit');
    const { rows } = await client.query(
      "select nullif(current_setting('callboard.user_id', true), '') as me",
    );
    expect(rows).toEqual([{ me: null }]);
  } finally {
    client.release();
  }
});

test('the search path is the one that Postgres has by itself', async () => {
  const { rows } = await database.pool().query('show search_path');
  expect(rows).toEqual([{ search_path: '"$user", public' }]);
});

onEmbedded('signing in', () => {
  test('a role cannot become one that it is not a member of', async () => {
    await expect(authenticator().query('set role callboard_owner')).rejects.toMatchObject({
      code: '42501',
    });
    expect(await roleOf(authenticator())).toBe('callboard_authenticator');
  });

  test('a role that does not exist is an error of the first query', async () => {
    const absent = database.pool('callboard_absent' as 'callboard_owner');
    await expect(absent.query('select 1')).rejects.toMatchObject({ code: '22023' });
    await expect(absent.query('select $1::int', [1])).rejects.toMatchObject({ code: '22023' });
    expect(await roleOf(owner())).toBe('callboard_owner');
  });
});
