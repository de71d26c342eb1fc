import { beforeEach, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { onEmbedded, testDatabase } from '../helpers/database.ts';

const database = testDatabase({ migrated: false });

beforeEach(async () => {
  await database.pool().query('drop table if exists marks; create table marks (who text, n int)');
});

async function marks(): Promise<string[]> {
  const { rows } = await database
    .pool()
    .query<{ mark: string }>('select who || n as mark from marks order by who, n');
  return rows.map(({ mark }) => mark);
}

async function withClient<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await database.pool().connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

const mark = (client: PoolClient, who: string, n: number) =>
  client.query('insert into marks values ($1, $2)', [who, n]);

test('transactions that run at the same time do not mix', async () => {
  const work = (who: string, ending: 'commit' | 'rollback') =>
    withClient(async (client) => {
      await client.query('begin');
      const before = await client.query<{ id: string }>('select pg_current_xact_id()::text as id');
      for (let n = 1; n <= 5; n += 1) await mark(client, who, n);
      const after = await client.query<{ id: string }>('select pg_current_xact_id()::text as id');
      await client.query(ending);
      return before.rows[0]?.id === after.rows[0]?.id;
    });
  const same = await Promise.all([
    work('a', 'commit'),
    work('b', 'rollback'),
    work('c', 'commit'),
    work('d', 'rollback'),
  ]);
  expect(same).toEqual([true, true, true, true]);
  expect(await marks()).toEqual(['a1', 'a2', 'a3', 'a4', 'a5', 'c1', 'c2', 'c3', 'c4', 'c5']);
});

test('a failed statement leaves the transaction aborted until it is rolled back', async () => {
  await withClient(async (client) => {
    await client.query('begin');
    await mark(client, 'a', 1);
    await expect(client.query('select 1 / 0')).rejects.toMatchObject({ code: '22012' });
    await expect(client.query('select 1')).rejects.toMatchObject({ code: '25P02' });
    const { command } = await client.query('commit');
    expect(command).toBe('ROLLBACK');
    await mark(client, 'b', 1);
  });
  expect(await marks()).toEqual(['b1']);
});

test('savepoints undo what came after them, and no more', async () => {
  await withClient(async (client) => {
    await client.query('begin');
    await mark(client, 'a', 1);
    await client.query('savepoint outside');
    await mark(client, 'a', 2);
    await client.query('savepoint inside');
    await expect(client.query('select 1 / 0')).rejects.toMatchObject({ code: '22012' });
    await client.query('rollback to savepoint inside');
    await mark(client, 'a', 3);
    await client.query('rollback to savepoint outside');
    await mark(client, 'a', 4);
    await client.query('commit');
  });
  expect(await marks()).toEqual(['a1', 'a4']);
});

test('a client released inside a transaction is rolled back', async () => {
  const client = await database.pool().connect();
  await client.query('begin');
  await mark(client, 'a', 1);
  client.release();
  expect(await marks()).toEqual([]);
  await withClient(async (next) => {
    await mark(next, 'b', 1);
    expect(next.getTransactionStatus()).toBe('I');
  });
  expect(await marks()).toEqual(['b1']);
});

test('a client released with an error takes its transaction with it', async () => {
  const client = await database.pool().connect();
  await client.query('begin');
  await mark(client, 'a', 1);
  client.release(new Error('lost'));
  expect(await marks()).toEqual([]);
  await expect(client.query('select 1')).rejects.toThrow(/released|closed/);
});

test('queries sent without waiting run in their order, in their transaction', async () => {
  await withClient(async (client) => {
    await Promise.all([
      client.query('begin'),
      mark(client, 'a', 1),
      mark(client, 'a', 2),
      client.query('commit'),
    ]);
  });
  expect(await marks()).toEqual(['a1', 'a2']);
});

test('after a failure, what follows in the same pipeline does not run', async () => {
  const pool = database.pool('callboard_authenticator');
  await database.pool().query(`
    do $$ begin
      if not exists (select from pg_roles where rolname = 'callboard_authenticator') then
        create role callboard_authenticator login noinherit;
      end if;
    end $$;
    grant all on marks to callboard_authenticator`);
  const client = await pool.connect();
  try {
    const results = await Promise.allSettled([
      client.query('begin'),
      client.query('select 1 / 0'),
      mark(client, 'a', 1),
      client.query('commit'),
    ]);
    expect(
      results.map((result) =>
        result.status === 'fulfilled' ? result.value.command : result.reason.code,
      ),
    ).toEqual(['BEGIN', '22012', '25P02', 'ROLLBACK']);
  } finally {
    client.release();
  }
  expect(await marks()).toEqual([]);
});

onEmbedded('the queue for the one session', () => {
  test('is first come, first served', async () => {
    const holder = await database.pool().connect();
    const waiting = await Promise.all([1, 2, 3, 4, 5].map(() => database.pool().connect()));
    await holder.query('begin');
    const order: number[] = [];
    const answers = waiting.map((client, n) => client.query('select 1').then(() => order.push(n)));
    await mark(holder, 'a', 1);
    expect(order).toEqual([]);
    await holder.query('commit');
    await Promise.all(answers);
    expect(order).toEqual([0, 1, 2, 3, 4]);
    for (const client of [holder, ...waiting]) client.release();
  });

  test('a client that is only checked out keeps nobody waiting', async () => {
    const idle = await database.pool().connect();
    await idle.query('select 1');
    expect(await marks()).toEqual([]);
    idle.release();
  });

  test('a query on a released client is refused', async () => {
    const client = await database.pool().connect();
    client.release();
    await expect(client.query('select 1')).rejects.toThrow('released to its pool');
  });
});
