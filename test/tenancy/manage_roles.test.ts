import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { as, makeCast, type Caller, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { call, idsOf, turnInto, undone } from './calling.ts';

const database = testDatabase();

let cast: Cast;
let other: Cast;
let ids: Awaited<ReturnType<typeof idsOf>>;
let otherIds: Awaited<ReturnType<typeof idsOf>>;
beforeAll(async () => {
  cast = await makeCast(database, 'casting');
  other = await makeCast(database, 'foreign');
  ids = await idsOf(database, cast);
  otherIds = await idsOf(database, other);
});

const create = (client: PoolClient, given: Record<string, unknown> = {}) =>
  call(client, 'tenancy.create_role', {
    name: 'Line producer',
    permissions: ['projects.read', 'finance.read'],
    ...given,
  });

/** Makes a role, and gives it to somebody, as the back office would. */
async function give(client: PoolClient, who: Caller, permissions: string[], key: string) {
  await client.query('reset role');
  const { rows } = await client.query<{ id: string }>(
    'insert into tenancy.roles (organization_id, key, name, permissions) values ($1, $2, $2, $3) returning id',
    [cast.organizationId, key, permissions],
  );
  await client.query(
    'update tenancy.organization_members set role_id = $1 where organization_id = $2 and user_id = $3',
    [rows[0]?.id, cast.organizationId, who.userId],
  );
  return rows[0]!.id;
}

describe("roles of one's own", () => {
  test('are made by owners, with a key out of the name', async () => {
    await as(database, cast.owner, async (client) => {
      expect(await create(client)).toMatchObject({
        key: 'line_producer',
        is_system: false,
        permissions: ['finance.read', 'projects.read'],
      });
      expect(await create(client, { name: '1. Aufnahmeleiter*in' })).toMatchObject({
        key: 'aufnahmeleiter_in',
      });
      expect((await create(client, { name: '監督' }))['key']).toMatch(/^role_[0-9a-f]{8}$/);
    });
    for (const who of [cast.admin, cast.member, cast.guest]) {
      await as(database, who, async (client) => {
        await expect(create(client)).rejects.toMatchObject({ code: 'CB003' });
      });
    }
  });

  test.each([
    ['permissions', 'CB002', { permissions: ['finance.fly'] }],
    ['permissions', 'CB002', { permissions: [null] }],
    ['permissions', 'CB002', { permissions: ['tenancy.own'] }],
    ['name', 'CB002', { name: '  ' }],
    ['name', 'CB002', { name: 'x'.repeat(101) }],
    ['name', 'CB005', { name: 'Owner' }],
    ['key', 'CB005', { key: 'guest' }],
    ['key', 'CB002', { key: 'Grip!' }],
  ])('with a wrong %s are refused with %s', async (column, code, given) => {
    await as(database, cast.owner, async (client) => {
      await expect(create(client, given)).rejects.toMatchObject({ code, column });
    });
  });

  test('change for all who have them, at their next request', async () => {
    await undone(database, async (client) => {
      const id = await give(client, cast.member, ['projects.read'], 'reader');
      await turnInto(client, cast.owner);
      expect(
        await call(client, 'tenancy.update_role', { row_id: id, permissions: ['finance.read'] }),
      ).toMatchObject({ name: 'reader', permissions: ['finance.read'] });
      expect(
        await call(client, 'tenancy.update_role', { row_id: id, name: ' Books ' }),
      ).toMatchObject({ name: 'Books', key: 'reader', permissions: ['finance.read'] });
      await turnInto(client, cast.member);
      const { rows } = await client.query(
        "select authz.has('finance.read') as finance, authz.has('projects.read') as projects",
      );
      expect(rows).toEqual([{ finance: true, projects: false }]);
    });
  });

  test('that come with the product stay, and those of others do not exist', async () => {
    for (const [row_id, code] of [
      [ids.role('guest'), 'CB003'],
      [otherIds.role('guest'), 'CB004'],
      [null, 'CB004'],
    ]) {
      for (const name of ['tenancy.update_role', 'tenancy.delete_role']) {
        await as(database, cast.owner, async (client) => {
          await expect(call(client, name, { row_id })).rejects.toMatchObject({
            code,
            column: 'row_id',
          });
        });
      }
    }
  });

  test('nobody gives by a role what they do not hold, and nobody changes one that allows more', async () => {
    await undone(database, async (client) => {
      const own = await give(
        client,
        cast.member,
        ['tenancy.manage_roles', 'projects.read'],
        'casting_desk',
      );
      const above = await give(client, cast.guest, ['projects.read', 'finance.read'], 'books');
      const peer = await give(client, cast.guest, ['projects.read'], 'peer');
      await turnInto(client, cast.member);
      const refused = async (work: Promise<unknown>, column: string) => {
        await expect(work).rejects.toMatchObject({ code: 'CB003', column });
        await client.query('rollback to s');
      };
      await client.query('savepoint s');
      await refused(create(client), 'permissions');
      await refused(
        call(client, 'tenancy.update_role', { row_id: own, permissions: ['finance.read'] }),
        'permissions',
      );
      await refused(
        call(client, 'tenancy.update_role', { row_id: above, permissions: [] }),
        'row_id',
      );
      await refused(call(client, 'tenancy.delete_role', { row_id: above }), 'row_id');
      await refused(
        call(client, 'tenancy.delete_role', { row_id: peer, reassign_to_id: ids.role('admin') }),
        'reassign_to_id',
      );
      // the role is no more than theirs, but one who has it was granted more besides
      await turnInto(client, undefined);
      await client.query(
        "insert into tenancy.member_permissions (organization_id, user_id, permission) values ($1, $2, 'finance.read')",
        [cast.organizationId, cast.guest.userId],
      );
      await turnInto(client, cast.member);
      await client.query('savepoint s');
      await refused(
        call(client, 'tenancy.update_role', { row_id: peer, permissions: [] }),
        'row_id',
      );
      expect(
        await create(client, { permissions: ['projects.read'], name: 'Reader' }),
      ).toMatchObject({ key: 'reader' });
    });
  });
});

describe('deleting a role', () => {
  test('moves its members and invitations to the one named, and is refused without', async () => {
    await undone(database, async (client) => {
      const id = await give(client, cast.member, ['projects.read'], 'reader');
      await client.query(
        `insert into tenancy.invitations (organization_id, email, role_id, invited_by, expires_at)
         values ($1, 'new@casting.test', $2, $3, now() + interval '1 day')`,
        [cast.organizationId, id, cast.owner.userId],
      );
      await turnInto(client, cast.owner);
      await client.query('savepoint s');
      const remove = (reassign_to_id?: string) =>
        call(client, 'tenancy.delete_role', { row_id: id, reassign_to_id });
      for (const [to, code, column] of [
        [undefined, 'CB005', 'row_id'],
        [id, 'CB002', 'reassign_to_id'],
        [otherIds.role('guest'), 'CB004', 'reassign_to_id'],
      ] as const) {
        await expect(remove(to)).rejects.toMatchObject({ code, column });
        await client.query('rollback to s');
      }
      expect(await remove(ids.role('guest'))).toMatchObject({ key: 'reader' });
      await turnInto(client, undefined);
      const { rows } = await client.query(
        `select (select role_key from tenancy.organization_members where organization_id = $1 and user_id = $2) as member,
                (select r.key from tenancy.invitations i join tenancy.roles r on r.id = i.role_id) as invited,
                exists (select from tenancy.roles where id = $3) as there`,
        [cast.organizationId, cast.member.userId, id],
      );
      expect(rows).toEqual([{ member: 'guest', invited: 'guest', there: false }]);
    });
  });

  test('makes guests of its members only where the settings allow guests', async () => {
    await undone(database, async (client) => {
      const id = await give(client, cast.member, ['projects.read'], 'reader');
      await turnInto(client, cast.owner);
      await call(client, 'tenancy.update_organization_settings', {
        section: 'security',
        patch: { guestsAllowed: false },
      });
      await client.query('savepoint s');
      const remove = (reassign_to_id: string) =>
        call(client, 'tenancy.delete_role', { row_id: id, reassign_to_id });
      await expect(remove(ids.role('guest'))).rejects.toMatchObject({
        code: 'CB005',
        column: 'reassign_to_id',
      });
      await client.query('rollback to s');
      expect(await remove(ids.role('member'))).toMatchObject({ key: 'reader' });
    });
  });

  test('needs no other when only former members had it', async () => {
    await undone(database, async (client) => {
      const id = await give(client, cast.left, ['projects.read'], 'reader');
      await turnInto(client, cast.owner);
      expect(await call(client, 'tenancy.delete_role', { row_id: id })).toMatchObject({ id });
    });
  });
});

describe('grants to one member', () => {
  const set = (client: PoolClient, who: Caller, given: Record<string, unknown> = {}) =>
    call(client, 'tenancy.set_member_permission', {
      member_id: ids.member(who),
      permission: 'finance.read',
      ...given,
    });

  test('add, deny, end, and are taken back', async () => {
    await undone(database, async (client) => {
      await turnInto(client, cast.admin);
      const may = async (permission: string) => {
        await turnInto(client, undefined);
        const { rows } = await client.query<{ may: boolean }>(
          'select $3 = any (tenancy.permissions_now(m)) as may from tenancy.organization_members m where m.organization_id = $1 and m.user_id = $2',
          [cast.organizationId, cast.member.userId, permission],
        );
        await turnInto(client, cast.admin);
        return rows[0]?.may;
      };
      const granted = await set(client, cast.member, { reason: 'Audit week' });
      expect(granted).toMatchObject({ effect: 'grant', created_by: cast.admin.userId });
      expect(await may('finance.read')).toBe(true);
      const { rows } = await client.query("select now() + interval '1 day' as tomorrow");
      const again = await set(client, cast.member, { expires_at: rows[0].tomorrow });
      expect(again['id']).toBe(granted['id']);
      const denied = await set(client, cast.member, {
        permission: 'projects.write',
        effect: 'deny',
      });
      expect(await may('projects.write')).toBe(false);
      await call(client, 'tenancy.clear_member_permission', { row_id: denied['id'] });
      expect(await may('projects.write')).toBe(true);
      await call(client, 'tenancy.clear_member_permission', { row_id: granted['id'] });
      expect(await may('finance.read')).toBe(false);
    });
  });

  test.each([
    ['permission', 'CB002', () => ({ permission: 'finance.fly' })],
    ['permission', 'CB002', () => ({ permission: 'tenancy.own' })],
    ['permission', 'CB002', () => ({ permission: null })],
    ['permission', 'CB003', () => ({ permission: 'tenancy.manage_roles' })],
    ['effect', 'CB002', () => ({ effect: 'maybe' })],
    ['expires_at', 'CB002', () => ({ expires_at: '2020-01-01T00:00:00Z' })],
    ['expires_at', 'CB002', () => ({ expires_at: 'infinity' })],
    ['reason', 'CB002', () => ({ reason: 'x'.repeat(501) })],
    ['member_id', 'CB003', () => ({ member_id: ids.member(cast.owner) })],
    ['member_id', 'CB003', () => ({ member_id: ids.member(cast.admin) })],
    ['member_id', 'CB004', () => ({ member_id: ids.member(cast.left) })],
    ['member_id', 'CB004', () => ({ member_id: otherIds.member(other.member) })],
  ])('with a wrong %s are refused with %s', async (column, code, given) => {
    await as(database, cast.admin, async (client) => {
      await expect(set(client, cast.member, given())).rejects.toMatchObject({ code, column });
    });
  });

  test('owners have nothing granted and nothing denied', async () => {
    await undone(database, async (client) => {
      await client.query(
        'update tenancy.organization_members set role_id = $1 where organization_id = $2 and user_id = $3',
        [ids.role('owner'), cast.organizationId, cast.admin.userId],
      );
      await turnInto(client, cast.owner);
      await expect(set(client, cast.admin, { effect: 'deny' })).rejects.toMatchObject({
        code: 'CB005',
      });
    });
  });

  test('nobody lifts a denial of their own, or of what they do not hold', async () => {
    await undone(database, async (client) => {
      const { rows } = await client.query<{ id: string; user_id: string }>(
        `insert into tenancy.member_permissions (organization_id, user_id, permission, effect)
         values ($1, $2, 'finance.read', 'deny'), ($1, $3, 'finance.read', 'deny') returning id, user_id`,
        [cast.organizationId, cast.admin.userId, cast.member.userId],
      );
      await turnInto(client, cast.admin);
      await client.query('savepoint s');
      for (const { id } of rows) {
        await expect(
          call(client, 'tenancy.clear_member_permission', { row_id: id }),
        ).rejects.toMatchObject({ code: 'CB003', column: 'row_id' });
        await client.query('rollback to s');
      }
      // nor by way of another role
      await expect(
        call(client, 'tenancy.change_member_role', {
          row_id: ids.member(cast.admin),
          role_id: ids.role('admin'),
        }),
      ).rejects.toMatchObject({ code: 'CB003' });
    });
  });

  test("are the organization's: others neither see nor clear them", async () => {
    await undone(database, async (client) => {
      const { rows } = await client.query<{ id: string }>(
        "insert into tenancy.member_permissions (organization_id, user_id, permission) values ($1, $2, 'finance.read') returning id",
        [cast.organizationId, cast.guest.userId],
      );
      const seen = async (who: Caller) => {
        await turnInto(client, who);
        return (await client.query('select from tenancy.member_permissions')).rowCount;
      };
      expect(await seen(cast.guest)).toBe(1);
      expect(await seen(cast.member)).toBe(1);
      expect(await seen(other.owner)).toBe(0);
      await expect(
        call(client, 'tenancy.clear_member_permission', { row_id: rows[0]?.id }),
      ).rejects.toMatchObject({ code: 'CB004' });
    });
  });
});

test('a permission that a release brings reaches owners, and own roles only by decision', async () => {
  await undone(database, async (client) => {
    await turnInto(client, cast.owner);
    const { id } = await call(client, 'tenancy.create_role', {
      name: 'Stage door',
      permissions: ['projects.read'],
    });
    await turnInto(client, undefined);
    await client.query('alter table tenancy.roles disable trigger user');
    await client.query(
      "update tenancy.roles set updated_at = now() - interval '1 day' where id = $1",
      [id],
    );
    await client.query('alter table tenancy.roles enable trigger user');
    await client.query(
      "update authz.permissions set added_at = now() - interval '1 year' where key <> 'samples.read'",
    );
    await client.query(
      "select authz.define_permission('samples.read', 'Read samples.', '{owner,admin}')",
    );
    await turnInto(client, cast.owner);
    const { rows } = await client.query(
      `select p.key, p.is_grantable from tenancy.roles r
         join tenancy.permissions() p on p.added_at > r.updated_at
        where r.id = $1`,
      [id],
    );
    expect(rows).toEqual([{ key: 'samples.read', is_grantable: true }]);
    const { rows: roles } = await client.query(
      "select key from tenancy.roles where organization_id = $1 and 'samples.read' = any (permissions) order by key",
      [cast.organizationId],
    );
    expect(roles).toEqual([{ key: 'admin' }, { key: 'owner' }]);
  });
});

test('the list of permissions says what each is, and what the caller may give', async () => {
  await as(database, cast.admin, async (client) => {
    const { rows } = await client.query('select * from tenancy.permissions()');
    const of = (key: string) => rows.find((row) => row.key === key);
    expect(of('finance.read')).toMatchObject({ is_grantable: true });
    expect(of('tenancy.manage_roles')).toMatchObject({
      is_grantable: false,
      default_roles: ['owner'],
    });
  });
  await as(database, cast.owner, async (client) => {
    const { rows } = await client.query(
      'select key from tenancy.permissions() where not is_grantable',
    );
    expect(rows).toEqual([{ key: 'tenancy.own' }]);
  });
});
