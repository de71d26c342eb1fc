import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { makeCast, sqlstateOf, type Cast, undone } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';

const database = testDatabase();

let cast: Cast;
let other: Cast;

beforeAll(async () => {
  cast = await makeCast(database, 'holding');
  other = await makeCast(database, 'others');
});

const HELD = `
  select m.role_key, m.effective_permissions as kept, tenancy.permissions_now(m) as now, m.permissions_valid_until as until
    from tenancy.organization_members m
   where m.organization_id = $1 and m.user_id = $2`;

type Held = { role_key: string; kept: string[]; now: string[]; until: Date | null };

async function held(client: PoolClient, who: keyof Cast = 'member', of = cast): Promise<Held> {
  const caller = of[who] as { userId: string };
  const { rows } = await client.query<Held>(HELD, [of.organizationId, caller.userId]);
  return rows[0]!;
}

const give = (
  client: PoolClient,
  permission: string,
  effect: 'grant' | 'deny',
  ends: string | null = null,
) =>
  client.query(
    `insert into tenancy.member_permissions (organization_id, user_id, permission, effect, expires_at)
     values ($1, $2, $3, $4, now() + $5::interval)`,
    [cast.organizationId, cast.member.userId, permission, effect, ends],
  );

describe('what a member may do', () => {
  test('is what the role allows, when nothing else is said', async () => {
    await undone(database, async (client) => {
      const { rows } = await client.query<{ permissions: string[] }>(
        "select permissions from tenancy.roles where organization_id = $1 and key = 'member'",
        [cast.organizationId],
      );
      const member = await held(client);
      expect(member).toEqual({
        role_key: 'member',
        kept: rows[0]?.permissions,
        now: rows[0]?.permissions,
        until: null,
      });
      expect(member.kept).toContain('projects.write');
    });
  });

  test('grows by grants, shrinks by denials, and goes back when they are taken back', async () => {
    await undone(database, async (client) => {
      const before = await held(client);
      await give(client, 'finance.read', 'grant');
      await give(client, 'projects.write', 'deny');
      const special = await held(client);
      expect(special.kept).toContain('finance.read');
      expect(special.kept).not.toContain('projects.write');
      expect([...special.kept].sort()).toEqual(special.kept);
      await client.query("update tenancy.member_permissions set effect = 'deny'");
      expect((await held(client)).kept).not.toContain('finance.read');
      await client.query('delete from tenancy.member_permissions');
      expect(await held(client)).toEqual(before);
    });
  });

  test('follows the role', async () => {
    await undone(database, async (client) => {
      const { rows } = await client.query<{ id: string }>(
        `insert into tenancy.roles (organization_id, key, name, permissions)
         values ($1, 'grip', 'Grip', '{projects.read,projects.read}') returning id`,
        [cast.organizationId],
      );
      await client.query(
        'update tenancy.organization_members set role_id = $1 where organization_id = $2 and user_id = $3',
        [rows[0]?.id, cast.organizationId, cast.member.userId],
      );
      await give(client, 'finance.read', 'grant');
      expect(await held(client)).toMatchObject({
        role_key: 'grip',
        kept: ['finance.read', 'projects.read'],
      });
      await client.query("update tenancy.roles set permissions = '{tenancy.read}' where id = $1", [
        rows[0]?.id,
      ]);
      expect((await held(client)).kept).toEqual(['finance.read', 'tenancy.read']);
    });
  });

  test('cannot be written over', async () => {
    await undone(database, async (client) => {
      const before = await held(client, 'guest');
      await client.query(
        `update tenancy.organization_members
            set effective_permissions = '{finance.write}', role_key = 'owner', permissions_valid_until = now()`,
      );
      expect(await held(client, 'guest')).toEqual(before);
    });
  });

  test('is for one organization: a grant in one says nothing in another', async () => {
    await undone(database, async (client) => {
      await client.query(
        `insert into tenancy.organization_members (organization_id, user_id, role_id)
         select $1, $2, id from tenancy.roles where organization_id = $1 and key = 'member'`,
        [other.organizationId, cast.member.userId],
      );
      await give(client, 'finance.read', 'grant');
      const { rows } = await client.query<Held>(HELD, [other.organizationId, cast.member.userId]);
      expect(rows[0]?.kept).not.toContain('finance.read');
      expect((await held(client)).kept).toContain('finance.read');
    });
  });

  test('owners cannot be denied anything', async () => {
    await undone(database, async (client) => {
      await client.query(
        `insert into tenancy.member_permissions (organization_id, user_id, permission, effect)
         values ($1, $2, 'projects.write', 'deny')`,
        [cast.organizationId, cast.owner.userId],
      );
      const { rows } = await client.query<{ keys: string[] }>(
        'select array_agg(key order by key) as keys from authz.permissions',
      );
      expect((await held(client, 'owner')).now).toEqual(rows[0]?.keys);
    });
  });
});

