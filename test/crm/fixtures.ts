import type { PoolClient } from 'pg';
import { add, one, type Values } from '../projects/fixtures.ts';

let serial = 0;

/** A lead of the active organization; without an address it gets one of its own. */
export function addLead(client: PoolClient, values: Values = {}): Promise<string> {
  serial += 1;
  return add(client, 'crm.leads', { email: `lead${serial}@clients.test`, ...values });
}

/** A touchpoint so many days ago, written as a job writes it. */
export function addTouchpoint(
  client: PoolClient,
  leadId: string,
  daysAgo: number,
  values: Values = {},
): Promise<string> {
  return one(
    client,
    `(crm.record_touchpoint($1, coalesce($3::jsonb ->> 'kind', 'page_view'), $3::jsonb ->> 'channel', $3::jsonb ->> 'campaign',
        lead_source_id => ($3::jsonb ->> 'lead_source_id')::uuid, visitor_id => $3::jsonb ->> 'visitor_id',
        occurred_at => now() - $2 * interval '1 day', client_key => $3::jsonb ->> 'client_key')).id`,
    [leadId, daysAgo, JSON.stringify(values)],
  );
}

/** The stages of the active organization by name, in their order. */
export async function stagesOf(client: PoolClient): Promise<Readonly<Record<string, string>>> {
  const { rows } = await client.query<{ name: string; id: string }>(
    'select name, id from crm.pipeline_stages where deleted_at is null order by position',
  );
  return Object.fromEntries(rows.map(({ name, id }) => [name, id]));
}

/** A deal with its lead. */
export async function addDeal(client: PoolClient, values: Values = {}): Promise<string> {
  return add(client, 'crm.deals', {
    name: 'Launch film',
    lead_id: values['lead_id'] ?? (await addLead(client)),
    ...values,
  });
}

/** Moves a deal, and gives what it is then. */
export const moveDeal = (
  client: PoolClient,
  dealId: string,
  stageId: string | undefined,
  position: number | null = null,
  lostReason: string | null = null,
): Promise<Values> =>
  one(client, 'crm.move_deal($1, $2, $3, $4)', [dealId, stageId ?? null, position, lostReason]);

/** Imports rows, and gives what became of each. */
export async function upsert(client: PoolClient, rows: readonly Values[]): Promise<Values[]> {
  const result = await client.query<{ outcome: Values }>(
    `select to_jsonb(o) as outcome
       from crm.upsert_leads(array(
              select jsonb_populate_record(null::crm.lead_draft, r.row)
                from jsonb_array_elements($1) with ordinality as r (row, number)
               order by r.number)) o`,
    [JSON.stringify(rows)],
  );
  return result.rows.map(({ outcome }) => outcome);
}
