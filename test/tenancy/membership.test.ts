import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { as, makeCast, type Caller, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { turnInto, undone } from './calling.ts';

const database = testDatabase();

let cast: Cast;
let other: Cast;
let platformAdmin: Caller;
beforeAll(async () => {
  cast = await makeCast(database, 'inside');
  other = await makeCast(database, 'outside');
  const { rows } = await database.pool().query<{ id: string }>(
    `with made as (
       insert into identity.users (email, name) values ('platform@inside.test', 'Platform') returning id
     )
     select id from made`,
  );
  platformAdmin = { userId: rows[0]!.id };
  await database
    .pool()
    .query("insert into identity.platform_roles (user_id, role) values ($1, 'admin')", [
      platformAdmin.userId,
    ]);
});

const roleOf = async (client: PoolClient, organization: string | null, who?: Caller) => {
  const { rows } = await client.query<{ role: string | null; member: boolean }>(
    'select tenancy.get_tenant_member_role($1, $2) as role, tenancy.is_tenant_member($1, $2) as member',
    [organization, who?.userId ?? null],
  );
  return rows[0];
};

describe('membership', () => {
  test('is known about oneself, also where one is not at the moment', async () => {
    await as(database, { userId: cast.guest.userId! }, async (client) => {
      expect(await roleOf(client, cast.organizationId)).toEqual({ role: 'guest', member: true });
      expect(await roleOf(client, other.organizationId)).toEqual({ role: null, member: false });
      expect(await roleOf(client, null)).toEqual({ role: null, member: false });
    });
    await as(database, cast.left, async (client) => {
      expect(await roleOf(client, cast.organizationId)).toEqual({ role: null, member: false });
    });
  });

  test('of others is for who reads members there, and for administrators of the platform', async () => {
    for (const who of [cast.member, platformAdmin]) {
      await as(database, who, async (client) => {
        expect(await roleOf(client, cast.organizationId, cast.owner)).toEqual({
          role: 'owner',
          member: true,
        });
        expect(await roleOf(client, cast.organizationId, other.owner)).toEqual({
          role: null,
          member: false,
        });
      });
    }
  });

  test('is not told to strangers, whether it is so or not', async () => {
    for (const [who, organization, whom] of [
      [other.owner, cast.organizationId, cast.owner],
      [other.owner, cast.organizationId, other.member],
      [cast.guest, cast.organizationId, cast.owner],
      [cast.member, other.organizationId, other.owner],
      [cast.member, null, cast.owner],
    ] as const) {
      await as(database, who, async (client) => {
        await expect(roleOf(client, organization, whom)).rejects.toMatchObject({
          code: 'CB003',
          column: 'tenant_id',
        });
      });
    }
  });

  test('ends when the organization is suspended', async () => {
    await undone(database, async (client) => {
      await client.query("update tenancy.organizations set status = 'suspended' where id = $1", [
        cast.organizationId,
      ]);
      await turnInto(client, { userId: cast.owner.userId! });
      expect(await roleOf(client, cast.organizationId)).toEqual({ role: null, member: false });
    });
  });
});

describe('roles above all organizations', () => {
  const has = async (client: PoolClient, role: string, who?: Caller) =>
    (
      await client.query<{ has: boolean; admin: boolean }>(
        'select identity.has_role($1, $2) as has, identity.is_admin($2) as admin',
        [role, who?.userId ?? null],
      )
    ).rows[0];

  test('everyone has one from the start, and no more', async () => {
    await as(database, cast.owner, async (client) => {
      expect(await has(client, 'user')).toEqual({ has: true, admin: false });
      expect(await has(client, 'admin')).toEqual({ has: false, admin: false });
      expect(await has(client, 'no such role', cast.owner)).toEqual({ has: false, admin: false });
    });
  });

  test('of others are for administrators of the platform', async () => {
    await as(database, cast.owner, async (client) => {
      await expect(has(client, 'admin', platformAdmin)).rejects.toMatchObject({
        code: 'CB003',
        column: 'user_id',
      });
    });
    await as(database, platformAdmin, async (client) => {
      expect(await has(client, 'moderator', cast.owner)).toEqual({ has: false, admin: false });
      expect(await has(client, 'admin')).toEqual({ has: true, admin: true });
    });
  });

  test('come with the account, as profile and settings do', async () => {
    const { rows } = await database.pool().query(
      `select (select count(*)::int from identity.users) as users,
              (select count(*)::int from identity.profiles) as profiles,
              (select count(*)::int from identity.user_settings where organization_id is null) as settings,
              (select count(*)::int from identity.platform_roles where role = 'user') as roles`,
    );
    const { users } = rows[0];
    expect(rows[0]).toEqual({ users, profiles: users, settings: users, roles: users });
  });
});
