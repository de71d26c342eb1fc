import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import type { Database } from '../connect.ts';

/** The password of every demo account. */
export const DEMO_PASSWORD = 'callboard-demo';

/** Someone to sign in as. */
export type DemoAccount = {
  readonly email: string;
  readonly role: 'owner' | 'member' | 'guest';
  readonly organization: string;
  /** What is worth looking at with it, in a sentence. */
  readonly what: string;
};

/** Who can sign in to the demo, all with `DEMO_PASSWORD`. */
export const DEMO_ACCOUNTS: readonly DemoAccount[] = [
  {
    email: 'owner@lumen.test',
    role: 'owner',
    organization: 'Lumen Stage',
    what: 'Sees everything of Lumen Stage, and is a plain member of Brightside Pictures as well.',
  },
  {
    email: 'crew@lumen.test',
    role: 'member',
    organization: 'Lumen Stage',
    what: 'Works on projects and tasks; sees no money and no private workspace.',
  },
  {
    email: 'client@lumen.test',
    role: 'guest',
    organization: 'Lumen Stage',
    what: 'A client: reads the projects of one private workspace and nothing else.',
  },
  {
    email: 'owner@brightside.test',
    role: 'owner',
    organization: 'Brightside Pictures',
    what: 'Sees everything of Brightside Pictures and nothing of Lumen Stage.',
  },
];

/** What the demo consists of, by table: rows of both organizations together. */
export type DemoCounts = Readonly<Record<(typeof COUNTED)[number], number>>;

export type DemoReport = {
  /** False when the demo was there already: then nothing was changed. */
  loaded: boolean;
  organizations: { id: string; name: string; slug: string }[];
  counts: DemoCounts;
};

const COUNTED = [
  'projects',
  'project_compliance',
  'project_tasks',
  'task_dependencies',
  'project_milestones',
  'project_safety',
  'budgets',
  'budget_line_items',
  'transactions',
] as const;

const FOLDER = import.meta.dirname;
/** Loads that come at the same time wait for each other. */
const LOCK_KEY = 5678010;

const DEMO_THERE = "select exists (select from identity.users where email = 'owner@lumen.test')";

const FIND_ORGANIZATIONS = `
  select distinct o.id, o.name, o.slug
    from tenancy.organizations o
    join tenancy.organization_members m on m.organization_id = o.id
    join tenancy.roles r on r.organization_id = m.organization_id and r.id = m.role_id and r.key = 'owner'
    join identity.users u on u.id = m.user_id
   where u.email in ('owner@lumen.test', 'owner@brightside.test') and o.name in ('Lumen Stage', 'Brightside Pictures')
   order by o.name desc`;

const COUNT = `select json_build_object(${COUNTED.map((table) => {
  const schema = ['budgets', 'budget_line_items', 'transactions'].includes(table)
    ? 'finance'
    : 'projects';
  return `'${table}', (select count(*) from ${schema}.${table} t where t.organization_id = any ($1))`;
}).join(', ')}) as counts`;

const readSql = (name: string) => readFileSync(path.join(FOLDER, name), 'utf8');

/**
 * Fills the database with two production companies whose productions, days and places come from 500 real film and theatre
 * permits of New York City (`film_permits.csv`). Every time moves by one number of whole weeks, counted from `today`, so
 * that six permits of ten lie in the past, and weekdays and times of day stay what they were in New York. Nothing is
 * random. All of it is one transaction; a second load changes nothing.
 *
 * @param options.today the day that the demo is about, `YYYY-MM-DD`; the day it is in New York when left out
 * @param options.log gets one line about each step
 * @throws when the schema is not migrated, or somebody else holds one of the demo's e-mail addresses; then nothing stays
 */
export async function loadDemo(
  database: Database,
  options: { today?: string; log?: (line: string) => void } = {},
): Promise<DemoReport> {
  const { today, log = () => undefined } = options;
  const client = await database.pool('callboard_owner').connect();
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [LOCK_KEY]);
    const there = await client.query<{ exists: boolean }>(DEMO_THERE);
    const loaded = there.rows[0]?.exists !== true;
    if (loaded) {
      await client.query(
        `select set_config('callboard.demo_password', $1, true),
                set_config('callboard.demo_today', coalesce($2::date, (now() at time zone 'America/New_York')::date)::text, true)`,
        [DEMO_PASSWORD, today ?? null],
      );
      const rows: unknown = parse(readSql('film_permits.csv'), { columns: true });
      for (const file of readdirSync(FOLDER)
        .filter((name) => /^\d\d_.*\.sql$/.test(name))
        .sort()) {
        const started = performance.now();
        await client.query(readSql(file));
        if (file.startsWith('01_')) {
          await client.query(readSql('stage_rows.sql'), [JSON.stringify(rows)]);
        }
        log(`${file} ${Math.round(performance.now() - started)} ms`);
      }
    } else {
      log('The demo is there already: nothing to do.');
    }
    const organizations =
      await client.query<DemoReport['organizations'][number]>(FIND_ORGANIZATIONS);
    const { rows: counted } = await client.query<{ counts: DemoCounts }>(COUNT, [
      organizations.rows.map((row) => row.id),
    ]);
    await client.query('commit');
    if (!counted[0]) throw new Error('Counting rows gave no row.');
    return { loaded, organizations: organizations.rows, counts: counted[0].counts };
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}
