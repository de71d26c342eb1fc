import { afterEach, expect, test } from '@jest/globals';
import type { Notification, PoolClient } from 'pg';
import { testDatabase } from '../helpers/database.ts';
import { withRoles } from '../helpers/engine.ts';

const database = testDatabase({ migrated: false });
withRoles(database);

type Ear = { client: PoolClient; heard: string[]; until(count: number): Promise<string[]> };

const ears: Ear[] = [];

/** A client that stays checked out, and what it hears. */
async function ear(commands: string): Promise<Ear> {
  const client = await database.pool().connect();
  const heard: string[] = [];
  const waiting: (() => void)[] = [];
  client.on('notification', ({ channel, payload }: Notification) => {
    heard.push(`${channel}=${payload ?? ''}`);
    for (const wake of waiting.splice(0)) wake();
  });
  await client.query(commands);
  const until = async (count: number) => {
    while (heard.length < count) await new Promise<void>((wake) => waiting.push(wake));
    return heard;
  };
  const result = { client, heard, until };
  ears.push(result);
  return result;
}

const notify = (channel: string, payload: string) =>
  database.pool('callboard_authenticator').query('select pg_notify($1, $2)', [channel, payload]);

afterEach(async () => {
  for (const { client } of ears.splice(0)) {
    client.removeAllListeners('notification');
    await client.query('unlisten *');
    client.release();
  }
});

test('a notification of another pool reaches who listens', async () => {
  const listener = await ear('LISTEN "jobs:insert"; LISTEN "worker:migrate";');
  await notify('jobs:insert', '{"count":1}');
  await notify('worker:migrate', '');
  expect(await listener.until(2)).toEqual(['jobs:insert={"count":1}', 'worker:migrate=']);
});

test('it comes only once the transaction has committed, and not at all when it is rolled back', async () => {
  const listener = await ear('listen news');
  const client = await database.pool().connect();
  try {
    await client.query('begin');
    await client.query("notify news, 'never'");
    await client.query('rollback');
    await client.query('begin');
    await client.query("notify news, 'first'");
    await client.query('select 1');
    expect(listener.heard).toEqual([]);
    await client.query('commit');
    expect(await listener.until(1)).toEqual(['news=first']);
  } finally {
    client.release();
  }
});

test('everybody who listens hears it, and nobody else', async () => {
  const [one, two, other] = [
    await ear('listen Alpha'),
    await ear('listen "alpha"'),
    await ear('listen beta'),
  ];
  await notify('alpha', '1');
  await notify('beta', '2');
  expect(await one.until(1)).toEqual(['alpha=1']);
  expect(await two.until(1)).toEqual(['alpha=1']);
  expect(await other.until(1)).toEqual(['beta=2']);
});

test('who stops listening hears no more, and the others go on', async () => {
  const [one, other] = [await ear('listen alpha; listen beta'), await ear('listen alpha')];
  await one.client.query('/* enough */ unlisten alpha');
  await notify('alpha', '1');
  await notify('beta', '2');
  expect(await other.until(1)).toEqual(['alpha=1']);
  expect(await one.until(1)).toEqual(['beta=2']);
});

test('a connection that ends listens no more, and the others go on', async () => {
  const lost = await database.pool().connect();
  await lost.query('listen alpha');
  const other = await ear('listen alpha');
  lost.release(true);
  await notify('alpha', '1');
  expect(await other.until(1)).toEqual(['alpha=1']);
});

test('nothing is listened to once the last listener has gone', async () => {
  const lost = await database.pool().connect();
  await lost.query('listen alpha');
  lost.release(true);
  const { rows } = await database.pool().query('select pg_listening_channels() as channel');
  expect(rows).toEqual([]);
});

test('listening inside a transaction that is rolled back is not listening', async () => {
  const listener = await ear('listen beta');
  await listener.client.query('begin');
  await listener.client.query('listen alpha');
  await listener.client.query('rollback');
  const other = await ear('listen alpha');
  await notify('alpha', '1');
  await notify('beta', '2');
  expect(await other.until(1)).toEqual(['alpha=1']);
  expect(await listener.until(1)).toEqual(['beta=2']);
});

test('to stop listening inside a transaction that is rolled back is to go on', async () => {
  const listener = await ear('listen alpha');
  await listener.client.query('begin');
  await listener.client.query('unlisten alpha');
  await listener.client.query('rollback');
  await notify('alpha', '1');
  expect(await listener.until(1)).toEqual(['alpha=1']);
});
