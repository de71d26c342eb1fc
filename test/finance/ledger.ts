import type { PoolClient } from 'pg';
import { add, one, type Values } from '../projects/fixtures.ts';

/** A budget with named lines and an account to post to. */
export type Ledger = {
  readonly budgetId: string;
  readonly accountId: string;
  readonly lineIds: Readonly<Record<string, string>>;
};

/** What lines are made of: their names lead to a planned amount, in the category that is the name, or to columns. */
export type Lines = Readonly<Record<string, number | string | Values>>;

export async function addLedger(
  client: PoolClient,
  lines: Lines = {},
  budget: Values = {},
): Promise<Ledger> {
  const accountId = await add(client, 'finance.accounts', {
    code: `5${Math.floor(Math.random() * 1e9)}`,
    name: 'Production cost',
    kind: 'expense',
  });
  const budgetId = await add(client, 'finance.budgets', { name: 'Shoot', ...budget });
  const lineIds: Record<string, string> = {};
  for (const [name, line] of Object.entries(lines)) {
    lineIds[name] = await add(client, 'finance.budget_line_items', {
      budget_id: budgetId,
      name,
      category: name,
      ...(typeof line === 'object' ? line : { unit_cost: line }),
    });
  }
  return { budgetId, accountId, lineIds };
}

/** Posts an expense against the budget on 4 May 2026, unless told otherwise. */
export function post(client: PoolClient, ledger: Ledger, values: Values): Promise<string> {
  return add(client, 'finance.transactions', {
    account_id: ledger.accountId,
    budget_id: ledger.budgetId,
    kind: 'expense',
    status: 'posted',
    posted_on: '2026-05-04',
    ...values,
  });
}

/** One category, or the total, as `finance.get_budget_variance` gives it. */
export type Figures = {
  readonly planned: number;
  readonly committed: number;
  readonly actual: number;
  readonly forecast: number;
  readonly variance: number;
  readonly variance_percent: number | null;
  readonly status: string;
};

export type Variance = Figures & {
  readonly budget_id: string;
  readonly as_of: string;
  readonly currency: string;
  readonly categories: readonly (Figures & { readonly category: string })[];
};

export const varianceOf = (
  client: PoolClient,
  budgetId: string,
  asOf: string | null = '2026-12-31',
) => one<Variance>(client, 'finance.get_budget_variance($1, $2)', [budgetId, asOf]);

/** A row behind the figures. */
export type Entry = {
  readonly category: string;
  readonly measure: string;
  readonly source_type: string;
  readonly source_id: string;
  readonly line_item_id: string | null;
  readonly name: string;
  readonly occurred_on: string | null;
  readonly amount: number;
  readonly currency: string;
};

export async function entriesOf(
  client: PoolClient,
  budgetId: string,
  asOf: string | null = '2026-12-31',
): Promise<Entry[]> {
  const { rows } = await client.query<{ entry: Entry }>(
    'select to_jsonb(e) as entry from finance.budget_variance_entries($1, $2) e',
    [budgetId, asOf],
  );
  return rows.map((row) => row.entry);
}
