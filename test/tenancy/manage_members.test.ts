import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { as, makeCast, type Caller, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { call, giveRole, idsOf, turnInto, undone } from './calling.ts';

const database = testDatabase();

let cast: Cast;
let other: Cast;
let ids: Awaited<ReturnType<typeof idsOf>>;
let otherIds: Awaited<ReturnType<typeof idsOf>>;

beforeAll(async () => {
  cast = await makeCast(database, 'crew');
  other = await makeCast(database, 'rivals');
  ids = await idsOf(database, cast);
  otherIds = await idsOf(database, other);
});

const change = (client: PoolClient, who: Caller, role: 'owner' | 'admin' | 'member' | 'guest') =>
  call(client, 'tenancy.change_member_role', { row_id: ids.member(who), role_id: ids.role(role) });

/** Gives somebody a role of the organization's own. */
const lend = (client: PoolClient, who: Caller, permissions: string[], key?: string) =>
  giveRole(client, cast.organizationId, permissions, [who], key);

describe('changing a role', () => {
  test('moves a member, who may do what the new role allows at the next request', async () => {
    await as(database, cast.admin, async (client) => {
      const row = await change(client, cast.guest, 'member');
      expect(row).toMatchObject({ role_key: 'member' });
      await turnInto(client, cast.guest);
      const { rows } = await client.query("select authz.has('projects.write') as may");
      expect(rows).toEqual([{ may: true }]);
    });
  });

  test('an owner makes another one', async () => {
    await as(database, cast.owner, async (client) => {
      expect(await change(client, cast.admin, 'owner')).toMatchObject({ role_key: 'owner' });
    });
  });

  const rule = (client: PoolClient, patch: object) =>
    call(client, 'tenancy.update_organization_settings', { section: 'security', patch });

  test('makes a member of a guest only where the settings let in the address as one', async () => {
    await as(database, cast.owner, async (client) => {
      await rule(client, { allowedEmailDomains: ['elsewhere.test'] });
      await client.query('savepoint s');
      await expect(change(client, cast.guest, 'member')).rejects.toMatchObject({
        code: 'CB005',
        column: 'role_id',
        hint: 'Allowed are: elsewhere.test.',
      });
      await client.query('rollback to s');
      await expect(
        call(client, 'tenancy.transfer_ownership', { row_id: ids.member(cast.guest) }),
      ).rejects.toMatchObject({ code: 'CB005', column: 'row_id' });
      await client.query('rollback to s');
      // whoever was a member before the rule stays one
      expect(await change(client, cast.admin, 'member')).toMatchObject({ role_key: 'member' });
      expect(await change(client, cast.member, 'guest')).toMatchObject({ role_key: 'guest' });
      await rule(client, { allowedEmailDomains: ['elsewhere.test', 'crew.test'] });
      expect(await change(client, cast.guest, 'member')).toMatchObject({ role_key: 'member' });
    });
  });

  test('makes no guest where the settings allow none', async () => {
    await as(database, cast.owner, async (client) => {
      await rule(client, { guestsAllowed: false });
      await client.query('savepoint s');
      await expect(change(client, cast.member, 'guest')).rejects.toMatchObject({
        code: 'CB005',
        column: 'role_id',
      });
      await client.query('rollback to s');
      await expect(
        call(client, 'tenancy.transfer_ownership', {
          row_id: ids.member(cast.admin),
          own_role_id: ids.role('guest'),
        }),
      ).rejects.toMatchObject({ code: 'CB005', column: 'own_role_id' });
      await client.query('rollback to s');
      expect(await change(client, cast.guest, 'member')).toMatchObject({ role_key: 'member' });
    });
  });

  test('is refused to those who do not manage members', async () => {
    for (const who of [cast.member, cast.guest]) {
      await as(database, who, async (client) => {
        await expect(change(client, cast.guest, 'member')).rejects.toMatchObject({ code: 'CB003' });
      });
    }
    await as(database, { userId: cast.owner.userId! }, async (client) => {
      await expect(change(client, cast.guest, 'member')).rejects.toMatchObject({ code: 'CB003' });
    });
  });

  test('an admin does not touch an owner, and makes none', async () => {
    await as(database, cast.admin, async (client) => {
      await expect(change(client, cast.owner, 'guest')).rejects.toMatchObject({
        code: 'CB003',
        column: 'row_id',
        detail: expect.stringContaining('tenancy.own'),
      });
    });
    for (const who of [cast.member, cast.admin]) {
      await as(database, cast.admin, async (client) => {
        await expect(change(client, who, 'owner')).rejects.toMatchObject({
          code: 'CB003',
          column: 'role_id',
        });
      });
    }
  });

  test('nobody gives a role that allows more than they may do, nor changes who may do more', async () => {
    await undone(database, async (client) => {
      await lend(client, cast.member, ['tenancy.read', 'tenancy.manage_members', 'projects.read']);
      await lend(client, cast.guest, ['projects.read'], 'reader');
      await turnInto(client, cast.member);
      await client.query('savepoint s');
      await expect(change(client, cast.guest, 'admin')).rejects.toMatchObject({
        code: 'CB003',
        column: 'role_id',
      });
      await client.query('rollback to s');
      await expect(change(client, cast.admin, 'guest')).rejects.toMatchObject({
        code: 'CB003',
        column: 'row_id',
      });
      await client.query('rollback to s');
      // not even for themselves
      await expect(change(client, cast.member, 'admin')).rejects.toMatchObject({ code: 'CB003' });
    });
  });

  test('what somebody holds until tomorrow they do not pass on', async () => {
    await undone(database, async (client) => {
      await lend(client, cast.member, ['tenancy.manage_members', 'projects.read']);
      await lend(client, cast.guest, ['projects.read'], 'reader');
      await client.query(
        `insert into tenancy.roles (organization_id, key, name, permissions)
         values ($1, 'purse', 'Purse', '{finance.read}')`,
        [cast.organizationId],
      );
      await client.query(
        `insert into tenancy.member_permissions (organization_id, user_id, permission, expires_at)
         values ($1, $2, 'finance.read', now() + interval '1 day')`,
        [cast.organizationId, cast.member.userId],
      );
      const { rows } = await client.query("select id from tenancy.roles where key = 'purse'");
      await turnInto(client, cast.member);
      const give = { row_id: ids.member(cast.guest), role_id: rows[0].id };
      await client.query('savepoint s');
      await expect(call(client, 'tenancy.change_member_role', give)).rejects.toMatchObject({
        code: 'CB003',
        detail: expect.stringContaining('finance.read'),
      });
      await client.query('rollback to s');
      await turnInto(client, undefined);
      await client.query('update tenancy.member_permissions set expires_at = null');
      await turnInto(client, cast.member);
      expect(await call(client, 'tenancy.change_member_role', give)).toMatchObject({
        role_key: 'purse',
      });
    });
  });

  test("another organization's members and roles do not exist", async () => {
    for (const [row_id, role_id, column] of [
      [otherIds.member(other.member), ids.role('guest'), 'row_id'],
      [ids.member(cast.member), otherIds.role('guest'), 'role_id'],
      [null, ids.role('guest'), 'row_id'],
      [ids.member(cast.left), ids.role('guest'), 'row_id'],
    ]) {
      await as(database, cast.owner, async (client) => {
        await expect(
          call(client, 'tenancy.change_member_role', { row_id, role_id }),
        ).rejects.toMatchObject({ code: 'CB004', column });
      });
    }
  });

  test('the last owner stays one', async () => {
    await as(database, cast.owner, async (client) => {
      await expect(change(client, cast.owner, 'admin')).rejects.toMatchObject({ code: 'CB020' });
    });
    await as(database, cast.owner, async (client) => {
      await change(client, cast.admin, 'owner');
      expect(await change(client, cast.owner, 'member')).toMatchObject({ role_key: 'member' });
    });
  });
});

describe('suspending', () => {
  test('locks out at the next request, and reactivating gives everything back', async () => {
    await as(database, cast.admin, async (client) => {
      const row_id = ids.member(cast.guest);
      expect(await call(client, 'tenancy.suspend_member', { row_id })).toMatchObject({
        status: 'suspended',
      });
      expect(await call(client, 'tenancy.suspend_member', { row_id })).toMatchObject({
        status: 'suspended',
      });
      await turnInto(client, cast.guest);
      const { rows } = await client.query('select authz.organization_id() as id');
      expect(rows).toEqual([{ id: null }]);
      await turnInto(client, cast.admin);
      expect(await call(client, 'tenancy.reactivate_member', { row_id })).toMatchObject({
        status: 'active',
      });
      await turnInto(client, cast.guest);
      const seen = await client.query('select from tenancy.workspaces');
      expect(seen.rowCount).toBe(1);
    });
  });

  test('is not for oneself, not for the last owner, and not for who left', async () => {
    for (const [who, whom, code] of [
      [cast.admin, cast.admin, 'CB002'],
      [cast.admin, cast.owner, 'CB003'],
      [cast.admin, cast.left, 'CB004'],
    ] as const) {
      await as(database, who, async (client) => {
        await expect(
          call(client, 'tenancy.suspend_member', { row_id: ids.member(whom) }),
        ).rejects.toMatchObject({ code, column: 'row_id' });
      });
    }
    await as(database, cast.owner, async (client) => {
      await expect(
        call(client, 'tenancy.reactivate_member', { row_id: ids.member(cast.left) }),
      ).rejects.toMatchObject({ code: 'CB004' });
    });
  });
});

describe('removing and leaving', () => {
  test('take workspaces, teams, grants and open invitations along, and leave the rest', async () => {
    await undone(database, async (client) => {
      const { userId } = cast.guest;
      const { rows: teams } = await client.query(
        "insert into tenancy.teams (organization_id, name) values ($1, 'Clients') returning id",
        [cast.organizationId],
      );
      await client.query(
        'insert into tenancy.team_members (organization_id, team_id, user_id) values ($1, $2, $3)',
        [cast.organizationId, teams[0].id, userId],
      );
      await client.query(
        "insert into tenancy.member_permissions (organization_id, user_id, permission) values ($1, $2, 'finance.read')",
        [cast.organizationId, userId],
      );
      await client.query(
        `insert into tenancy.invitations (organization_id, email, role_id, invited_by, expires_at)
         values ($1, 'guest@crew.test', $2, $3, now() + interval '1 day')`,
        [cast.organizationId, ids.role('admin'), cast.owner.userId],
      );
      await client.query(
        `insert into tenancy.api_keys (organization_id, name, prefix, secret_hash, scopes, created_by)
         values ($1, 'Key', 'cb_live_00000000', sha256('key'), '{projects.read}', $2)`,
        [cast.organizationId, userId],
      );
      await turnInto(client, cast.guest);
      expect(await call(client, 'tenancy.leave_organization')).toMatchObject({ status: 'left' });
      await turnInto(client, undefined);
      const { rows } = await client.query(
        `select (select count(*)::int from tenancy.workspace_members where user_id = $1) as workspaces,
                (select count(*)::int from tenancy.team_members where user_id = $1 and deleted_at is null) as teams,
                (select count(*)::int from tenancy.member_permissions where user_id = $1) as grants,
                (select count(*)::int from tenancy.api_keys where revoked_at is null) as keys,
                (select count(*)::int from tenancy.invitations where revoked_at is null) as open,
                (select count(*)::int from identity.user_settings where user_id = $1) as settings`,
        [userId],
      );
      expect(rows).toEqual([{ workspaces: 0, teams: 0, grants: 0, keys: 0, open: 0, settings: 1 }]);
      for (const table of ['tenancy.workspace_members', 'tenancy.team_members'] as const) {
        const column = table === 'tenancy.team_members' ? 'team_id' : 'workspace_id';
        await client.query('savepoint s');
        await expect(
          client.query(
            `insert into ${table} (organization_id, ${column}, user_id) values ($1, $2, $3)`,
            [cast.organizationId, column === 'team_id' ? teams[0].id : cast.workspaceId, userId],
          ),
        ).rejects.toMatchObject({ code: 'CB002', column: 'user_id' });
        await client.query('rollback to s');
      }
    });
  });

  test('are undone by an invitation only: nobody comes back by an update of the status', async () => {
    await as(database, cast.owner, async (client) => {
      const row_id = ids.member(cast.member);
      expect(await call(client, 'tenancy.remove_member', { row_id })).toMatchObject({
        status: 'left',
      });
      await expect(call(client, 'tenancy.suspend_member', { row_id })).rejects.toMatchObject({
        code: 'CB004',
      });
    });
  });

  test('are refused to the last owner', async () => {
    await as(database, cast.owner, async (client) => {
      await expect(call(client, 'tenancy.leave_organization')).rejects.toMatchObject({
        code: 'CB020',
      });
    });
    await as(database, cast.owner, async (client) => {
      await expect(
        call(client, 'tenancy.remove_member', { row_id: ids.member(cast.owner) }),
      ).rejects.toMatchObject({ code: 'CB020' });
    });
  });

  test('leaving takes an active organization', async () => {
    await as(database, { userId: cast.owner.userId! }, async (client) => {
      await expect(call(client, 'tenancy.leave_organization')).rejects.toMatchObject({
        code: 'CB004',
      });
    });
  });
});

describe('ownership', () => {
  test('goes to another in one call, and the caller becomes an admin or what they say', async () => {
    await as(database, cast.owner, async (client) => {
      const heir = await call(client, 'tenancy.transfer_ownership', {
        row_id: ids.member(cast.member),
      });
      expect(heir).toMatchObject({ user_id: cast.member.userId, role_key: 'owner' });
      const { rows } = await client.query(
        'select role_key from tenancy.organization_members where user_id = $1',
        [cast.owner.userId],
      );
      expect(rows).toEqual([{ role_key: 'admin' }]);
      await turnInto(client, cast.owner);
      await expect(
        call(client, 'tenancy.transfer_ownership', { row_id: ids.member(cast.owner) }),
      ).rejects.toMatchObject({ code: 'CB003' });
    });
    await as(database, cast.owner, async (client) => {
      await call(client, 'tenancy.transfer_ownership', {
        row_id: ids.member(cast.admin),
        own_role_id: ids.role('guest'),
      });
      const { rows } = await client.query('select role_key from tenancy.organization_members');
      expect(rows.map((row) => row.role_key).sort()).toEqual(
        ['guest', 'guest', 'member', 'owner', 'owner'].sort(),
      );
    });
  });

  test('does not go to oneself, to who is suspended, to who left, to a stranger', async () => {
    for (const [row_id, code] of [
      [ids.member(cast.owner), 'CB002'],
      [ids.member(cast.left), 'CB004'],
      [otherIds.member(other.admin), 'CB004'],
    ]) {
      await as(database, cast.owner, async (client) => {
        await expect(call(client, 'tenancy.transfer_ownership', { row_id })).rejects.toMatchObject({
          code,
          column: 'row_id',
        });
      });
    }
    await as(database, cast.owner, async (client) => {
      const row_id = ids.member(cast.admin);
      await call(client, 'tenancy.suspend_member', { row_id });
      await expect(call(client, 'tenancy.transfer_ownership', { row_id })).rejects.toMatchObject({
        code: 'CB005',
      });
    });
    await as(database, cast.owner, async (client) => {
      await expect(
        call(client, 'tenancy.transfer_ownership', {
          row_id: ids.member(cast.admin),
          own_role_id: otherIds.role('admin'),
        }),
      ).rejects.toMatchObject({ code: 'CB004', column: 'own_role_id' });
    });
  });
});

test('a title is changed by oneself and by who manages members, and nothing else is', async () => {
  const retitle = (client: PoolClient) =>
    client.query("update tenancy.organization_members set title = 'Key grip' returning user_id");
  await as(database, cast.member, async (client) => {
    expect((await retitle(client)).rows).toEqual([{ user_id: cast.member.userId }]);
  });
  await as(database, cast.admin, async (client) => {
    expect((await retitle(client)).rowCount).toBe(5);
  });
  await as(database, other.admin, async (client) => {
    const { rows } = await retitle(client);
    expect(rows.map((row) => row.user_id)).not.toContain(cast.member.userId);
  });
  await as(database, cast.owner, async (client) => {
    await expect(
      client.query("update tenancy.organization_members set status = 'left'"),
    ).rejects.toMatchObject({ code: '42501' });
  });
});
