import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { actAs, as, makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { add, addPlan, NOWHERE, refusalOf, rowOf } from './fixtures.ts';

const database = testDatabase();
let ours: Cast;
let theirs: Cast;
/** A project with something of every kind below it, on two levels; made anew for each test. */
let project: string;
let below: Record<string, string>;
let alreadyGone: string;
let posting: string;

beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
});

const call = (client: PoolClient, name: string, id: string | undefined) =>
  client.query(`select ${name}($1)`, [id]);
const asOwner = <T>(work: (client: PoolClient) => Promise<T>) => actAs(database, ours.owner, work);

async function build(): Promise<void> {
  await asOwner(async (client) => {
    const plan = await addPlan(client, { tasks: { A: 1, B: 1, Gone: 1 }, links: [['A', 'B']] });
    const project_id = (project = plan.projectId);
    const budget_id = await add(client, 'finance.budgets', { project_id, name: 'Shoot' });
    const account_id = await add(client, 'finance.accounts', {
      code: `5${Math.floor(Math.random() * 1e9)}`,
      name: 'Cost',
      kind: 'expense',
    });
    const { rows } = await client.query<{ id: string }>(
      'select id from projects.task_dependencies where project_id = $1',
      [project_id],
    );
    alreadyGone = plan.taskIds['Gone'] ?? '';
    below = {
      'projects.project_tasks': plan.taskIds['A'] ?? '',
      'projects.task_dependencies': rows[0]?.id ?? '',
      'projects.project_members': await add(client, 'projects.project_members', {
        project_id,
        user_id: ours.owner.userId,
      }),
      'projects.project_phases': await add(client, 'projects.project_phases', {
        project_id,
        name: 'Prep',
      }),
      'projects.project_milestones': await add(client, 'projects.project_milestones', {
        project_id,
        name: 'Lock',
        due_on: '2026-05-04',
      }),
      'projects.project_resources': await add(client, 'projects.project_resources', {
        project_id,
        kind: 'person',
        name: 'Gaffer',
      }),
      'projects.project_compliance': await add(client, 'projects.project_compliance', {
        project_id,
        name: 'Street',
      }),
      'projects.project_safety': await add(client, 'projects.project_safety', {
        project_id,
        kind: 'hazard',
        title: 'Cable',
      }),
      'projects.design_versions': await add(client, 'projects.design_versions', {
        project_id,
        name: 'Poster',
      }),
      'finance.budgets': budget_id,
      'finance.budget_line_items': await add(client, 'finance.budget_line_items', {
        budget_id,
        category: 'Camera',
        name: 'Lens',
      }),
    };
    posting = await add(client, 'finance.transactions', {
      account_id, budget_id, kind: 'expense', status: 'posted', posted_on: '2026-05-04', amount: 7,
    }); // prettier-ignore
  });
  // In a transaction of its own: what went before went at another instant.
  await asOwner((client) => call(client, 'projects.delete_project_task', alreadyGone));
}

/** A column of every row below the project. */
const everywhere = (column: string) =>
  asOwner(async (client) => {
    const values: Record<string, unknown> = {};
    for (const [table, id] of Object.entries(below))
      values[table] = (await rowOf(client, table, id))[column];
    return values;
  });

const each = (value: unknown) =>
  Object.fromEntries(Object.keys(below).map((table) => [table, value]));

