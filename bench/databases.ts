import pg from 'pg';
import { openDatabase, type Database } from '../db/connect.ts';
import { migrate } from '../db/migrate.ts';

/** The organization that the measurements act in. */
export type Tenant = {
  readonly userId: string;
  readonly organizationId: string;
  /** Of the user, for as long as the measurements take. */
  readonly sessionId: string;
};

/** A database of the benchmark with one tenant to look at, and others to be in the way. */
export type BenchDatabase = {
  readonly url: string;
  readonly database: Database;
  readonly tenant: Tenant;
  drop(): Promise<void>;
};

export const ACCOUNT = { email: 'bench@callboard.test', password: 'callboard-bench' };

/** Where the rows go that are there from the start. */
const FILLED = [
  'projects.projects',
  'projects.project_tasks',
  'finance.budgets',
  'finance.budget_line_items',
];

/** Runs a statement about databases, which no transaction may have around it. */
export async function administer(server: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** The address of a database of that server. */
export function addressOf(server: string, name: string): string {
  const address = new URL(server);
  address.pathname = `/${name}`;
  return address.href;
}

/**
 * Makes a database with `ownTasks` tasks in the tenant that is measured and `otherTasks` in ten others; each tenant has 20
 * projects with two budgets of five lines. Triggers of the product are off while these rows go in: they are there to be
 * read, or in the way, not to be audited.
 */
export async function makeDatabase(
  server: string,
  name: string,
  ownTasks: number,
  otherTasks: number,
): Promise<BenchDatabase> {
  await administer(server, `drop database if exists ${name} with (force)`);
  await administer(server, `create database ${name}`);
  const url = addressOf(server, name);
  const database = await openDatabase({ databaseUrl: url, dataDir: '' });
  await migrate(database);
  const client = await database.pool().connect();
  try {
    const { rows } = await client.query<
      Record<'user_id' | 'organization_id' | 'session_id', string>
    >(
      "select user_id, organization_id, session_id from identity.sign_up($1, $2, 'Bench', 'Bench Productions')",
      [ACCOUNT.email, ACCOUNT.password],
    );
    const own = rows[0];
    if (!own) throw new Error('No tenant was made.');
    await client.query(
      `do $$
       declare
         other_id uuid;
       begin
         insert into identity.users (email, name) values ('others@callboard.test', 'Others') returning id into other_id;
         for number in 1 .. 10 loop
           perform tenancy.create_organization('Other ' || number, other_id);
         end loop;
       end
       $$`,
    );
    for (const table of FILLED) await client.query(`alter table ${table} disable trigger user`);
    const fill = (organizations: string, tasks: number) =>
      client.query(
        `with own as (select row_number() over (order by id) as number, id from tenancy.organizations where ${organizations}),
         made as (
           insert into projects.projects (organization_id, name, slug, starts_on)
           select own.id, 'Project ' || p, 'project-' || p, date '2026-01-05' + p::int
             from own cross join generate_series(1, 20) p
           returning organization_id, id
         ),
         budgets as (
           insert into finance.budgets (organization_id, project_id, name, status)
           select organization_id, id, b, 'draft' from made cross join unnest(array['Production', 'Post-production']) b
           returning organization_id, id
         ),
         lines as (
           insert into finance.budget_line_items (organization_id, budget_id, category, name, quantity, unit_cost)
           select organization_id, id, 'Camera', 'Line ' || l, l, 100 * l from budgets cross join generate_series(1, 5) l
         ),
         numbered as (select *, row_number() over () - 1 as number, count(*) over () as howmany from made)
         insert into projects.project_tasks (organization_id, project_id, title, due_on, priority)
         select n.organization_id, n.id, 'Task ' || t, date '2026-01-05' + (t % 300)::int,
                (array['low', 'medium', 'high', 'urgent'])[1 + t % 4]
           from generate_series(0, $1::bigint - 1) t
           join numbered n on n.number = t % n.howmany`,
        [tasks],
      );
    await fill("slug like 'other-%'", otherTasks);
    await fill("slug = 'bench-productions'", ownTasks);
    for (const table of FILLED) await client.query(`alter table ${table} enable trigger user`);
    await client.query('vacuum (analyze)');
    return {
      url,
      database,
      tenant: {
        userId: own.user_id,
        organizationId: own.organization_id,
        sessionId: own.session_id,
      },
      drop: async () => {
        await database.close();
        await administer(server, `drop database if exists ${name} with (force)`);
      },
    };
  } finally {
    client.release();
  }
}
