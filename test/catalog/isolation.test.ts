import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import {
  ANONYMOUS,
  as,
  enter,
  makeCast,
  sqlstateOf,
  type Caller,
  type Cast,
} from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { RowMaker } from '../helpers/rows.ts';

const database = testDatabase();

type Table = { name: string; module: string; kind: string; deletable: boolean; placed: boolean };
type Place = 'shared' | 'private';
type Row = Record<string, unknown>;

/** Tenant tables whose rows functions make, because a row is checked by more than the database. */
const MADE_BY_FUNCTIONS = new Set(['marketing.email_templates']);
const DENIED = '42501';
const maker = new RowMaker();

let ours: Cast;
let theirs: Cast;
let tables: Table[];
/** Per table, one row that the organization shares and one in its private workspace, made by the owner of the schema. */
const rows = new Map<string, Record<Place, Row>>();
let defaults: Map<string, string[]>;

const place = (cast: Cast, where: Place) => ({
  organizationId: cast.organizationId,
  workspaceId: where === 'private' ? cast.privateWorkspaceId : null,
  // Somebody else each time: of some things a user has one.
  userId: (where === 'private' ? cast.admin : cast.owner).userId ?? '',
});

async function asOwnerOfTheSchema<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await database.pool().connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
  tables = await asOwnerOfTheSchema(async (client) => {
    const found = await client.query<Table>(
      `select p.table_id::text as name, p.module, p.kind,
              exists (select from pg_attribute a where a.attrelid = p.table_id and a.attname = 'deleted_at') as deletable,
              exists (select from pg_attribute a where a.attrelid = p.table_id and a.attname = 'workspace_id') as placed
         from platform.protected_tables p
        where p.kind in ('tenant', 'tenant_log')
        order by 1`,
    );
    for (const table of found.rows) {
      rows.set(table.name, {
        shared: await maker.insert(client, table.name, place(ours, 'shared')),
        private: await maker.insert(client, table.name, place(ours, 'private')),
      });
    }
    const permissions = await client.query<{ key: string; default_roles: string[] }>(
      'select key, default_roles from authz.permissions',
    );
    defaults = new Map(permissions.rows.map((row) => [row.key, row.default_roles]));
    return found.rows;
  });
});

/** What the documentation of roles says, derived apart from the policies. */
function expected(
  table: Table,
  role: string,
  action: 'read' | 'write',
  where: Place,
): 'allowed' | 'denied' {
  if (!defaults.get(`${table.module}.${action}`)?.includes(role)) return 'denied';
  if (table.kind === 'tenant_log' && action === 'write') return 'denied';
  if (!table.placed) return 'allowed';
  if (role === 'owner' || role === 'admin') return 'allowed';
  if (role === 'member') return where === 'shared' ? 'allowed' : 'denied';
  return where === 'private' ? 'allowed' : 'denied';
}

const read = async (client: PoolClient, table: Table, row: Row) =>
  (await client.query(`select from ${table.name} where id = $1`, [row['id']])).rowCount;

const update = (client: PoolClient, table: Table, row: Row) =>
  client.query(
    `update ${table.name} set ${table.kind === 'tenant' ? 'deleted_at = now()' : 'id = id'} where id = $1`,
    [row['id']],
  );

const INSIDERS = ['owner', 'admin', 'member', 'guest'] as const;
const PLACES: readonly Place[] = ['shared', 'private'];

describe('inside the organization, what a role may do is what the registry of permissions says', () => {
  describe.each(INSIDERS)('as %s', (role) => {
    test.each(PLACES)('reading every table, %s rows', async (where) => {
      await as(database, ours[role], async (client) => {
        for (const table of tables) {
          const seen = await read(client, table, rows.get(table.name)?.[where] ?? {});
          expect(`${table.name}: ${seen}`).toBe(
            `${table.name}: ${expected(table, role, 'read', where) === 'allowed' ? 1 : 0}`,
          );
        }
      });
    });

    test.each(PLACES)('changing every table, %s rows', async (where) => {
      await as(database, ours[role], async (client) => {
        for (const table of tables.filter((each) => each.kind === 'tenant')) {
          const row = rows.get(table.name)?.[where] ?? {};
          let touched: number | null = 0;
          const sqlstate = await sqlstateOf(client, async () => {
            touched = (await update(client, table, row)).rowCount;
          });
          const allowed =
            expected(table, role, 'write', where) === 'allowed' &&
            expected(table, role, 'read', where) === 'allowed';
          expect([table.name, sqlstate, touched]).toEqual([table.name, undefined, allowed ? 1 : 0]);
        }
      });
    });

    test.each(PLACES)('inserting into every table, %s rows', async (where) => {
      for (const table of tables.filter((each) => each.kind === 'tenant')) {
        // What the row needs is there already; only the row itself is the caller's.
        const client = await database.pool().connect();
        try {
          await client.query('begin');
          const values = await maker.values(client, table.name, place(ours, where));
          await client.query('set local role callboard_authenticator');
          await enter(client, ours[role]);
          const names = Object.keys(values);
          const sqlstate = await sqlstateOf(client, () =>
            client.query(
              `insert into ${table.name} (${names.join(', ')}) values (${names.map((_, index) => `$${index + 1}`).join(', ')})`,
              Object.values(values),
            ),
          );
          expect([table.name, sqlstate]).toEqual([
            table.name,
            expected(table, role, 'write', where) === 'allowed' &&
            !MADE_BY_FUNCTIONS.has(table.name)
              ? undefined
              : DENIED,
          ]);
        } finally {
          await client.query('rollback');
          client.release();
        }
      }
    });

    test('deleting for good is for nobody', async () => {
      await as(database, ours[role], async (client) => {
        for (const table of tables) {
          const sqlstate = await sqlstateOf(client, () =>
            client.query(`delete from ${table.name} where id = $1`, [
              rows.get(table.name)?.shared['id'],
            ]),
          );
          expect([table.name, sqlstate]).toEqual([table.name, DENIED]);
        }
      });
    });

    test('logs are written by nobody', async () => {
      await as(database, ours[role], async (client) => {
        for (const table of tables.filter((each) => each.kind === 'tenant_log')) {
          const sqlstate = await sqlstateOf(client, () =>
            client.query(`update ${table.name} set id = id`),
          );
          expect([table.name, sqlstate]).toEqual([table.name, DENIED]);
        }
      });
    });
  });
});

