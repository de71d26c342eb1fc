import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  actAs,
  ANONYMOUS,
  as,
  makeCast,
  sqlstateOf,
  type Caller,
  type Cast,
} from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { dataOf, errorOf, testApi } from '../helpers/graphql.ts';

const database = testDatabase();
const api = testApi(database);
let cast: Cast;
let other: Cast;
let project: string;
let hidden: string;
let budget: string;
let foreign: string;
const NOTHING = '00000000-0000-7000-8000-00000000dead';

beforeAll(async () => {
  cast = await makeCast(database, 'why');
  other = await makeCast(database, 'elsewhere');
  const make = (caller: Caller, sql: string, values: unknown[] = []) =>
    actAs(database, caller, async (client) => {
      const { rows } = await client.query<{ id: string }>(`${sql} returning id`, values);
      return rows[0]?.id ?? '';
    });
  const PROJECT = 'insert into projects.projects (name, workspace_id) values ($1, $2)';
  project = await make(cast.owner, PROJECT, ['Shared', cast.workspaceId]);
  hidden = await make(cast.owner, PROJECT, ['Hidden', cast.privateWorkspaceId]);
  budget = await make(cast.owner, "insert into finance.budgets (name) values ('Budget')");
  foreign = await make(other.owner, PROJECT, ['Foreign', null]);
});

type Action = 'read' | 'insert' | 'update' | 'delete' | 'restore';
type Explained = Record<string, unknown> & { allowed: boolean };

const explain = (caller: Caller, type: string, rowId: string | null, action: Action) =>
  as(database, caller, async (client) => {
    const { rows } = await client.query<{ explained: Explained }>(
      'select security.explain_access($1, $2, $3) as explained',
      [type, rowId, action],
    );
    return rows[0]!.explained;
  });

describe('security.explain_access', () => {
  test('says yes to who may, and changes nothing', async () => {
    for (const action of ['read', 'update', 'delete'] as const) {
      expect(await explain(cast.member, 'Project', project, action)).toMatchObject({
        allowed: true,
        is_seen: true,
        permissions_needed: [],
      });
    }
    expect(await explain(cast.member, 'Project', null, 'insert')).toMatchObject({ allowed: true });
    await actAs(database, cast.owner, async (client) => {
      await client.query("select security.explain_access('Project', $1, 'delete')", [project]);
    });
    const { rows } = await database
      .pool()
      .query('select name, deleted_at from projects.projects where id = $1', [project]);
    expect(rows).toEqual([{ name: 'Shared', deleted_at: null }]);
    const log = await database
      .pool()
      .query('select action from security.audit_logs where entity_id = $1', [project]);
    expect(log.rows).toEqual([{ action: 'insert' }]);
  });

  test('takes a table by its name, its full name and its type', async () => {
    for (const name of ['projects', 'projects.projects', 'Project']) {
      expect(await explain(cast.owner, name, project, 'read')).toMatchObject({
        table: 'projects.projects',
        kind: 'tenant',
        allowed: true,
      });
    }
  });

  test('names the permission, and the roles that have it', async () => {
    expect(await explain(cast.member, 'Budget', null, 'insert')).toMatchObject({
      allowed: false,
      sqlstate: '42501',
      permissions_needed: ['finance.write'],
      roles: ['Owner', 'Admin'],
      checks: expect.arrayContaining([
        expect.objectContaining({ name: 'tenant_insert', passed: false, held: [] }),
        expect.objectContaining({ subject: 'grant', passed: true }),
      ]) as unknown,
    });
    expect(await explain(cast.guest, 'Project', hidden, 'update')).toMatchObject({
      allowed: false,
      is_seen: true,
      permissions_needed: ['projects.write'],
      roles: ['Owner', 'Admin', 'Member'],
    });
  });

  test('knows roles of the organization’s own, and grants of a member', async () => {
    await database.pool().query(
      `insert into tenancy.roles (organization_id, key, name, permissions)
       values ($1, 'bookkeeper', 'Bookkeeper', '{finance.read,finance.write}')`,
      [cast.organizationId],
    );
    expect(await explain(cast.member, 'Budget', null, 'insert')).toMatchObject({
      roles: ['Owner', 'Admin', 'Bookkeeper'],
    });
  });

  test.each(['read', 'update', 'delete', 'restore'] as const)(
    'answers a row of others like one that is not there: %s',
    async (action) => {
      // All of them are there.
      const { rows } = await database
        .pool()
        .query('select count(*)::int as n from projects.projects where id = any ($1)', [
          [hidden, foreign],
        ]);
      expect(rows).toEqual([{ n: 2 }]);
      const without = (explained: Explained) => ({ ...explained, row_id: null });
      for (const [caller, type, ids] of [
        [cast.owner, 'Project', [foreign]],
        [cast.member, 'Project', [foreign, hidden]],
        [cast.member, 'Budget', [budget]],
        [cast.left, 'Project', [project, hidden]],
        [ANONYMOUS, 'Project', [project]],
      ] as const) {
        const nothing = without(await explain(caller, type, NOTHING, action));
        expect(nothing).toMatchObject({ allowed: false, is_seen: false, state: null });
        for (const id of ids) {
          expect(without(await explain(caller, type, id, action))).toEqual(nothing);
        }
      }
    },
  );

  test('says whether a row is archived, and that it can be restored', async () => {
    const archived = await actAs(database, cast.owner, async (client) => {
      const { rows } = await client.query<{ id: string }>(
        "insert into projects.projects (name) values ('Old') returning id",
      );
      await client.query('select projects.delete_project($1)', [rows[0]?.id]);
      return rows[0]?.id ?? '';
    });
    expect(await explain(cast.owner, 'Project', archived, 'delete')).toMatchObject({
      allowed: false,
      sqlstate: 'CB004',
      state: { deleted_at: expect.any(String) as unknown },
    });
    expect(await explain(cast.owner, 'Project', archived, 'restore')).toMatchObject({
      allowed: true,
    });
    expect(await explain(cast.owner, 'Project', project, 'restore')).toMatchObject({
      allowed: false,
    });
  });

  test('says what a status may become', async () => {
    expect(await explain(cast.owner, 'Project', project, 'update')).toMatchObject({
      state: {
        status: 'planning',
        status_column: 'status',
        next: ['active', 'on_hold', 'cancelled'],
        workspace_id: cast.workspaceId,
      },
    });
  });

  test('knows that a log is written by nobody', async () => {
    const { rows } = await database
      .pool()
      .query<{ id: string }>(
        'select id from security.audit_logs where organization_id = $1 limit 1',
        [cast.organizationId],
      );
    const id = rows[0]?.id ?? '';
    expect(await explain(cast.owner, 'AuditLog', id, 'read')).toMatchObject({ allowed: true });
    for (const action of ['insert', 'update', 'delete'] as const) {
      expect(await explain(cast.owner, 'AuditLog', id, action)).toMatchObject({
        allowed: false,
        sqlstate: '42501',
        permissions_needed: [],
      });
    }
    expect(await explain(cast.member, 'AuditLog', id, 'read')).toMatchObject({
      allowed: false,
      permissions_needed: ['security.read'],
    });
  });

  test('knows what is personal', async () => {
    const own = cast.member.userId ?? '';
    expect(await explain(cast.member, 'Profile', own, 'update')).toMatchObject({ allowed: true });
    expect(await explain(cast.owner, 'Profile', own, 'update')).toMatchObject({
      allowed: false,
      is_seen: false,
    });
  });

  test.each([
    ['an unknown type', 'Spaceship', 'read', 'type'],
    ['a type that the API does not know', 'credentials', 'read', 'type'],
    ['nothing', '', 'read', 'type'],
    ['an unknown action', 'Project', 'truncate', 'action'],
  ])('refuses %s', async (_what, type, action, column) => {
    await as(database, cast.owner, async (client) => {
      await expect(
        client.query('select security.explain_access($1, $2, $3)', [type, project, action]),
      ).rejects.toMatchObject({ code: 'CB002', column });
    });
  });

  test('asks which row', async () => {
    await as(database, cast.owner, async (client) => {
      await expect(
        client.query("select security.explain_access('Project', null, 'read')"),
      ).rejects.toMatchObject({ code: 'CB002', column: 'row_id' });
    });
  });

  test('never contradicts what happens, on any table that has rows here', async () => {
    const { rows: tables } = await database
      .pool()
      .query<{ name: string }>(
        `select table_id::text as name from platform.protected_tables where kind in ('tenant', 'tenant_log') order by 1`,
      );
    for (const caller of [cast.owner, cast.member, cast.guest, cast.left, other.owner]) {
      for (const { name } of tables) {
        const { rows } = await database
          .pool()
          .query<{ id: string }>(`select id from ${name} where organization_id = $1 limit 1`, [
            cast.organizationId,
          ]);
        const id = rows[0]?.id;
        if (!id) continue;
        let touched: number | null = 0;
        const sqlstate = await as(database, caller, (client) =>
          sqlstateOf(client, async () => {
            const update = `update ${name} set deleted_at = deleted_at where id = $1`;
            touched = (await client.query(update, [id])).rowCount;
          }),
        );
        const happens = sqlstate === undefined && touched === 1;
        const { allowed } = await explain(caller, name, id, 'update');
        expect([name, allowed]).toEqual([name, happens]);
      }
    }
  });
});

