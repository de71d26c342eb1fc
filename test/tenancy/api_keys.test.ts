import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import {
  actAs,
  as,
  enter,
  makeCast,
  sqlstateOf,
  undone,
  type Caller,
  type Cast,
} from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { makePlan, subscribe } from '../billing/plans.ts';
import { dataOf, errorOf, testApi } from '../helpers/graphql.ts';

const database = testDatabase();
const api = testApi(database);
let cast: Cast;
let other: Cast;

beforeAll(async () => {
  cast = await makeCast(database, 'keys');
  other = await makeCast(database, 'others');
});

type Issued = { id: string; prefix: string; token: string; scopes: string[] };
type Wish = { scopes?: string[]; workspaceIds?: string[]; expiresAt?: Date; name?: string | null };

const create = async (client: PoolClient, wish: Wish = {}): Promise<Issued> => {
  const { scopes = ['projects.read'], workspaceIds = null, expiresAt = null, name = 'CI' } = wish;
  const { rows } = await client.query<Issued>(
    'select * from tenancy.create_api_key($1, $2, $3, $4)',
    [name, scopes, workspaceIds, expiresAt],
  );
  if (!rows[0]) throw new Error('No key was made.');
  return rows[0];
};

const callerOf = ({ token }: Issued): Caller => ({
  apiKey: createHash('sha256').update(token).digest('hex'),
});

/** Makes a key for good. */
const issue = (wish: Wish = {}, maker: Caller = cast.owner) =>
  actAs(database, maker, (client) => create(client, wish));

/** Tries to enter after the back office has done something. */
async function enteringAfter(sql: string, values: unknown[], caller: Caller) {
  const client = await database.pool().connect();
  try {
    await client.query('begin');
    await client.query(sql, values);
    await client.query('set local role callboard_authenticator');
    return await sqlstateOf(client, () => enter(client, caller));
  } finally {
    await client.query('rollback');
    client.release();
  }
}

const permissionsOf = (caller: Caller) =>
  as(database, caller, async (client) => {
    const { rows } = await client.query<{ held: string[] }>(
      'select array(select unnest(authz.permissions()) order by 1) as held',
    );
    return rows[0]?.held;
  });

