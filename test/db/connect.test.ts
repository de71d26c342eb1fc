import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { DatabaseUnavailableError, openDatabase } from '../../db/connect.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { withRoles } from '../helpers/engine.ts';
import { testServer } from '../setup/environment.ts';

const attempt = (databaseUrl: string) =>
  openDatabase({ databaseUrl, dataDir: 'unused' }).then(
    () => undefined,
    (error: unknown) => error,
  );

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('a server that is not there is one clear line without the password', async () => {
  const port = await freePort();
  const error = await attempt(`postgres://somebody:s3cret@127.0.0.1:${port}/callboard`);
  expect(error).toBeInstanceOf(DatabaseUnavailableError);
  expect(error).toMatchObject({
    code: 'ECONNREFUSED',
    message: `No database at 127.0.0.1:${port}: nothing listens there.`,
  });
});

test('an address that is none says what one looks like', async () => {
  const error = await attempt('s3cret@nowhere');
  expect(error).toBeInstanceOf(DatabaseUnavailableError);
  expect((error as Error).message).toMatch(/^DATABASE_URL is no address/);
  expect((error as Error).message).not.toContain('s3cret');
});

onServer('a database server', () => {
  const database = testDatabase({ migrated: false });
  withRoles(database);

  const address = (change: (url: URL) => void): string => {
    const url = new URL(testServer() ?? '');
    change(url);
    return url.href;
  };

  test('that refuses the login says why, without the password', async () => {
    const error = await attempt(
      address((url) => {
        url.username = 'callboard_nobody';
        url.password = 's3cret';
      }),
    );
    expect(error).toBeInstanceOf(DatabaseUnavailableError);
    expect((error as Error).message).toContain('callboard_nobody');
    expect((error as Error).message).not.toContain('s3cret');
  });

  test('is understood whatever it is set to', async () => {
    const client = await database.pool().connect();
    try {
      const [name] = (await client.query<{ name: string }>('select current_database() as name'))
        .rows;
      await client.query(`alter database ${name!.name} set datestyle = 'German, DMY'`);
      await client.query(`alter database ${name!.name} set standard_conforming_strings = off`);
      const opened = await openDatabase({
        databaseUrl: address((url) => (url.pathname = `/${name!.name}`)),
        dataDir: 'unused',
      });
      try {
        const { rows } = await opened
          .pool('callboard_service')
          .query<{ moment: unknown; text: string }>(
            "select timestamptz '2026-01-02 03:04Z' as moment, 'a\\b' as text",
          );
        expect(rows).toEqual([{ moment: new Date('2026-01-02T03:04Z'), text: 'a\\b' }]);
      } finally {
        await opened.close();
      }
    } finally {
      client.release();
    }
  });

  test('has one pool for each role, which keeps the options of the address', async () => {
    const opened = await openDatabase({
      databaseUrl: address((url) => url.searchParams.set('options', '-c work_mem=7MB')),
      dataDir: 'unused',
    });
    try {
      const pool = opened.pool('callboard_authenticator');
      expect(opened.pool('callboard_authenticator')).toBe(pool);
      const { rows } = await pool.query(
        `select current_user as role, current_setting('work_mem') as memory,
                current_setting('application_name') as application`,
      );
      expect(rows).toEqual([
        { role: 'callboard_authenticator', memory: '7MB', application: 'callboard' },
      ]);
      expect(opened.describe()).toMatch(/^Postgres at \S+:\d+\/\S+$/);
    } finally {
      await opened.close();
    }
  });

  test('whose login is the authenticator migrates as another login', async () => {
    const databaseUrl = address((url) => {
      url.username = 'callboard_authenticator';
    });
    const alone = await openDatabase({ databaseUrl, dataDir: 'unused' });
    expect(() => alone.pool('callboard_owner')).toThrow('DATABASE_OWNER_URL');
    await alone.close();

    const both = await openDatabase({
      databaseUrl,
      databaseOwnerUrl: testServer(),
      dataDir: 'unused',
    });
    try {
      const roleOf = async (role?: 'callboard_owner' | 'callboard_authenticator') =>
        (await both.pool(role).query<{ role: string }>('select current_user as role')).rows[0]
          ?.role;
      expect(await roleOf('callboard_owner')).toBe('callboard_owner');
      expect(await roleOf('callboard_authenticator')).toBe('callboard_authenticator');
      expect(await roleOf()).not.toBe('callboard_authenticator');
    } finally {
      await both.close();
    }
  });

  test('that breaks idle connections off does not bring the process down', async () => {
    const pool = database.pool('callboard_owner');
    const { rows } = await pool.query<{ pid: number }>('select pg_backend_pid() as pid');
    const gone = new Promise((resolve) => pool.once('remove', resolve));
    await database.pool().query('select pg_terminate_backend($1)', [rows[0]?.pid]);
    await gone;
    expect((await pool.query('select 1 as n')).rows).toEqual([{ n: 1 }]);
  });
});