describe('explainAccess', () => {
  const ASK = `query ($type: String!, $id: UUID, $action: AccessAction!) {
    explainAccess(type: $type, rowId: $id, action: $action) {
      type action rowId allowed code summary isSeen permissionsNeeded rolesThatAllow archivedAt nextStatuses fields
      checks { subject name passed permissions held expression }
    }
  }`;

  test('says it in words', async () => {
    const ask = async (caller: Caller, type: string, id: string | null, action: string) =>
      dataOf(await api.ask(caller, ASK, { type, id, action })).explainAccess;
    expect(await ask(cast.member, 'Budget', null, 'INSERT')).toMatchObject({
      type: 'Budget',
      action: 'INSERT',
      allowed: false,
      code: 'FORBIDDEN',
      summary:
        'You may not create a Budget. It takes finance.write, which you do not have. Roles that have it: Owner, Admin and Bookkeeper.',
    });
    expect(await ask(cast.member, 'Project', foreign, 'UPDATE')).toMatchObject({
      allowed: false,
      code: 'NOT_FOUND_OR_FORBIDDEN',
      isSeen: false,
      summary:
        'There is no Project with this id that you may know of. If there is one, it is in another organization, or in a workspace that you do not see.',
    });
    expect(await ask(cast.member, 'Project', project, 'UPDATE')).toMatchObject({
      allowed: true,
      code: null,
      nextStatuses: ['active', 'on_hold', 'cancelled'],
      fields: expect.arrayContaining(['name', 'workspaceId']) as unknown,
      summary: 'You may change this Project, which projects.write allows.',
    });
    expect(await ask(ANONYMOUS, 'Project', project, 'READ')).toMatchObject({
      allowed: false,
      code: 'UNAUTHENTICATED',
    });
  });

  test('does not know what the API does not know', async () => {
    const answer = await api.ask(cast.owner, ASK, {
      type: 'Credential',
      id: NOTHING,
      action: 'READ',
    });
    expect(errorOf(answer)).toEqual({ code: 'INVALID_INPUT', field: 'type' });
  });
});
