import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openDatabase, type Database, type DatabaseRole } from '../../db/connect.ts';
import { migrate } from '../../db/migrate.ts';
import { testDatabase } from '../helpers/database.ts';
import { serverAddress, testServer } from '../setup/environment.ts';

const LOGIN = `callboard_test_login_${randomBytes(4).toString('hex')}`;
const PASSWORD = 'only-for-tests';
const ROLES: readonly DatabaseRole[] = [
  'callboard_owner',
  'callboard_authenticator',
  'callboard_service',
];

const database = testDatabase({ migrated: false });
let managed: Database;

/** The same database, signed in to as a login that may make roles and is no superuser. */
async function signIn(): Promise<Database> {
  const server = testServer();
  if (!server) {
    return { ...database, pool: (role) => database.pool(role ?? (LOGIN as DatabaseRole)) };
  }
  const { rows } = await database
    .pool()
    .query<{ name: string }>('select current_database() as name');
  const address = new URL(serverAddress(server, rows[0]?.name ?? ''));
  address.username = LOGIN;
  address.password = PASSWORD;
  return openDatabase({ databaseUrl: address.href, dataDir: 'unused' });
}

beforeAll(async () => {
  await database.pool().query(`
    create role ${LOGIN} login createrole password '${PASSWORD}';
    -- pgvector is the one extension that not everybody may install who owns the database: providers let their logins.
    create schema extensions authorization ${LOGIN};
    grant usage on schema extensions to public;
    create extension vector schema extensions;
    do $$
    declare
      known text;
    begin
      execute format('alter database %I owner to ${LOGIN}', current_database());
      -- Roles that other databases of a server have already: those of 16 and later give a role to nobody but who has it to give,
      -- as whoever makes one has.
      if current_setting('server_version_num')::integer >= 160000 then
        for known in select rolname from pg_roles where rolname = any ('{${ROLES.join(',')}}') loop
          execute format('grant %I to ${LOGIN} with admin true, inherit false, set false', known);
        end loop;
      end if;
    end
    $$`);
  managed = await signIn();
});

afterAll(async () => {
  const server = testServer();
  if (!server) return;
  await managed.close();
  const owner = await openDatabase({ databaseUrl: server, dataDir: '' });
  try {
    await owner.pool().query(`drop role ${LOGIN}`);
  } finally {
    await owner.close();
  }
});

test('a login that may make roles and is no superuser migrates, a second time as well, and works as every role', async () => {
  const { rows } = await managed
    .pool()
    .query<{ is_superuser: string }>("select current_setting('is_superuser') as is_superuser");
  expect(rows).toEqual([{ is_superuser: 'off' }]);
  expect((await migrate(managed)).ran).not.toEqual([]);
  await database
    .pool()
    .query("update platform.migrations set hash = 'another' where path like '%/access.sql'");
  expect((await migrate(managed)).ran).not.toEqual([]);
  for (const role of ROLES) {
    const client = await managed.pool().connect();
    try {
      await client.query('begin');
      await client.query(`set local role ${role}`);
      expect((await client.query('select current_user as role')).rows).toEqual([{ role }]);
    } finally {
      await client.query('rollback');
      client.release();
    }
  }
});
