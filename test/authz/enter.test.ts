import { beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import {
  actAs,
  ANONYMOUS,
  as,
  enter,
  makeCast,
  sqlstateOf,
  withSession,
  type Caller,
  type Cast,
} from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';

const database = testDatabase();
let cast: Cast;
let other: Cast;
let owner: Caller;
let member: Caller;

beforeAll(async () => {
  cast = await makeCast(database, 'enter');
  other = await makeCast(database, 'elsewhere');
  owner = await withSession(database, cast.owner);
  member = await withSession(database, cast.member);
});

/** Runs `work` as the login that enters; what the back office prepares is undone with it. */
async function prepared(
  prepare: string,
  values: unknown[],
  work: (client: PoolClient) => Promise<void>,
): Promise<void> {
  const client = await database.pool().connect();
  try {
    await client.query('begin');
    await client.query(prepare, values);
    await client.query('set local role callboard_authenticator');
    await work(client);
  } finally {
    await client.query('rollback');
    client.release();
  }
}

const entering = (client: PoolClient, caller: Caller) =>
  sqlstateOf(client, () => enter(client, caller));

const who = async (client: PoolClient) =>
  (
    await client.query<{
      user_id: string | null;
      organization_id: string | null;
      role: string | null;
      session_id: string | null;
      request_id: string | null;
      permissions: string[] | null;
    }>(
      `select authz.user_id(), authz.organization_id(), authz.role_key() as role, authz.session_id(), authz.request_id(),
              authz.permissions()`,
    )
  ).rows[0];

describe('authz.enter with a session', () => {
  test('finds out who is calling, where, and what they may do', async () => {
    await as(database, { ...owner, requestId: 'a|b|c' }, async (client) => {
      expect(await who(client)).toMatchObject({
        user_id: owner.userId,
        organization_id: cast.organizationId,
        role: 'owner',
        session_id: owner.sessionId,
        request_id: 'a',
        permissions: expect.arrayContaining(['finance.write', 'workspaces.all']) as unknown,
      });
    });
  });

  test('lists the workspaces of those who do not see all', async () => {
    const seen = (caller: Caller) =>
      as(database, caller, async (client) => {
        const { rows } = await client.query<{ ids: string[] }>(
          'select array(select unnest(authz.visible_workspaces()) order by 1) as ids',
        );
        return rows[0]?.ids;
      });
    const zeros = '00000000-0000-0000-0000-000000000000';
    expect(await seen(owner)).toEqual([]);
    expect(await seen(member)).toEqual([zeros, cast.workspaceId]);
    expect(await seen(await withSession(database, cast.guest))).toEqual([cast.privateWorkspaceId]);
  });

  test('says of a workspace whether the caller sees what is in it', async () => {
    const seen = (caller: Caller) =>
      as(database, caller, async (client) => {
        const { rows } = await client.query<{ seen: boolean[] }>(
          'select array(select authz.sees_workspace(w) from unnest($1::uuid[]) as w) as seen',
          [[cast.workspaceId, cast.privateWorkspaceId, null, other.workspaceId]],
        );
        return rows[0]?.seen;
      });
    // Whether a workspace is another organization's is a question for whoever reads the row.
    expect(await seen(owner)).toEqual([true, true, true, true]);
    expect(await seen(member)).toEqual([true, false, true, false]);
    expect(await seen(cast.guest)).toEqual([false, true, false, false]);
    expect(await seen({})).toEqual([false, false, false, false]);
  });

  test('works without an organization, and in one of others as if without', async () => {
    for (const organizationId of [undefined, other.organizationId]) {
      const { userId = '', sessionId = '' } = owner;
      const caller = { userId, sessionId, ...(organizationId ? { organizationId } : {}) };
      await as(database, caller, async (client) => {
        expect(await who(client)).toMatchObject({
          user_id: userId,
          organization_id: null,
          role: null,
          permissions: [],
        });
      });
    }
  });

  test.each([
    ['is unknown', 'select $1::uuid', '00000000-0000-7000-8000-000000000001'],
    [
      'was revoked',
      "update identity.session_families set revoked_at = now(), revoked_reason = 'signed_out' where id = $1",
      undefined,
    ],
    [
      'has run out',
      'update identity.session_families set expires_at = now() where id = $1',
      undefined,
    ],
  ])('refuses one that %s, and takes nobody for anonymous', async (_what, sql, id) => {
    await prepared(sql, [owner.sessionId], async (client) => {
      expect(await entering(client, { ...owner, sessionId: id ?? owner.sessionId ?? '' })).toBe(
        'CB001',
      );
    });
    await prepared('select $1::uuid', [owner.sessionId], async (client) => {
      expect(await entering(client, owner)).toBeUndefined();
    });
  });

  test('refuses the session of somebody else', async () => {
    await prepared('select 1', [], async (client) => {
      const stolen = { ...member, sessionId: owner.sessionId ?? '' };
      expect(await entering(client, stolen)).toBe('CB001');
    });
  });

  test('keeps nothing for the next transaction', async () => {
    const client = await database.pool('callboard_authenticator').connect();
    try {
      await client.query('begin');
      await enter(client, owner);
      await client.query('commit');
      await client.query('begin');
      expect(await who(client)).toMatchObject({ user_id: null, organization_id: null });
      expect((await who(client))?.permissions ?? []).toEqual([]);
      await client.query('rollback');
    } finally {
      client.release();
    }
  });

  test.each(['suspended', 'closed'])(
    'lets nobody into an organization that is %s',
    async (status) => {
      await prepared(
        'update tenancy.organizations set status = $2 where id = $1',
        [cast.organizationId, status],
        async (client) => {
          await enter(client, owner);
          expect(await who(client)).toMatchObject({ user_id: owner.userId, organization_id: null });
        },
      );
      await prepared(
        `with closed as (update tenancy.organizations set status = 'closed' where id = $1 returning id)
       select from closed`,
        [cast.organizationId],
        async (client) => {
          await client.query('reset role');
          await client.query("update tenancy.organizations set status = 'active' where id = $1", [
            cast.organizationId,
          ]);
          await client.query('set local role callboard_authenticator');
          await enter(client, owner);
          expect(await who(client)).toMatchObject({ organization_id: cast.organizationId });
        },
      );
    },
  );

  test('sees a grant until it ends, to the moment', async () => {
    const granted = (ends: string, then: (client: PoolClient) => Promise<void>) =>
      prepared(
        `insert into tenancy.member_permissions (organization_id, user_id, permission, expires_at)
         values ($1, $2, 'finance.write', now() + $3::interval)`,
        [cast.organizationId, member.userId, ends],
        then,
      );
    await granted('1 hour', async (client) => {
      await enter(client, member);
      expect((await who(client))?.permissions).toContain('finance.write');
    });
    await granted('1 hour', async (client) => {
      // As if the hour were over: nothing has been written since, so only the clock says so.
      await client.query('reset role');
      await client.query('alter table tenancy.organization_members disable trigger user');
      await client.query('alter table tenancy.member_permissions disable trigger user');
      await client.query(
        `update tenancy.member_permissions set expires_at = now() - interval '1 second'`,
      );
      await client.query(
        `update tenancy.organization_members set permissions_valid_until = now() - interval '1 second'
          where user_id = $1`,
        [member.userId],
      );
      await client.query('set local role callboard_authenticator');
      await enter(client, member);
      expect((await who(client))?.permissions).not.toContain('finance.write');
      expect((await who(client))?.permissions).toContain('projects.write');
    });
  });
});

describe('a deactivated account', () => {
  const deactivate = 'update identity.users set is_active = false where id = $1';

  test('is out at once: its sessions have ended', async () => {
    await prepared(deactivate, [member.userId], async (client) => {
      expect(await entering(client, member)).toBe('CB001');
      expect(await entering(client, cast.member)).toBe('CB001');
      await client.query('reset role');
      const { rows } = await client.query(
        'select revoked_reason from identity.session_families where id = $1',
        [member.sessionId],
      );
      expect(rows).toEqual([{ revoked_reason: 'administrator' }]);
    });
  });

  test('gets no session, and none is brought back to life', async () => {
    await prepared(deactivate, [member.userId], async (client) => {
      await client.query('reset role');
      for (const sql of [
        "insert into identity.session_families (user_id, expires_at) values ($1, now() + interval '1 day')",
        'update identity.session_families set revoked_at = null, revoked_reason = null where user_id = $1',
      ]) {
        expect(await sqlstateOf(client, () => client.query(sql, [member.userId]))).toBe('CB008');
      }
    });
  });
});

describe('authz.enter without a session', () => {
  test('takes a job in for a user, and nobody as nobody', async () => {
    await as(database, cast.member, async (client) => {
      expect(await who(client)).toMatchObject({ user_id: cast.member.userId, role: 'member' });
    });
    await as(database, ANONYMOUS, async (client) => {
      expect(await who(client)).toMatchObject({
        user_id: null,
        organization_id: null,
        request_id: 'test',
      });
    });
  });

  test('refuses a user who is not there', async () => {
    await prepared('select 1', [], async (client) => {
      const nobody = { userId: '00000000-0000-7000-8000-000000000009' };
      expect(await entering(client, nobody)).toBe('CB001');
    });
  });

  test('is for the logins of the server and the worker alone', async () => {
    await as(database, owner, async (client) => {
      expect(await entering(client, owner)).toBe('42501');
    });
  });
});

describe('authz.is_platform_admin', () => {
  test('is asked of the table, at each statement', async () => {
    await prepared(
      "insert into identity.platform_roles (user_id, role) values ($1, 'admin'), ($2, 'support')",
      [owner.userId, member.userId],
      async (client) => {
        const asked = async (caller: Caller) => {
          await client.query('set local role callboard_authenticator');
          await enter(client, caller);
          const { rows } = await client.query('select authz.is_platform_admin() as yes');
          return rows[0].yes as boolean;
        };
        expect(await asked(owner)).toBe(true);
        await client.query('reset role');
        expect(await asked(member)).toBe(false);
        await client.query('reset role');
        expect(await asked(ANONYMOUS)).toBe(false);
      },
    );
  });
});

onServer('at the same moment', () => {
  const newUser = async (name: string): Promise<string> => {
    const { rows } = await database
      .pool()
      .query<{ id: string }>(
        'insert into identity.users (email, name) values ($1, $2) returning id',
        [`${name}@race.test`, name],
      );
    return rows[0]?.id ?? '';
  };
  const OPEN =
    "insert into identity.session_families (user_id, expires_at) values ($1, now() + interval '1 day') returning id";
  const DEACTIVATE = 'update identity.users set is_active = false where id = $1';
  const living = async (userId: string) =>
    (
      await database
        .pool()
        .query('select from identity.session_families where user_id = $1 and revoked_at is null', [
          userId,
        ])
    ).rowCount;

  async function inOrder(first: string, second: string, userId: string) {
    const [a, b] = [await database.pool().connect(), await database.pool().connect()];
    try {
      await a.query('begin');
      await a.query(first, [userId]);
      const waiting = b.query(second, [userId]).then(
        () => undefined,
        (error: { code?: string }) => error.code,
      );
      // It has to wait for the first, or the test would show nothing.
      const isWaiting = async () =>
        (
          await database
            .pool()
            .query("select from pg_stat_activity where wait_event_type = 'Lock' and query = $1", [
              second,
            ])
        ).rowCount === 1;
      while (!(await isWaiting())) await pause(10);
      await a.query('commit');
      return await waiting;
    } finally {
      a.release();
      b.release();
    }
  }

  test('an account is deactivated while it signs in: the new session has ended', async () => {
    const userId = await newUser('first');
    expect(await inOrder(OPEN, DEACTIVATE, userId)).toBeUndefined();
    expect(await living(userId)).toBe(0);
  });

  test('an account signs in while it is deactivated: it gets no session', async () => {
    const userId = await newUser('second');
    expect(await inOrder(DEACTIVATE, OPEN, userId)).toBe('CB008');
    expect(await living(userId)).toBe(0);
  });

  test('somebody joins while the organization is suspended: they are not let in', async () => {
    const joining = await makeCast(database, 'joining');
    const userId = await newUser('third');
    const [a, b] = [await database.pool().connect(), await database.pool().connect()];
    try {
      await a.query('begin');
      await a.query("update tenancy.organizations set status = 'suspended' where id = $1", [
        joining.organizationId,
      ]);
      const join = b.query(
        `insert into tenancy.organization_members (organization_id, user_id, role_id)
         select organization_id, $2, id from tenancy.roles where organization_id = $1 and key = 'member'`,
        [joining.organizationId, userId],
      );
      await a.query('select pg_sleep(0.2)');
      await a.query('commit');
      await join;
      await actAs(database, { userId, organizationId: joining.organizationId }, async (client) => {
        expect(await who(client)).toMatchObject({ user_id: userId, organization_id: null });
      });
    } finally {
      a.release();
      b.release();
    }
  });
});