describe('what ends', () => {
  test('counts until its moment, and not after it', async () => {
    await undone(database, async (client) => {
      await give(client, 'finance.read', 'grant', '1 hour');
      await give(client, 'projects.write', 'deny', '2 hours');
      const { now } = await held(client);
      expect(now).toContain('finance.read');
      expect(now).not.toContain('projects.write');
      const { rows } = await client.query<{ soon: boolean }>(
        "select permissions_valid_until = now() + interval '1 hour' as soon from tenancy.organization_members where user_id = $1",
        [cast.member.userId],
      );
      expect(rows).toEqual([{ soon: true }]);
      // Time passes: the rows say what they said, and nobody has touched the member.
      await client.query("set local session_replication_role = 'replica'");
      await client.query(
        "update tenancy.member_permissions set expires_at = now() where permission = 'finance.read'",
      );
      await client.query(
        'update tenancy.organization_members set permissions_valid_until = now() where user_id = $1',
        [cast.member.userId],
      );
      const after = await held(client);
      expect(after.kept).toContain('finance.read');
      expect(after.now).not.toContain('finance.read');
      expect(after.now).not.toContain('projects.write');
    });
  });
});

describe('the registry', () => {
  const attempt = (sql: string, values: unknown[]) =>
    undone(database, (client) => sqlstateOf(client, () => client.query(sql, values)));

  test('an unknown permission is refused, in a role and in a grant', async () => {
    expect(
      await attempt(
        "insert into tenancy.roles (organization_id, key, name, permissions) values ($1, 'grip', 'Grip', '{finance.fly}')",
        [cast.organizationId],
      ),
    ).toBe('CB002');
    expect(
      await attempt(
        "insert into tenancy.roles (organization_id, key, name, permissions) values ($1, 'grip', 'Grip', '{null}')",
        [cast.organizationId],
      ),
    ).toBe('CB002');
    expect(
      await attempt(
        "insert into tenancy.member_permissions (organization_id, user_id, permission) values ($1, $2, 'finance.fly')",
        [cast.organizationId, cast.member.userId],
      ),
    ).toBe('23503');
  });

  test('ownership is in no other role and in no grant', async () => {
    expect(
      await attempt(
        "insert into tenancy.roles (organization_id, key, name, permissions) values ($1, 'grip', 'Grip', '{tenancy.own}')",
        [cast.organizationId],
      ),
    ).toBe('23514');
    expect(
      await attempt(
        "insert into tenancy.member_permissions (organization_id, user_id, permission) values ($1, $2, 'tenancy.own')",
        [cast.organizationId, cast.admin.userId],
      ),
    ).toBe('23514');
  });

  test('a role that comes with the product holds what the registry says, whoever writes', async () => {
    await undone(database, async (client) => {
      const guest = await held(client, 'guest');
      await client.query(
        "update tenancy.roles set permissions = '{finance.write}' where key = 'guest'",
      );
      expect(await held(client, 'guest')).toEqual(guest);
      for (const sql of [
        "delete from tenancy.roles where key = 'guest'",
        "update tenancy.roles set key = 'visitor' where key = 'guest'",
        "update tenancy.roles set is_system = false where key = 'guest'",
      ]) {
        expect(await sqlstateOf(client, () => client.query(sql))).toBe('CB005');
      }
    });
  });

  test('what comes into it reaches the members, what leaves it leaves them', async () => {
    await undone(database, async (client) => {
      await client.query(
        "insert into authz.permissions values ('samples.read', 'Read samples.', '{owner,guest}')",
      );
      expect((await held(client, 'guest')).kept).toContain('samples.read');
      expect((await held(client, 'member')).kept).not.toContain('samples.read');
      await give(client, 'samples.read', 'grant');
      expect((await held(client, 'member')).kept).toContain('samples.read');
      await client.query("delete from authz.permissions where key = 'samples.read'");
      expect((await held(client, 'guest')).kept).not.toContain('samples.read');
      expect((await held(client, 'member')).kept).not.toContain('samples.read');
    });
  });
});

test('the log tells of grants and roles, not of what follows from them', async () => {
  await undone(database, async (client) => {
    await give(client, 'finance.read', 'grant');
    const { rows } = await client.query<{ entity_type: string }>(
      `select distinct entity_type from security.audit_logs
        where organization_id = $1 and occurred_at = now()`,
      [cast.organizationId],
    );
    expect(rows).toEqual([{ entity_type: 'tenancy.member_permissions' }]);
  });
});
