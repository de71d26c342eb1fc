import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { as, makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { add, refusalOf, rowOf, type Values } from '../projects/fixtures.ts';
import { addLedger, post } from './ledger.ts';

const database = testDatabase();
let cast: Cast;
beforeAll(async () => {
  cast = await makeCast(database, 'ours');
});

const asOwner = (work: (client: PoolClient) => Promise<void>) => as(database, cast.owner, work);
const addProject = (client: PoolClient, values: Values = {}) =>
  add(client, 'projects.projects', { name: 'Pilot', ...values });

describe('a posting that names a project but no budget', () => {
  const APPROVED = { status: 'approved' };
  test.each<[name: string, budgets: Values[], found: number | null]>([
    ['no budget', [], null],
    ['one that is approved', [APPROVED], 0],
    ['two that are approved', [APPROVED, APPROVED], null],
    [
      'one that is approved among others',
      [{}, { status: 'closed' }, APPROVED, { status: 'submitted' }],
      2,
    ],
    ['an approved one in another currency', [{ ...APPROVED, currency: 'EUR' }], null],
    ['two, one of them in its currency', [{ ...APPROVED, currency: 'EUR' }, APPROVED], 1],
  ])('%s', async (_name, budgets, found) => {
    await asOwner(async (client) => {
      const ledger = await addLedger(client);
      const project_id = await addProject(client);
      const ids: string[] = [];
      for (const budget of budgets) {
        ids.push(await add(client, 'finance.budgets', { name: 'Shoot', project_id, ...budget }));
      }
      const id = await post(client, ledger, { amount: 7, budget_id: null, project_id });
      const row = await rowOf(client, 'finance.transactions', id);
      expect(row['budget_id']).toBe(found === null ? null : ids[found]);
    });
  });

  test('does not find one that is archived', async () => {
    await asOwner(async (client) => {
      const ledger = await addLedger(client);
      const project_id = await addProject(client);
      const budget = await add(client, 'finance.budgets', {
        name: 'Shoot',
        project_id,
        status: 'approved',
      });
      await client.query('select finance.delete_budget($1)', [budget]);
      const id = await post(client, ledger, { amount: 7, budget_id: null, project_id });
      expect((await rowOf(client, 'finance.transactions', id))['budget_id']).toBeNull();
    });
  });
});

describe('what follows from the rest', () => {
  test('budget and category from the line', async () => {
    await asOwner(async (client) => {
      const ledger = await addLedger(client, { Camera: 100 });
      const line = { budget_id: null, budget_line_item_id: ledger.lineIds['Camera'], amount: 7 };
      const id = await post(client, ledger, line);
      expect(await rowOf(client, 'finance.transactions', id)).toMatchObject({
        budget_id: ledger.budgetId,
        category: 'Camera',
      });
    });
  });

  test('the project from the budget, and the workspace from the project', async () => {
    await asOwner(async (client) => {
      const project_id = await addProject(client, { workspace_id: cast.privateWorkspaceId });
      const ledger = await addLedger(client, {}, { project_id });
      const id = await post(client, ledger, { amount: 7 });
      expect(await rowOf(client, 'finance.transactions', id)).toMatchObject({
        project_id,
        workspace_id: cast.privateWorkspaceId,
      });
    });
  });

  test.each<[name: string, values: Values, refusal: Values]>([
    [
      'a currency that is not the budget’s',
      { currency: 'EUR' },
      { code: 'CB002', field: 'currency' },
    ],
    [
      'a project that is not the budget’s',
      { project_id: 'other' },
      { code: 'CB002', field: 'budget_id' },
    ],
    ['a line of another budget', { budget_line_item_id: 'other' }, { code: '23503' }],
  ])('%s is refused', async (_name, values, refusal) => {
    await asOwner(async (client) => {
      const ledger = await addLedger(client, {}, { project_id: await addProject(client) });
      const other: Values = {
        project_id: await addProject(client),
        budget_line_item_id: (await addLedger(client, { Sound: 1 })).lineIds['Sound'],
      };
      const given = Object.fromEntries(
        Object.entries(values).map(([name, value]) => [
          name,
          value === 'other' ? other[name] : value,
        ]),
      );
      expect(
        await refusalOf(client, () => post(client, ledger, { amount: 7, ...given })),
      ).toMatchObject(refusal);
    });
  });
});

describe('the currency of a budget', () => {
  const change = (client: PoolClient, id: string) =>
    refusalOf(client, () =>
      client.query("update finance.budgets set currency = 'EUR' where id = $1", [id]),
    );

  test('can change while nothing counts against it', async () => {
    await asOwner(async (client) => {
      expect(
        await change(client, (await addLedger(client, { Camera: 1 })).budgetId),
      ).toBeUndefined();
    });
  });

  test.each(['draft', 'posted', 'void'])(
    'stays once there is a posting, even one that is %s',
    async (status) => {
      await asOwner(async (client) => {
        const ledger = await addLedger(client);
        await post(client, ledger, { amount: 7, status });
        expect(await change(client, ledger.budgetId)).toMatchObject({
          code: 'CB005',
          field: 'currency',
        });
      });
    },
  );
});

describe('the project of a budget', () => {
  const move = (client: PoolClient, id: string, project: string | null) =>
    refusalOf(client, () =>
      client.query('update finance.budgets set project_id = $2 where id = $1', [id, project]),
    );

  test('is not another one than that of its postings', async () => {
    await asOwner(async (client) => {
      const ledger = await addLedger(client, {}, { project_id: await addProject(client) });
      const other = await addProject(client);
      expect(await move(client, ledger.budgetId, other)).toBeUndefined();
      await post(client, ledger, { amount: 7 });
      expect(await move(client, ledger.budgetId, other)).toMatchObject({
        code: 'CB005',
        field: 'project_id',
      });
      expect(await move(client, ledger.budgetId, null)).toBeUndefined();
    });
  });

  test('can be found later', async () => {
    await asOwner(async (client) => {
      const ledger = await addLedger(client);
      await post(client, ledger, { amount: 7 });
      expect(await move(client, ledger.budgetId, await addProject(client))).toBeUndefined();
    });
  });
});
