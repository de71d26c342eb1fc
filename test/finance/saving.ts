import type { PoolClient } from 'pg';
import { one, type Values } from '../projects/fixtures.ts';

/** A budget as `finance.save_budget` gives it back. */
export type SavedBudget = Values & {
  readonly id: string;
  readonly currency: string;
  readonly status: string;
  /** To the microsecond, as `expected_updated_at` wants it. */
  readonly updated_at: string;
};

/** Calls `finance.save_budget`; `lines` null leaves the lines as they are. */
export const save = (
  client: PoolClient,
  budget: Values,
  lines: readonly (Values | null)[] | null,
): Promise<SavedBudget> =>
  one(
    client,
    `finance.save_budget(
       jsonb_populate_record(null::finance.budget_draft, $1),
       case when $2::jsonb is not null then coalesce(
         (select array_agg(
                   case when l.line <> 'null' then jsonb_populate_record(null::finance.budget_line_draft, l.line) end
                   order by l.number)
            from jsonb_array_elements($2) with ordinality as l (line, number)), '{}') end)`,
    [JSON.stringify(budget), lines && JSON.stringify(lines)],
  );

/** The lines of a budget that are not archived, in their order. */
export async function linesOf(
  client: PoolClient,
  budgetId: string,
): Promise<(Values & { readonly id: string })[]> {
  const { rows } = await client.query<{ line: Values & { readonly id: string } }>(
    `select to_jsonb(l) as line from finance.budget_line_items l
      where l.budget_id = $1 and l.deleted_at is null order by l.position`,
    [budgetId],
  );
  return rows.map((row) => row.line);
}