describe('archiving a project', () => {
  test('takes everything below it along, but the ledger, and brings that back', async () => {
    await build();
    await asOwner((client) => call(client, 'projects.delete_project', project));
    const archived = await asOwner((client) => rowOf(client, 'projects.projects', project));
    expect(archived['deleted_at']).not.toBeNull();
    expect(await everywhere('deleted_at')).toEqual(each(archived['deleted_at']));
    await asOwner(async (client) => {
      expect((await rowOf(client, 'finance.transactions', posting))['deleted_at']).toBeNull();
      const gone = await rowOf(client, 'projects.project_tasks', alreadyGone);
      expect(gone['deleted_at']).not.toBeNull();
      expect(gone['deleted_at']).not.toBe(archived['deleted_at']);
    });

    await asOwner((client) => call(client, 'projects.restore_project', project));
    expect(await everywhere('deleted_at')).toEqual(each(null));
    await asOwner(async (client) => {
      expect((await rowOf(client, 'projects.projects', project))['deleted_at']).toBeNull();
      expect(
        (await rowOf(client, 'projects.project_tasks', alreadyGone))['deleted_at'],
      ).not.toBeNull();
    });
  });

  test('cannot be undone piece by piece', async () => {
    await build();
    await asOwner((client) => call(client, 'projects.delete_project', project));
    await as(database, ours.owner, async (client) => {
      for (const [name, table] of [
        ['projects.restore_project_task', 'projects.project_tasks'],
        ['projects.restore_task_dependency', 'projects.task_dependencies'],
        ['finance.restore_budget', 'finance.budgets'],
        ['finance.restore_budget_line_item', 'finance.budget_line_items'],
      ] as const) {
        expect([
          name,
          await refusalOf(client, () => call(client, name, below[table])),
        ]).toMatchObject([name, { code: 'CB005', field: 'row_id' }]);
      }
    });
  });

  test('a budget that is archived by itself comes back with its lines only', async () => {
    await build();
    await asOwner((client) =>
      call(client, 'finance.delete_budget_line_item', below['finance.budget_line_items']),
    );
    await asOwner((client) => call(client, 'finance.delete_budget', below['finance.budgets']));
    await asOwner((client) => call(client, 'projects.delete_project', project));
    await asOwner((client) => call(client, 'projects.restore_project', project));
    await as(database, ours.owner, async (client) => {
      const deletedAt = async (table: string) =>
        (await rowOf(client, table, below[table] ?? ''))['deleted_at'];
      expect(await deletedAt('projects.project_tasks')).toBeNull();
      expect(await deletedAt('finance.budgets')).not.toBeNull();
      await call(client, 'finance.restore_budget', below['finance.budgets']);
      expect(await deletedAt('finance.budgets')).toBeNull();
      expect(await deletedAt('finance.budget_line_items')).not.toBeNull();
    });
  });

  test('twice, or of what is not there, finds nothing', async () => {
    await build();
    await as(database, ours.owner, async (client) => {
      const MISSING = { code: 'CB004', field: 'row_id' };
      expect(
        await refusalOf(client, () => call(client, 'projects.restore_project', project)),
      ).toMatchObject(MISSING);
      await call(client, 'projects.delete_project', project);
      expect(
        await refusalOf(client, () => call(client, 'projects.delete_project', project)),
      ).toMatchObject(MISSING);
      expect(
        await refusalOf(client, () => call(client, 'projects.delete_project', NOWHERE)),
      ).toMatchObject(MISSING);
    });
  });
});

describe('who may', () => {
  test.each<[who: 'owner' | 'admin' | 'member' | 'guest' | 'left', code: string | undefined]>([
    ['owner', undefined],
    ['admin', undefined],
    ['member', undefined],
    ['guest', 'CB004'],
    ['left', 'CB004'],
  ])('%s: %s', async (who, code) => {
    await build();
    await as(database, ours[who], async (client) => {
      expect(
        (await refusalOf(client, () => call(client, 'projects.delete_project', project)))?.code,
      ).toBe(code);
    });
  });

  test('nobody from another organization', async () => {
    await build();
    await as(database, theirs.owner, async (client) => {
      expect(
        await refusalOf(client, () => call(client, 'projects.delete_project', project)),
      ).toMatchObject({ code: 'CB004' });
    });
  });

  test('a member takes along what only others may see', async () => {
    await build();
    await actAs(database, ours.member, (client) =>
      call(client, 'projects.delete_project', project),
    );
    expect(Object.values(await everywhere('deleted_at'))).not.toContain(null);
  });
});

test('a project that moves to another workspace takes everything along, the ledger too', async () => {
  await build();
  const move = (workspace: string | null) =>
    asOwner((client) =>
      client.query('update projects.projects set workspace_id = $2 where id = $1', [
        project,
        workspace,
      ]),
    );
  for (const workspace of [ours.privateWorkspaceId, ours.workspaceId, null]) {
    await move(workspace);
    expect(await everywhere('workspace_id')).toEqual(each(workspace));
    await asOwner(async (client) => {
      expect((await rowOf(client, 'finance.transactions', posting))['workspace_id']).toBe(
        workspace,
      );
    });
  }
});
