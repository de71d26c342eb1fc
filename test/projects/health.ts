import type { PoolClient } from 'pg';
import { add, one, type Values } from './fixtures.ts';

/** One part as `projects.get_production_health` gives it. */
export type HealthPart = {
  readonly part: string;
  readonly score: number | null;
  readonly weight: number;
  readonly effective_weight: number | null;
  readonly has_data: boolean;
  readonly summary: string;
  readonly figures: Readonly<Record<string, unknown>>;
};

/** What `projects.get_production_health` answers. */
export type Health = {
  readonly project_id: string;
  readonly as_of: string;
  readonly score: number | null;
  readonly grade: string | null;
  readonly parts: readonly HealthPart[];
};

export const healthOf = (client: PoolClient, projectId: string) =>
  one<Health>(client, 'projects.get_production_health($1)', [projectId]);

/** One part of the answer. */
export async function partOf(
  client: PoolClient,
  projectId: string,
  part: string,
): Promise<HealthPart> {
  const found = (await healthOf(client, projectId)).parts.find((each) => each.part === part);
  if (!found) throw new Error(`The answer has no part ${part}.`);
  return found;
}

/** The day that lies so many days from today, in UTC. */
export const dayFromNow = (client: PoolClient, days: number) =>
  one<string>(client, "((now() at time zone 'UTC')::date + $1::int)", [days]);

/** Values whose days (columns that end in `_on`) are counted from today. */
async function dated(client: PoolClient, values: Values): Promise<Values> {
  const days: [string, unknown][] = [];
  for (const [name, value] of Object.entries(values)) {
    days.push([name, name.endsWith('_on') ? await dayFromNow(client, Number(value)) : value]);
  }
  return Object.fromEntries(days);
}

/** Makes a project with such rows in one table, days counted from today, and gives a part of its health. */
export async function judge(
  client: PoolClient,
  part: string,
  table: string,
  rows: readonly Values[],
): Promise<HealthPart> {
  const project_id = await add(client, 'projects.projects', { name: 'Pilot' });
  for (const row of rows) await add(client, table, { project_id, ...(await dated(client, row)) });
  return partOf(client, project_id, part);
}