describe('tenancy.create_api_key', () => {
  test('shows the token once, and keeps its hash', async () => {
    const key = await issue({ scopes: ['projects.write', 'projects.read', 'projects.read'] });
    expect(key.token).toMatch(/^cb_live_[0-9a-f]{8}_[0-9a-f]{64}$/);
    expect(key.token.startsWith(`${key.prefix}_`)).toBe(true);
    expect(key.scopes).toEqual(['projects.read', 'projects.write']);
    const { rows } = await database.pool().query(
      `select encode(secret_hash, 'hex') as hash, to_jsonb(k)::text like '%' || $2 || '%' as has_token, created_by
         from tenancy.api_keys k where id = $1`,
      [key.id, key.token],
    );
    expect(rows).toEqual([
      { hash: callerOf(key).apiKey, has_token: false, created_by: cast.owner.userId },
    ]);
  });

  test.each([
    ['an unknown permission', { scopes: ['projects.fly'] }, 'CB002', 'scopes'],
    ['no permission at all', { scopes: [] }, 'CB002', 'scopes'],
    ['null among them', { scopes: ['projects.read', null as never] }, 'CB002', 'scopes'],
    ['power over people', { scopes: ['tenancy.manage_members'] }, 'CB002', 'scopes'],
    ['power over keys', { scopes: ['tenancy.manage_api_keys'] }, 'CB002', 'scopes'],
    ['ownership', { scopes: ['tenancy.own'] }, 'CB002', 'scopes'],
    ['workspaces as a scope', { scopes: ['workspaces.all'] }, 'CB002', 'scopes'],
    ['an empty name', { name: ' ' }, 'CB002', 'name'],
    ['no name', { name: null }, 'CB002', 'name'],
    ['a far too long name', { name: 'x'.repeat(201) }, 'CB002', 'name'],
    ['an end in the past', { expiresAt: new Date(0) }, 'CB002', 'expires_at'],
    [
      'an unknown workspace',
      { workspaceIds: ['00000000-0000-7000-8000-000000000001'] },
      'CB004',
      'workspace_ids',
    ],
  ] as [string, Wish, string, string][])('refuses %s', async (_what, wish, code, column) => {
    await as(database, cast.owner, async (client) => {
      await expect(create(client, wish)).rejects.toMatchObject({ code, column });
    });
  });

  test('refuses a workspace of another organization', async () => {
    await as(database, cast.owner, async (client) => {
      await expect(create(client, { workspaceIds: [other.workspaceId] })).rejects.toMatchObject({
        code: 'CB004',
      });
    });
  });

  test('gives nobody what they do not hold', async () => {
    const client = await database.pool().connect();
    try {
      await client.query('begin');
      await client.query(
        `insert into tenancy.member_permissions (organization_id, user_id, permission)
         values ($1, $2, 'tenancy.manage_api_keys')`,
        [cast.organizationId, cast.member.userId],
      );
      await client.query('set local role callboard_authenticator');
      await enter(client, cast.member);
      expect(await sqlstateOf(client, () => create(client, { scopes: ['finance.write'] }))).toBe(
        'CB003',
      );
      expect(
        await sqlstateOf(client, () => create(client, { workspaceIds: [cast.privateWorkspaceId] })),
      ).toBe('CB004');
      expect(await sqlstateOf(client, () => create(client))).toBeUndefined();
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  test.each(['member', 'guest'] as const)('is not for a %s', async (role) => {
    await as(database, cast[role], async (client) => {
      await expect(create(client)).rejects.toMatchObject({ code: 'CB003' });
    });
  });

  test('is not for keys: nothing that leaks can make more of itself', async () => {
    const key = await issue({ scopes: ['tenancy.read', 'tenancy.write'] });
    await as(database, callerOf(key), async (client) => {
      expect(await sqlstateOf(client, () => create(client))).toBe('CB003');
      expect(
        await sqlstateOf(client, () => client.query('select tenancy.revoke_api_key($1)', [key.id])),
      ).toBe('CB003');
    });
  });
});

describe('an API key', () => {
  test('does what its scopes say, and no more', async () => {
    const key = callerOf(await issue({ scopes: ['projects.read', 'finance.read'] }));
    expect(await permissionsOf(key)).toEqual([
      'finance.read',
      'projects.read',
      'workspaces.all',
      'workspaces.shared',
    ]);
    await actAs(database, cast.owner, (client) =>
      client.query("insert into projects.projects (name) values ('Seen by keys')"),
    );
    await as(database, key, async (client) => {
      const { rows } = await client.query(
        "select name from projects.projects where name = 'Seen by keys'",
      );
      expect(rows).toEqual([{ name: 'Seen by keys' }]);
      expect(
        await sqlstateOf(client, () =>
          client.query("insert into projects.projects (name) values ('By a key')"),
        ),
      ).toBe('42501');
    });
  });

  test('does what whoever made it may do now, not then', async () => {
    const key = callerOf(await issue({ scopes: ['finance.read', 'projects.read'] }, cast.admin));
    expect(await permissionsOf(key)).toContain('finance.read');
    const client = await database.pool().connect();
    try {
      await client.query('begin');
      await client.query(
        `update tenancy.organization_members m set role_id = r.id
           from tenancy.roles r
          where r.organization_id = m.organization_id and r.key = 'guest' and m.user_id = $1`,
        [cast.admin.userId],
      );
      await client.query('set local role callboard_authenticator');
      await enter(client, key);
      const { rows } = await client.query('select authz.permissions() as held');
      expect(rows[0].held).toEqual(['projects.read']);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  test('sees the workspaces it names, those of its maker otherwise', async () => {
    const [shared, inPrivate, inNone] = await actAs(database, cast.owner, async (client) => {
      const ids: string[] = [];
      for (const workspaceId of [cast.workspaceId, cast.privateWorkspaceId, null]) {
        const { rows } = await client.query<{ id: string }>(
          "insert into projects.projects (name, workspace_id) values ('Placed', $1) returning id",
          [workspaceId],
        );
        ids.push(rows[0]?.id ?? '');
      }
      return ids;
    });
    const seenBy = (caller: Caller) =>
      as(database, caller, async (client) => {
        const { rows } = await client.query<{ id: string }>(
          "select id from projects.projects where name = 'Placed' order by id",
        );
        return rows.map(({ id }) => id);
      });
    expect(await seenBy(callerOf(await issue()))).toEqual([shared, inPrivate, inNone]);
    expect(
      await seenBy(callerOf(await issue({ workspaceIds: [cast.privateWorkspaceId] }))),
    ).toEqual([inPrivate]);
    // A maker who sees less gives less, also of what the key names.
    const narrow = callerOf(await issue({ workspaceIds: [cast.privateWorkspaceId] }, cast.admin));
    const client = await database.pool().connect();
    try {
      await client.query('begin');
      await client.query(
        `update tenancy.organization_members m set role_id = r.id
           from tenancy.roles r
          where r.organization_id = m.organization_id and r.key = 'member' and m.user_id = $1`,
        [cast.admin.userId],
      );
      await client.query('set local role callboard_authenticator');
      await enter(client, narrow);
      const { rows } = await client.query("select id from projects.projects where name = 'Placed'");
      expect(rows).toEqual([]);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  test.each([
    ['it is revoked', 'update tenancy.api_keys set revoked_at = now() where id = $1', 'key'],
    ['it has run out', 'update tenancy.api_keys set expires_at = now() where id = $1', 'key'],
    [
      'its maker has left',
      "update tenancy.organization_members set status = 'left' where user_id = $1",
      'maker',
    ],
    [
      'its maker is suspended',
      "update tenancy.organization_members set status = 'suspended' where user_id = $1",
      'maker',
    ],
    [
      'the account of its maker is not active',
      'update identity.users set is_active = false where id = $1',
      'maker',
    ],
  ])('is refused as soon as %s', async (_what, sql, whose) => {
    const key = await issue({}, cast.admin);
    const id = whose === 'key' ? key.id : cast.admin.userId;
    expect(await enteringAfter('select $1::uuid', [id], callerOf(key))).toBeUndefined();
    expect(await enteringAfter(sql, [id], callerOf(key))).toBe('CB001');
  });

  test('is refused with its organization', async () => {
    const key = callerOf(await issue());
    const close = "update tenancy.organizations set status = 'suspended' where id = $1";
    expect(await enteringAfter(close, [cast.organizationId], key)).toBe('CB001');
  });

  test('is refused when nobody made it', async () => {
    expect(await enteringAfter('select 1', [], { apiKey: '00'.repeat(32) })).toBe('CB001');
    expect(await enteringAfter('select 1', [], { apiKey: '' })).toBe('CB001');
    expect(await enteringAfter('select 1', [], { apiKey: 'no hex' })).toBe('22023');
  });

  test('is no person: what is its maker’s own is out of its reach', async () => {
    const key = callerOf(
      await issue({ scopes: ['tenancy.read', 'tenancy.write', 'projects.read'] }),
    );
    await as(database, cast.owner, async (client) => {
      expect((await client.query('select from identity.profiles')).rowCount).toBe(1);
    });
    await as(database, key, async (client) => {
      const { rows } = await client.query(
        `select authz.user_id(), authz.role_key(), authz.session_id(), authz.actor_id(),
                authz.is_platform_admin() as admin, (select count(*)::int from identity.me()) as me`,
      );
      expect(rows).toEqual([
        {
          user_id: null,
          role_key: null,
          session_id: null,
          actor_id: cast.owner.userId,
          admin: false,
          me: 0,
        },
      ]);
      expect((await client.query('select from identity.profiles')).rowCount).toBe(0);
      expect((await client.query("update identity.profiles set bio = 'Taken'")).rowCount).toBe(0);
      expect(
        (await client.query("update identity.users set name = 'Taken' where id = authz.actor_id()"))
          .rowCount,
      ).toBe(0);
    });
  });

  test('is named by the audit log, beside whoever made it', async () => {
    const key = await issue({ scopes: ['projects.read', 'projects.write'] });
    const project = await actAs(database, callerOf(key), async (client) => {
      const { rows } = await client.query<{ id: string; created_by: string }>(
        "insert into projects.projects (name) values ('By a key') returning id, created_by",
      );
      return rows[0];
    });
    expect(project?.created_by).toBe(cast.owner.userId);
    const { rows } = await database
      .pool()
      .query('select actor_id, api_key_id, action from security.audit_logs where entity_id = $1', [
        project?.id,
      ]);
    expect(rows).toEqual([{ actor_id: cast.owner.userId, api_key_id: key.id, action: 'insert' }]);
  });

  test('leaves a trace of its making and its end, without the hash', async () => {
    const key = await issue();
    await actAs(database, cast.admin, (client) =>
      client.query('select tenancy.revoke_api_key($1)', [key.id]),
    );
    const { rows } = await database
      .pool()
      .query(
        `select action, actor_id, after from security.audit_logs where entity_id = $1 order by id`,
        [key.id],
      );
    expect(rows).toEqual([
      {
        action: 'insert',
        actor_id: cast.owner.userId,
        after: expect.objectContaining({ name: 'CI', prefix: key.prefix }) as unknown,
      },
      {
        action: 'update',
        actor_id: cast.admin.userId,
        after: expect.objectContaining({ revoked_by: cast.admin.userId }) as unknown,
      },
    ]);
    expect(JSON.stringify(rows)).not.toMatch(new RegExp(`secret|${callerOf(key).apiKey}`));
  });

  test('sees itself, and no other key', async () => {
    const [key] = [await issue(), await issue({ name: 'Another' })];
    await as(database, callerOf(key), async (client) => {
      const { rows } = await client.query('select id from tenancy.api_keys');
      expect(rows).toEqual([{ id: key.id }]);
      expect(
        await sqlstateOf(client, () => client.query('select secret_hash from tenancy.api_keys')),
      ).toBe('42501');
    });
  });
});

describe('a key that has expired', () => {
  test('leaves its place in the plan to the next one, at once or by the job, and says what it is', async () => {
    await api.within(async ({ ask, client }) => {
      const keys = () =>
        ask(cast.owner, '{ apiKeys(orderBy: [PRIMARY_KEY_ASC]) { nodes { name status } } }').then(
          (answer) => dataOf(answer).apiKeys.nodes,
        );
      const make = (name: string, expiresAt?: string) =>
        ask(
          cast.owner,
          'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey { rowId } } }',
          { input: { name, scopes: ['projects.read'], expiresAt } },
        );
      const used = async () =>
        (
          await client.query<{ used: number }>(
            "select used::int from billing.figures($1, 'api_keys')",
            [cast.organizationId],
          )
        ).rows[0]?.used;
      await client.query('delete from tenancy.api_keys');
      await subscribe(
        client,
        cast.organizationId,
        await makePlan(client, 'two_keys', { api_keys: 2 }),
      );
      dataOf(await make('first', '2999-01-01T00:00:00Z'));
      dataOf(await make('second'));
      expect(errorOf(await make('third'))).toMatchObject({ code: 'LIMIT_REACHED' });

      await client.query("update tenancy.api_keys set expires_at = now() where name = 'first'");
      dataOf(await make('third'));
      expect(await used()).toBe(2);
      expect(errorOf(await make('fourth'))).toMatchObject({ code: 'LIMIT_REACHED' });
      await client.query("update tenancy.api_keys set expires_at = now() where name = 'third'");
      await client.query(
        "update tenancy.api_keys set revoked_at = now() - interval '1 s' where name = 'second'",
      );
      const ended = await client.query(
        "select rows_changed::int as n from tenancy.end_what_expired() where what = 'API keys'",
      );
      expect(ended.rows).toEqual([{ n: 1 }]);
      expect(await used()).toBe(0);
      expect(await keys()).toEqual([
        { name: 'first', status: 'expired' },
        { name: 'second', status: 'revoked' },
        { name: 'third', status: 'expired' },
      ]);
      // Revoking it now frees nothing twice.
      await client.query("update tenancy.api_keys set revoked_at = now() where name = 'first'");
      expect(await used()).toBe(0);
    });
  });
});

describe('tenancy.revoke_api_key', () => {
  test('may be asked twice, and says when it was first', async () => {
    const key = await issue();
    const revoke = () =>
      actAs(database, cast.owner, async (client) => {
        const { rows } = await client.query<{ revoked_at: Date }>(
          'select revoked_at from tenancy.revoke_api_key($1)',
          [key.id],
        );
        return rows[0]?.revoked_at;
      });
    const first = await revoke();
    expect(first).toBeInstanceOf(Date);
    expect(await revoke()).toEqual(first);
  });

  test('does not know the keys of others', async () => {
    const key = await issue();
    await as(database, other.owner, async (client) => {
      expect(
        await sqlstateOf(client, () => client.query('select tenancy.revoke_api_key($1)', [key.id])),
      ).toBe('CB004');
      expect((await client.query('select from tenancy.api_keys')).rowCount).toBe(0);
    });
    await as(database, cast.owner, async (client) => {
      const { rowCount } = await client.query('select from tenancy.api_keys where id = $1', [
        key.id,
      ]);
      expect(rowCount).toBe(1);
    });
  });
});

describe('authz.note_api_key_uses', () => {
  const REPORTER = '01980000-0000-7000-8000-00000000feed';
  /** Reports uses of keys, by their hashes; returns how many keys it noted. */
  const note = async (
    client: PoolClient,
    number: number,
    uses: Readonly<Record<string, number>>,
    reporter = REPORTER,
  ) => {
    const { rows } = await client.query<{ noted: number }>(
      'select authz.note_api_key_uses($1, $2, $3, $4) as noted',
      [reporter, number, Object.keys(uses), Object.values(uses)],
    );
    return rows[0]?.noted;
  };
  const hashOf = (key: Issued) => callerOf(key).apiKey ?? '';
  const callsOf = async (client: PoolClient, { organizationId }: Cast) => {
    const { rows } = await client.query<{ used: number }>(
      "select used::int from billing.figures($1, 'api_calls')",
      [organizationId],
    );
    return rows[0]?.used;
  };

  test('writes once a minute, of keys that serve, and nothing into the audit log', async () => {
    const [key, revoked] = [await issue(), await issue()];
    await actAs(database, cast.owner, (client) =>
      client.query('select tenancy.revoke_api_key($1)', [revoked.id]),
    );
    const client = await database.pool('callboard_authenticator').connect();
    try {
      await client.query('begin');
      const uses = { [hashOf(key)]: 1, [hashOf(revoked)]: 1, ['00'.repeat(32)]: 1 };
      expect(await note(client, 1, uses)).toBe(1);
      expect(await note(client, 2, uses)).toBe(0);
    } finally {
      await client.query('rollback');
      client.release();
    }
    await as(database, cast.owner, async (asOwner) => {
      expect(await sqlstateOf(asOwner, () => note(asOwner, 1, {}))).toBe('42501');
    });
  });

  test('counts requests towards the usage of each organization, and each report once', async () => {
    const [key, another, revoked] = [await issue(), await issue(), await issue()];
    const theirs = await issue({}, other.owner);
    await actAs(database, cast.owner, (client) =>
      client.query('select tenancy.revoke_api_key($1)', [revoked.id]),
    );
    await undone(database, async (client) => {
      const [before, theirsBefore] = [await callsOf(client, cast), await callsOf(client, other)];
      const calls = async () => [
        (await callsOf(client, cast))! - before!,
        (await callsOf(client, other))! - theirsBefore!,
      ];
      const uses = {
        [hashOf(key)]: 5,
        [hashOf(another)]: 2,
        [hashOf(theirs)]: 40,
        [hashOf(revoked)]: 100,
        ['00'.repeat(32)]: 1000,
      };
      await note(client, 1, uses);
      expect(await calls()).toEqual([7, 40]);
      // it is not known whether it arrived
      await note(client, 1, uses);
      expect(await calls()).toEqual([7, 40]);
      await note(client, 2, { [hashOf(key)]: 1 });
      expect(await calls()).toEqual([8, 40]);
      // another process counts for itself; nothing used is nothing counted
      await note(client, 1, { [hashOf(key)]: 3 }, '01980000-0000-7000-8000-00000000beef');
      await note(client, 3, {});
      expect(await calls()).toEqual([11, 40]);
    });
  });

  test('counts beyond a limit too, and then there is no more to take', async () => {
    const key = await issue();
    await undone(database, async (client) => {
      await client.query("update billing.usage_metrics set is_hard = true where key = 'api_calls'");
      await client.query("delete from billing.usage_counters where metric_key = 'api_calls'");
      await subscribe(
        client,
        cast.organizationId,
        await makePlan(client, 'few_calls', { api_calls: 1000 }),
      );
      await note(client, 1, { [hashOf(key)]: 990 });
      await note(client, 2, { [hashOf(key)]: 25 });
      expect(await callsOf(client, cast)).toBe(1015);
      expect(
        await sqlstateOf(client, () =>
          client.query("select billing.count_usage($1, 'api_calls', 1)", [cast.organizationId]),
        ),
      ).toBe('CB025');
    });
  });

  test('forgets processes that have been gone for a week', async () => {
    await undone(database, async (client) => {
      await note(client, 3, {});
      await client.query(
        "update billing.usage_reports set reported_at = now() - interval '8 days'",
      );
      await note(client, 1, {}, '01980000-0000-7000-8000-00000000beef');
      const { rows } = await client.query(
        'select reporter_id, last_number from billing.usage_reports',
      );
      expect(rows).toEqual([
        { reporter_id: '01980000-0000-7000-8000-00000000beef', last_number: '1' },
      ]);
    });
  });
});

describe('the API', () => {
  const CREATE = `mutation ($scopes: [String]!) {
    createApiKey(input: { name: "Calendar", scopes: $scopes }) { apiKey { rowId name prefix token scopes } }
  }`;
  const LIST =
    '{ apiKeys { nodes { rowId name prefix scopes lastUsedAt revokedAt createdById } } }';

  test('makes, lists, uses and revokes keys', () =>
    api.within(async ({ ask }) => {
      const made = dataOf(
        await ask(cast.owner, CREATE, { scopes: ['projects.read', 'projects.write'] }),
      ).createApiKey.apiKey;
      const listed = dataOf(await ask(cast.owner, LIST)).apiKeys.nodes;
      expect(listed).toContainEqual(
        expect.objectContaining({ rowId: made.rowId, prefix: made.prefix, revokedAt: null }),
      );
      const key = callerOf({ ...made, id: made.rowId });
      const create =
        'mutation { createProject(input: { project: { name: "Imported" } }) { project { name } } }';
      expect(dataOf(await ask(key, create)).createProject.project).toEqual({ name: 'Imported' });
      expect(dataOf(await ask(key, '{ me { name } }'))).toEqual({ me: null });
      const revoke = `mutation { revokeApiKey(input: { rowId: "${made.rowId}" }) { apiKey { revokedAt } } }`;
      expect(dataOf(await ask(cast.owner, revoke)).revokeApiKey.apiKey.revokedAt).not.toBeNull();
      expect(errorOf(await ask(key, create))).toEqual({ code: 'UNAUTHENTICATED' });
    }));

  test('says which scope is wrong', async () => {
    expect(errorOf(await api.ask(cast.owner, CREATE, { scopes: ['projects.fly'] }))).toEqual({
      code: 'INVALID_INPUT',
      field: 'scopes',
    });
  });

  test('does not know the hash', () => {
    const fields = Object.keys(
      (api.schema().getType('ApiKey') as unknown as { getFields(): object }).getFields(),
    );
    expect(fields).toContain('prefix');
    expect(fields).not.toContain('secretHash');
  });
});

onServer('at the same moment', () => {
  test('processes report of the same keys, each a report twice: all is counted once', async () => {
    const keys = [
      await issue(),
      await issue(),
      await issue({}, other.owner),
      await issue({}, other.owner),
    ];
    const pool = database.pool('callboard_authenticator');
    const report = (index: number, number: number) => {
      // each in another order
      const hashes = keys.map((key) => callerOf(key).apiKey);
      if (index % 2) hashes.reverse();
      return pool.query('select authz.note_api_key_uses($1, $2, $3, $4)', [
        `01980000-0000-7000-8000-00000000000${index}`,
        number,
        hashes,
        hashes.map(() => 1),
      ]);
    };
    const counted = async () => {
      const { rows } = await database.pool().query<{ used: number }>(
        `select f.used::int from unnest($1::uuid[]) with ordinality as o (id, n), billing.figures(o.id, 'api_calls') f
          order by o.n`,
        [[cast.organizationId, other.organizationId]],
      );
      return rows.map(({ used }) => used);
    };
    const before = await counted();
    for (let number = 1; number <= 5; number += 1) {
      await Promise.all(
        [1, 2, 3, 4].flatMap((index) => [report(index, number), report(index, number)]),
      );
    }
    expect(await counted()).toEqual(before.map((used) => used + 4 * 5 * 2));
  });

  test('a key of somebody who is being removed is revoked with the others, or not made', async () => {
    const crowd = await makeCast(database, 'crowd');
    const [owner, admin] = await Promise.all(
      [crowd.owner, crowd.admin].map(async (caller) => {
        const client = await database.pool('callboard_authenticator').connect();
        await client.query('begin');
        await enter(client, caller);
        return client;
      }),
    );
    try {
      const removing = await database
        .pool()
        .query<{ id: string }>(
          'select id from tenancy.organization_members where organization_id = $1 and user_id = $2',
          [crowd.organizationId, crowd.admin.userId],
        );
      await owner!.query('select tenancy.remove_member($1)', [removing.rows[0]?.id]);
      const made = create(admin!).then(
        () => 'made',
        (error: unknown) => (error as { code: string }).code,
      );
      await owner!.query('commit');
      expect(await made).toBe('CB003');
      await admin!.query('rollback');
    } finally {
      owner!.release();
      admin!.release();
    }
    const { rows } = await database
      .pool()
      .query('select from tenancy.api_keys where organization_id = $1', [crowd.organizationId]);
    expect(rows).toEqual([]);
  });
});
