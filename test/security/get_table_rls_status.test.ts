import { beforeAll, describe, expect, test } from '@jest/globals';
import { ANONYMOUS, as, enter, makeCast, sqlstateOf, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { dataOf, errorOf, testApi } from '../helpers/graphql.ts';

const database = testDatabase();
const api = testApi(database);
let cast: Cast;

beforeAll(async () => {
  cast = await makeCast(database, 'status');
  await database
    .pool()
    .query("insert into identity.platform_roles (user_id, role) values ($1, 'admin')", [
      cast.admin.userId,
    ]);
});

const STATUS = 'select * from security.get_table_rls_status()';

type Status = {
  table_name: string;
  kind: string | null;
  is_enabled: boolean;
  is_forced: boolean;
  policies: string[];
  policy_count: number;
  is_unprotected: boolean;
  reason: string | null;
};

/** The status as an administrator gets it, after the owner of the schema has broken something. */
async function statusAfter(breaking: string, table: string): Promise<Status | undefined> {
  const client = await database.pool().connect();
  try {
    await client.query('begin');
    await client.query('set local role callboard_owner');
    await client.query(breaking);
    await client.query('reset role');
    await client.query('set local role callboard_authenticator');
    await enter(client, cast.admin);
    const { rows } = await client.query<Status>(STATUS);
    return rows.find((row) => row.table_name === table);
  } finally {
    await client.query('rollback');
    client.release();
  }
}

describe('security.get_table_rls_status', () => {
  test('lists every table, and finds none unprotected', async () => {
    await as(database, cast.admin, async (client) => {
      const { rows } = await client.query<Status>(STATUS);
      expect(rows.filter((row) => row.is_unprotected)).toEqual([]);
      expect(rows.find((row) => row.table_name === 'projects.projects')).toEqual({
        table_name: 'projects.projects',
        kind: 'tenant',
        is_enabled: true,
        is_forced: true,
        policy_count: 5,
        policies: ['back_office', 'tenant_insert', 'tenant_read', 'tenant_update', 'workspace'],
        is_unprotected: false,
        reason: null,
      });
      expect(rows.find((row) => row.table_name === 'identity.credentials')).toMatchObject({
        kind: 'internal',
      });
    });
    const { rows } = await database
      .pool()
      .query<{ n: number }>('select count(*)::int as n from platform.protected_tables');
    await as(database, cast.admin, async (client) => {
      expect((await client.query(STATUS)).rowCount).toBe(rows[0]?.n);
    });
  });

  const TASKS = 'projects.project_tasks';
  test.each([
    [TASKS, `alter table ${TASKS} disable row level security`, /off/],
    [TASKS, `alter table ${TASKS} no force row level security`, /not forced/],
    [TASKS, `grant select on ${TASKS} to public`, /PUBLIC/],
    [
      TASKS,
      `create policy open on ${TASKS} for select to callboard_member using (true)`,
      /every row.*open/,
    ],
    ['projects.loose', 'create table projects.loose (id uuid)', /no kind/],
    [
      'identity.credentials',
      'grant select on identity.credentials to callboard_member',
      /internal/,
    ],
    [
      'platform.migrations',
      'grant select on platform.migrations to callboard_anonymous',
      /internal/,
    ],
    ['tenancy.roles', 'drop policy tenant_read on tenancy.roles', /no policy/],
  ])('%s: %s', async (table, breaking, reason) => {
    expect((await statusAfter('select 1', table))?.is_unprotected).not.toBe(true);
    expect(await statusAfter(breaking, table)).toMatchObject({
      is_unprotected: true,
      reason: expect.stringMatching(reason) as unknown,
    });
  });

  test('is for administrators of the platform, not of organizations', async () => {
    for (const [caller, code] of [
      [cast.owner, 'CB003'],
      [cast.member, 'CB003'],
      [ANONYMOUS, '42501'],
    ] as const) {
      await as(database, caller, async (client) => {
        expect(await sqlstateOf(client, () => client.query(STATUS))).toBe(code);
      });
    }
  });

  test('is in the API', async () => {
    const ask =
      '{ tableRlsStatus: getTableRlsStatus(first: 500) { nodes { tableName kind isUnprotected reason policies } } }';
    const { nodes } = dataOf(await api.ask(cast.admin, ask)).tableRlsStatus;
    expect(nodes).toContainEqual(
      expect.objectContaining({ tableName: 'projects.projects', isUnprotected: false }),
    );
    expect(errorOf(await api.ask(cast.owner, ask))).toEqual({ code: 'FORBIDDEN' });
  });
});
