import { beforeAll, describe, expect, test } from '@jest/globals';
import { as, makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import type { Values } from '../projects/fixtures.ts';
import { addLedger, entriesOf, post, varianceOf, type Lines } from './ledger.ts';

const database = testDatabase();
let cast: Cast;
beforeAll(async () => {
  cast = await makeCast(database, 'ours');
});

/** A posting; `line` is the name of the line that it is booked on. */
type Posting = Values & { readonly line?: string };
type Case = {
  readonly lines: Lines;
  readonly postings: readonly Posting[];
  /** planned, actual, forecast, variance, percent, status */
  readonly total: readonly unknown[];
};

const CASES: Readonly<Record<string, Case>> = {
  'a budget without lines or postings': {
    lines: {},
    postings: [],
    total: [0, 0, 0, 0, null, 'on_track'],
  },
  'nothing posted: the plan is the forecast': {
    lines: { Camera: 1000, Sound: 500 },
    postings: [],
    total: [1500, 0, 1500, 0, 0, 'on_track'],
  },
  'part of a line spent': {
    lines: { Camera: 1000 },
    postings: [{ amount: 400, line: 'Camera' }],
    total: [1000, 400, 1000, 0, 0, 'on_track'],
  },
  'a line overspent, another one not: they do not make up for each other': {
    lines: { Camera: 1000, Sound: 500 },
    postings: [{ amount: 1200, line: 'Camera' }],
    total: [1500, 1200, 1700, -200, -13.33, 'over'],
  },
  'a refund lowers what was spent': {
    lines: { Camera: 1000 },
    postings: [
      { amount: 1100, line: 'Camera' },
      { amount: -300, line: 'Camera' },
    ],
    total: [1000, 800, 1000, 0, 0, 'on_track'],
  },
  'an estimate replaces the rest of the plan': {
    lines: { Camera: { unit_cost: 1000, estimate_to_complete: 250 } },
    postings: [{ amount: 400, line: 'Camera' }],
    total: [1000, 400, 650, 350, 35, 'under'],
  },
  'an estimate of nothing says that it is over': {
    lines: { Camera: { unit_cost: 1000, estimate_to_complete: 0 } },
    postings: [{ amount: 1060, line: 'Camera' }],
    total: [1000, 1060, 1060, -60, -6, 'at_risk'],
  },
  'spent without a line, in a planned category: uses up what its lines have left': {
    lines: { Camera: 1000 },
    postings: [{ amount: 300, category: 'Camera' }],
    total: [1000, 300, 1000, 0, 0, 'on_track'],
  },
  'more of it than is left': {
    lines: { Camera: 1000 },
    postings: [
      { amount: 900, line: 'Camera' },
      { amount: 300, category: 'Camera' },
    ],
    total: [1000, 1200, 1200, -200, -20, 'over'],
  },
  'spent in a category that is not planned': {
    lines: { Camera: 1000 },
    postings: [{ amount: 50, category: 'Gifts' }],
    total: [1000, 50, 1050, -50, -5, 'at_risk'],
  },
  'a planned credit that has not come yet': {
    lines: { Camera: 1000, 'Tax credit': -200 },
    postings: [],
    total: [800, 0, 800, 0, 0, 'on_track'],
  },
  'a planned credit that has come in part': {
    lines: { Camera: 1000, 'Tax credit': -200 },
    postings: [{ amount: -150, line: 'Tax credit' }],
    total: [800, -150, 800, 0, 0, 'on_track'],
  },
  'a planned credit that has come without its line is not counted twice': {
    lines: { Camera: 1000, 'Tax credit': -200 },
    postings: [{ amount: -200, category: 'Tax credit' }],
    total: [800, -200, 800, 0, 0, 'on_track'],
  },
  'a credit beside costs of its category stays expected, whatever else was spent': {
    lines: {
      Rental: { unit_cost: 100, category: 'Camera' },
      'Deposit back': { unit_cost: -30, category: 'Camera' },
    },
    postings: [{ amount: 100, category: 'Camera' }],
    total: [70, 100, 70, 0, 0, 'on_track'],
  },
  'a refund without a line frees nothing that is still to be spent': {
    lines: { Camera: 1000 },
    postings: [
      { amount: 1000, line: 'Camera' },
      { amount: -100, category: 'Camera' },
    ],
    total: [1000, 900, 900, 100, 10, 'under'],
  },
  'a budget that plans a profit, and makes less': {
    lines: { Costs: 100, Sponsor: -300 },
    postings: [{ amount: 150, line: 'Costs' }],
    total: [-200, 150, -150, -50, -25, 'over'],
  },
  'costs without any plan': {
    lines: { Camera: 0 },
    postings: [{ amount: 0.01, line: 'Camera' }],
    total: [0, 0.01, 0.01, -0.01, null, 'over'],
  },
  'income without any plan': {
    lines: {},
    postings: [{ amount: -5 }],
    total: [0, -5, -5, 5, null, 'under'],
  },
  'drafts, revenue and transfers do not count; payroll, invoices and adjustments do': {
    lines: { Camera: 1000 },
    postings: [
      { amount: 1, line: 'Camera', status: 'draft' },
      { amount: 2, line: 'Camera', kind: 'revenue' },
      { amount: 4, line: 'Camera', kind: 'transfer' },
      { amount: 8, line: 'Camera', kind: 'payroll' },
      { amount: 16, line: 'Camera', kind: 'invoice_received' },
      { amount: 32, line: 'Camera', kind: 'adjustment' },
      { amount: 64, line: 'Camera' },
    ],
    total: [1000, 120, 1000, 0, 0, 'on_track'],
  },
  'cents are not lost': {
    lines: {
      Third: { quantity: '0.333', unit_cost: '100.01' }, // 33.30333 → 33.30
      Half: { quantity: '0.5', unit_cost: '0.01' }, // 0.005 → 0.01
      Tenths: '0.30',
    },
    postings: [
      { amount: '0.10', line: 'Tenths' },
      { amount: '0.20', line: 'Tenths' },
      { amount: '33.31', line: 'Third' },
    ],
    total: [33.61, 33.61, 33.62, -0.01, -0.03, 'at_risk'],
  },
  'as much as fits': {
    lines: { Film: '999999999999.99' },
    postings: [{ amount: '999999999999.98', line: 'Film' }],
    total: [999999999999.99, 999999999999.98, 999999999999.99, 0, 0, 'on_track'],
  },
  'a cent planned, and as much spent as fits': {
    lines: { Film: '0.01' },
    postings: [{ amount: '999999999999.99', line: 'Film' }],
    total: [0.01, 999999999999.99, 999999999999.99, -999999999999.98, -9999999999999800, 'over'],
  },
};

describe('planned, actual, forecast, variance, percent and status', () => {
  test.each(Object.entries(CASES))('%s', async (_name, { lines, postings, total }) => {
    await as(database, cast.owner, async (client) => {
      const ledger = await addLedger(client, lines);
      for (const { line, ...values } of postings) {
        await post(
          client,
          ledger,
          line ? { ...values, budget_line_item_id: ledger.lineIds[line] } : values,
        );
      }
      const got = await varianceOf(client, ledger.budgetId);
      expect([
        got.planned,
        got.actual,
        got.forecast,
        got.variance,
        got.variance_percent,
        got.status,
      ]).toEqual(total);
      expect(got.committed).toBe(0);

      // The total is the sum of the categories, and both are the sums of the rows behind them.
      const cents = (amounts: readonly number[]) =>
        amounts.reduce((sum, amount) => sum + BigInt(Math.round(amount * 100)), 0n);
      const entries = await entriesOf(client, ledger.budgetId);
      for (const measure of ['planned', 'committed', 'actual'] as const) {
        expect(cents(got.categories.map((each) => each[measure]))).toBe(cents([got[measure]]));
        for (const each of got.categories) {
          const behind = entries.filter(
            (entry) => entry.measure === measure && entry.category === each.category,
          );
          expect(cents(behind.map((entry) => entry.amount))).toBe(cents([each[measure]]));
        }
      }
      expect(cents(got.categories.map((each) => each.forecast))).toBe(cents([got.forecast]));
    });
  });
});

describe('categories', () => {
  test('come in the order of their first lines, what is not planned last', async () => {
    await as(database, cast.owner, async (client) => {
      const ledger = await addLedger(client, {
        First: { category: 'Camera', position: 2, unit_cost: 2 },
        Second: { category: 'Sound', position: 3, unit_cost: 1 },
        Third: { category: 'Sound', position: 1, unit_cost: 4 },
      });
      await post(client, ledger, { amount: 8 });
      await post(client, ledger, { amount: 16, category: 'Animals' });
      const { categories } = await varianceOf(client, ledger.budgetId);
      expect(categories.map((each) => [each.category, each.planned, each.actual])).toEqual([
        ['Sound', 5, 0],
        ['Camera', 2, 0],
        ['Animals', 0, 16],
        ['Uncategorized', 0, 8],
      ]);
    });
  });

  test('an archived line is not planned any more; what was posted on it stays in its category', async () => {
    await as(database, cast.owner, async (client) => {
      const ledger = await addLedger(client, { Camera: 100, Sound: 50 });
      await post(client, ledger, { amount: 30, budget_line_item_id: ledger.lineIds['Camera'] });
      await client.query('select finance.delete_budget_line_item($1)', [ledger.lineIds['Camera']]);
      const { categories, planned, forecast } = await varianceOf(client, ledger.budgetId);
      expect([planned, forecast]).toEqual([50, 80]);
      expect(
        categories.map((each) => [each.category, each.planned, each.actual, each.status]),
      ).toEqual([
        ['Sound', 50, 0, 'on_track'],
        ['Camera', 0, 30, 'over'],
      ]);
    });
  });
});

describe('the thresholds of the budget', () => {
  test.each([
    [94.99, 'under'],
    [95, 'on_track'],
    [100, 'on_track'],
    [100.01, 'at_risk'],
    [110, 'at_risk'],
    [110.01, 'over'],
  ])('a forecast of %d per cent is %s', async (amount, status) => {
    await as(database, cast.owner, async (client) => {
      const ledger = await addLedger(client, {
        Camera: { unit_cost: 100, estimate_to_complete: 0 },
      });
      await post(client, ledger, { amount, budget_line_item_id: ledger.lineIds['Camera'] });
      const got = await varianceOf(client, ledger.budgetId);
      expect([got.status, got.categories[0]?.status]).toEqual([status, status]);
    });
  });

  test('are the budget’s own', async () => {
    await as(database, cast.owner, async (client) => {
      const ledger = await addLedger(
        client,
        { Camera: { unit_cost: 100, estimate_to_complete: 0 } },
        { under_below_percent: 50, at_risk_above_percent: 120, over_above_percent: 120 },
      );
      await post(client, ledger, { amount: 120, budget_line_item_id: ledger.lineIds['Camera'] });
      expect((await varianceOf(client, ledger.budgetId)).status).toBe('on_track');
      await post(client, ledger, { amount: 0.01 });
      expect((await varianceOf(client, ledger.budgetId)).status).toBe('over');
    });
  });
});