/** Callers who have no business in our organization, whatever they claim. */
const outsiders = (): [string, Caller, string | undefined][] => [
  ['the owner of another organization', theirs.owner, undefined],
  [
    'the owner of another one who claims ours',
    { ...theirs.owner, organizationId: ours.organizationId },
    undefined,
  ],
  ['somebody who has left', ours.left, undefined],
  [
    'somebody without an organization',
    ours.owner.userId ? { userId: ours.owner.userId } : {},
    undefined,
  ],
  ['nobody', ANONYMOUS, DENIED],
  ['nobody who claims our organization', { organizationId: ours.organizationId }, DENIED],
];

describe('from outside nothing is seen and nothing changes', () => {
  test('although the rows are there', async () => {
    await as(database, ours.owner, async (client) => {
      for (const table of tables) {
        const row = rows.get(table.name)?.shared ?? {};
        expect([table.name, await read(client, table, row)]).toEqual([table.name, 1]);
      }
    });
  });

  test.each([0, 1, 2, 3, 4, 5])('outsider %i, every table, every action', async (index) => {
    const [who, caller, refused] = outsiders()[index] ?? ['', {}, undefined];
    await as(database, caller, async (client) => {
      for (const table of tables) {
        for (const where of PLACES) {
          const row = rows.get(table.name)?.[where] ?? {};
          let seen: number | null = 0;
          const reading = await sqlstateOf(client, async () => {
            seen = await read(client, table, row);
          });
          expect([who, table.name, reading, seen]).toEqual([who, table.name, refused, 0]);
          let touched: number | null = 0;
          const changing = await sqlstateOf(client, async () => {
            touched = (await update(client, table, row)).rowCount;
          });
          // Logs are for nobody to change.
          const refusal = table.kind === 'tenant' ? refused : DENIED;
          expect([who, table.name, changing, touched]).toEqual([who, table.name, refusal, 0]);
          const deleting = await sqlstateOf(client, () =>
            client.query(`delete from ${table.name} where id = $1`, [row['id']]),
          );
          expect([who, table.name, deleting]).toEqual([who, table.name, DENIED]);
        }
      }
    });
  });

  test('and a policy that let others in would be noticed', async () => {
    const client = await database.pool().connect();
    try {
      await client.query('begin');
      await client.query(
        'create policy leak on projects.project_tasks for select to callboard_member using (true)',
      );
      await client.query('set local role callboard_authenticator');
      await enter(client, theirs.owner);
      const task = tables.find((table) => table.name === 'projects.project_tasks');
      if (!task) throw new Error('There is no such table.');
      // the restrictive policy of workspaces still holds; that of the tenant is what has been opened
      expect(await read(client, task, rows.get(task.name)?.shared ?? {})).toBe(1);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  test("an insert cannot name the organization, not even one's own", async () => {
    await as(database, theirs.owner, async (client) => {
      for (const table of tables) {
        const sqlstate = await sqlstateOf(client, () =>
          client.query(`insert into ${table.name} (organization_id) values ($1)`, [
            ours.organizationId,
          ]),
        );
        expect([table.name, sqlstate]).toEqual([table.name, DENIED]);
      }
    });
  });

  test('a row cannot point to a row of another organization', async () => {
    const foreign = rows.get('projects.projects')?.shared['id'];
    await as(database, theirs.owner, async (client) => {
      const sqlstate = await sqlstateOf(client, () =>
        client.query(
          "insert into projects.project_tasks (project_id, title) values ($1, 'Theirs on ours')",
          [foreign],
        ),
      );
      expect(sqlstate).toBe('23503');
    });
  });

  test('a row cannot name a user of another organization', async () => {
    await as(database, ours.owner, async (client) => {
      for (const [who, refused] of [
        [ours.member.userId, undefined],
        [theirs.member.userId, '23503'],
      ]) {
        const sqlstate = await sqlstateOf(client, () =>
          client.query('update projects.project_tasks set assignee_id = $1', [who]),
        );
        expect(sqlstate).toBe(refused);
      }
    });
  });

  test('not even for the back office, whose policies let it through', async () => {
    const foreign = rows.get('projects.projects')?.shared['id'];
    await asOwnerOfTheSchema(async (client) => {
      await client.query('begin');
      const sqlstate = await sqlstateOf(client, () =>
        client.query(
          'insert into projects.project_tasks (organization_id, project_id, title) values ($1, $2, $3)',
          [theirs.organizationId, foreign, 'Theirs on ours'],
        ),
      );
      await client.query('rollback');
      expect(sqlstate).toBe('23503');
    });
  });

  test('a transaction that was not entered sees nothing', async () => {
    const client = await database.pool('callboard_authenticator').connect();
    try {
      await client.query('begin');
      expect(await sqlstateOf(client, () => client.query('select from projects.projects'))).toBe(
        DENIED,
      );
      await client.query("select set_config('role', 'callboard_member', true)");
      for (const table of tables) {
        const seen = await client.query(`select from ${table.name}`);
        expect([table.name, seen.rowCount]).toEqual([table.name, 0]);
      }
    } finally {
      await client.query('rollback');
      client.release();
    }
  });
});
