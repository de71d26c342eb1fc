import { beforeAll, describe, expect, test } from '@jest/globals';
import { actAs, ANONYMOUS, as, makeCast, type Caller, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { NOWHERE, refusalOf } from '../projects/fixtures.ts';
import { addLedger, entriesOf, post, varianceOf } from './ledger.ts';

const database = testDatabase();
let ours: Cast;
let theirs: Cast;
let budget: string;

beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
  budget = await actAs(database, ours.owner, async (client) => {
    const ledger = await addLedger(client, { Camera: 100 });
    await post(client, ledger, { amount: 40 });
    return ledger.budgetId;
  });
});

const QUERIES = { get_budget_variance: varianceOf, budget_variance_entries: entriesOf } as const;

describe.each(Object.entries(QUERIES))('%s', (_name, query) => {
  const refused = (caller: Caller, id: string) =>
    as(database, caller, (client) => refusalOf(client, () => query(client, id)));

  test.each(['owner', 'admin'] as const)('answers the %s', async (who) => {
    expect(await refused(ours[who], budget)).toBeUndefined();
  });

  test.each(['member', 'guest', 'left'] as const)('refuses the %s', async (who) => {
    expect(await refused(ours[who], budget)).toMatchObject({ code: 'CB003' });
  });

  test('refuses nobody', async () => {
    expect(await refused(ANONYMOUS, budget)).toMatchObject({ code: '42501' });
  });

  test.each([
    ['the owner of another organization', () => refused(theirs.owner, budget)],
    ['an unknown budget', () => refused(ours.owner, NOWHERE)],
  ])('finds nothing for %s', async (_who, attempt) => {
    expect(await attempt()).toMatchObject({ code: 'CB004', field: 'budget_id' });
  });
});

test('each row says where it comes from', async () => {
  await as(database, ours.owner, async (client) => {
    const ledger = await addLedger(
      client,
      { Camera: { unit_cost: 100, quantity: 3, estimate_to_complete: 20 } },
      { currency: 'EUR' },
    );
    const line = ledger.lineIds['Camera'];
    const booked = await post(client, ledger, {
      amount: 40,
      currency: 'EUR',
      budget_line_item_id: line,
      description: 'Lens',
    });
    const loose = await post(client, ledger, { amount: 2, currency: 'EUR', counterparty: 'Taxi' });
    const entries = await entriesOf(client, ledger.budgetId);
    const plan = {
      source_type: 'finance.budget_line_items',
      source_id: line,
      line_item_id: line,
      name: 'Camera',
    };
    const ledgerRow = {
      measure: 'actual',
      source_type: 'finance.transactions',
      occurred_on: '2026-05-04',
      currency: 'EUR',
    };
    expect(entries).toEqual(
      expect.arrayContaining([
        {
          ...plan,
          category: 'Camera',
          measure: 'planned',
          occurred_on: null,
          amount: 300,
          currency: 'EUR',
        },
        {
          ...plan,
          category: 'Camera',
          measure: 'estimate',
          occurred_on: null,
          amount: 20,
          currency: 'EUR',
        },
        {
          ...ledgerRow,
          category: 'Camera',
          source_id: booked,
          line_item_id: line,
          name: 'Lens',
          amount: 40,
        },
        {
          ...ledgerRow,
          category: 'Uncategorized',
          source_id: loose,
          line_item_id: null,
          name: 'Taxi',
          amount: 2,
        },
      ]),
    );
    expect(entries).toHaveLength(4);
  });
});
