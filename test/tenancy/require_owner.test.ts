import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { enter, makeCast, type Caller, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { call, idsOf, undone } from './calling.ts';

const database = testDatabase();

let cast: Cast;
let ids: Awaited<ReturnType<typeof idsOf>>;
beforeAll(async () => {
  cast = await makeCast(database, 'owned');
  ids = await idsOf(database, cast);
});

/** What would happen at the end of the transaction. */
const settle = (client: PoolClient) => client.query('set constraints all immediate');

const OF_OWNER = 'where organization_id = $1 and user_id = $2';

describe('an active organization has an active owner, whoever writes', () => {
  test.each([
    ['removed', `update tenancy.organization_members set status = 'left' ${OF_OWNER}`],
    ['suspended', `update tenancy.organization_members set status = 'suspended' ${OF_OWNER}`],
    [
      'moved to another role',
      `update tenancy.organization_members m
          set role_id = r.id from tenancy.roles r
        where m.organization_id = $1 and m.user_id = $2 and r.organization_id = $1 and r.key = 'admin'`,
    ],
    ['deleted', `delete from tenancy.organization_members ${OF_OWNER}`],
    [
      'deactivated',
      'update identity.users set is_active = false where $1::uuid is not null and id = $2',
    ],
  ])('the last one is not %s', async (_what, sql) => {
    await undone(database, async (client) => {
      await client.query(sql, [cast.organizationId, cast.owner.userId]);
      await expect(settle(client)).rejects.toMatchObject({ code: 'CB020' });
    });
  });

  test('one of two is, whichever way', async () => {
    await undone(database, async (client) => {
      await client.query(
        'update tenancy.organization_members set role_id = $3 where organization_id = $1 and user_id = $2',
        [cast.organizationId, cast.admin.userId, ids.role('owner')],
      );
      await client.query('update identity.users set is_active = false where id = $1', [
        cast.owner.userId,
      ]);
      await settle(client);
      // an owner who cannot sign in is none
      await client.query('set constraints all deferred');
      await client.query(
        `update tenancy.organization_members set status = 'suspended' ${OF_OWNER}`,
        [cast.organizationId, cast.admin.userId],
      );
      await expect(settle(client)).rejects.toMatchObject({ code: 'CB020' });
    });
  });

  test('owners change places within a transaction, in any order', async () => {
    await undone(database, async (client) => {
      const move = (who: Caller, role: 'owner' | 'member') =>
        client.query(
          'update tenancy.organization_members set role_id = $3 where organization_id = $1 and user_id = $2',
          [cast.organizationId, who.userId, ids.role(role)],
        );
      await move(cast.owner, 'member');
      await move(cast.guest, 'owner');
      await expect(settle(client)).resolves.toBeDefined();
    });
  });

  test('none begins without one, and a suspended one does not come back without one', async () => {
    await undone(database, async (client) => {
      await client.query(
        "insert into tenancy.organizations (name, slug) values ('Empty', 'empty')",
      );
      await expect(settle(client)).rejects.toMatchObject({ code: 'CB020' });
    });
    await undone(database, async (client) => {
      await client.query("update tenancy.organizations set status = 'suspended' where id = $1", [
        cast.organizationId,
      ]);
      await client.query(`update tenancy.organization_members set status = 'left' ${OF_OWNER}`, [
        cast.organizationId,
        cast.owner.userId,
      ]);
      await settle(client);
      await client.query('set constraints all deferred');
      await client.query("update tenancy.organizations set status = 'active' where id = $1", [
        cast.organizationId,
      ]);
      await expect(settle(client)).rejects.toMatchObject({ code: 'CB020' });
    });
  });
});

onServer('two at the same moment', () => {
  let pair: Cast;
  let pairIds: Awaited<ReturnType<typeof idsOf>>;
  let serial = 0;
  beforeEach(async () => {
    serial += 1;
    pair = await makeCast(database, `pair${serial}`);
    pairIds = await idsOf(database, pair);
    await database
      .pool()
      .query('update tenancy.organization_members set role_id = $1 where id = $2', [
        pairIds.role('owner'),
        pairIds.member(pair.admin),
      ]);
  });

  /** Begins both, lets both work, and ends both; each says `done` or its SQLSTATE. */
  async function together(
    isolation: string,
    ...works: [Caller | undefined, (client: PoolClient) => Promise<unknown>][]
  ): Promise<string[]> {
    const clients = await Promise.all(
      works.map(([caller]) =>
        database.pool(caller ? 'callboard_authenticator' : 'callboard_service').connect(),
      ),
    );
    try {
      for (const [index, client] of clients.entries()) {
        await client.query(`begin isolation level ${isolation}`);
        const caller = works[index]?.[0];
        if (caller) await enter(client, caller);
        // from here on each has its snapshot, where the level keeps one
        else await client.query('select from tenancy.organization_members limit 1');
      }
      return await Promise.all(
        clients.map(async (client, index) => {
          try {
            await works[index]?.[1](client);
            await client.query('commit');
            return 'done';
          } catch (error) {
            await client.query('rollback');
            return (error as { code: string }).code;
          }
        }),
      );
    } finally {
      for (const client of clients) client.release();
    }
  }

  const owners = async () =>
    (
      await database.pool().query<{ n: number }>(
        `select count(*)::int as n from tenancy.organization_members
          where organization_id = $1 and role_key = 'owner' and status = 'active'`,
        [pair.organizationId],
      )
    ).rows[0]?.n;

  test('two owners leave: one does, the other is told', async () => {
    const leave = (client: PoolClient) => call(client, 'tenancy.leave_organization');
    const outcomes = await together('read committed', [pair.owner, leave], [pair.admin, leave]);
    expect(outcomes.sort()).toEqual(['CB020', 'done']);
    expect(await owners()).toBe(1);
  });

  test('two owners remove each other: one is faster', async () => {
    const remove = (whom: Caller) => (client: PoolClient) =>
      call(client, 'tenancy.remove_member', { row_id: pairIds.member(whom) });
    const outcomes = await together(
      'read committed',
      [pair.owner, remove(pair.admin)],
      [pair.admin, remove(pair.owner)],
    );
    // the slower one is no member any more when its turn comes
    expect(outcomes.sort()).toEqual(['CB003', 'done']);
    expect(await owners()).toBe(1);
  });

  test.each(['read committed', 'repeatable read', 'serializable'])(
    'the back office takes both away, %s: not both',
    async (isolation) => {
      const suspend = (whom: Caller) => (client: PoolClient) =>
        client.query("update tenancy.organization_members set status = 'suspended' where id = $1", [
          pairIds.member(whom),
        ]);
      const outcomes = await together(
        isolation,
        [undefined, suspend(pair.owner)],
        [undefined, suspend(pair.admin)],
      );
      expect(outcomes.sort()).toEqual([isolation === 'read committed' ? 'CB020' : '40001', 'done']);
      expect(await owners()).toBe(1);
    },
  );

  test('one leaves while the account of the other ends', async () => {
    const outcomes = await together(
      'read committed',
      [pair.owner, (client) => call(client, 'tenancy.leave_organization')],
      [
        undefined,
        (client) =>
          client.query('update identity.users set is_active = false where id = $1', [
            pair.admin.userId,
          ]),
      ],
    );
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
    expect(outcomes).toContain('CB020');
  });
});
