import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { ACCEPTED } from './lint-sql-accepted.ts';
import { capitalsIn } from './sql-case.ts';
import { serverFromEnvironment, withMigratedDatabase } from './temporary-database.ts';

// Checks the SQL: the writing of the files, and every function of a database made from them on the server of
// DATABASE_URL. Migrations create functions without looking into them, so this is where a name that is not there shows.

const FOLDER = path.join(import.meta.dirname, '../db');

function capitals(): string[] {
  return readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.sql') && name !== 'schema.sql')
    .sort()
    .flatMap((name) =>
      capitalsIn(readFileSync(path.join(FOLDER, name), 'utf8')).map(
        ({ line, word }) => `db/${name}:${line}: ${word} is not in lower case`,
      ),
    );
}

const OWN_FUNCTIONS = `
  select p.oid, p.oid::regprocedure::text as name, p.prorettype, l.lanname as language
    from pg_proc p
    join pg_language l on l.oid = p.prolang
    join pg_namespace n on n.oid = p.pronamespace
   where n.nspname not in ('pg_catalog', 'information_schema', 'graphile_worker')
     and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
`;

// A trigger function is checked on a table that it serves; of several, the one whose trigger sees most transition tables.
const FINDINGS = `
  select f.name, c.lineno as line, c.level, concat_ws(' ', c.message, c.detail, c.hint) as message
    from (${OWN_FUNCTIONS}) f
    left join lateral (
      select t.tgrelid, t.tgoldtable, t.tgnewtable
        from pg_trigger t
       where t.tgfoid = f.oid and not t.tgisinternal
       order by num_nulls(t.tgoldtable, t.tgnewtable), t.tgrelid
       limit 1
    ) t on true
   cross join lateral lint.plpgsql_check_function_tb(
      f.oid, coalesce(t.tgrelid, 0)::regclass, fatal_errors => false, security_warnings => true,
      oldtable => t.tgoldtable, newtable => t.tgnewtable) c
   where f.language = 'plpgsql' and (f.prorettype <> 'trigger'::regtype or t.tgrelid is not null)
   union all
  select f.name, 0, 'error', 'No trigger calls this function.'
    from (${OWN_FUNCTIONS}) f
   where f.prorettype = 'trigger'::regtype
     and not exists (select from pg_trigger t where t.tgfoid = f.oid)
   order by 1, 2
`;

type Finding = { name: string; line: number | null; level: string; message: string };

/** Functions in the language SQL, which Postgres checks itself when it is asked to create them. */
async function findingsInSql(client: pg.Client): Promise<Finding[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `select f.name, pg_get_functiondef(f.oid) as definition from (${OWN_FUNCTIONS}) f where f.language = 'sql' order by 1`,
  );
  const findings: Finding[] = [];
  for (const { name, definition } of rows) {
    try {
      await client.query(definition);
    } catch (error) {
      findings.push({ name, line: null, level: 'error', message: (error as Error).message });
    }
  }
  return findings;
}

async function functions(databaseUrl: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('create schema lint; create extension plpgsql_check schema lint');
    const { rows } = await client.query<Finding>(FINDINGS);
    const findings = [...rows, ...(await findingsInSql(client))];
    const isAccepted = ({ name, level }: Finding) =>
      ACCEPTED.some((each) => each.name === name && each.level === level);
    const outdated = ACCEPTED.filter(
      (each) => !findings.some(({ name, level }) => each.name === name && each.level === level),
    );
    return [
      ...findings
        .filter((finding) => !isAccepted(finding))
        .map(
          ({ name, line, level, message }) =>
            `${name}${line ? ` line ${line}` : ''}: ${level}: ${message}`,
        ),
      ...outdated.map(
        ({ name, level }) => `${name}: is accepted with a ${level} finding that it does not have`,
      ),
    ];
  } finally {
    await client.end();
  }
}

const problems = [
  ...capitals(),
  ...(await withMigratedDatabase(serverFromEnvironment(), functions)),
];
for (const problem of problems) console.error(problem);
console.log(
  problems.length === 0 ? 'The SQL is clean.' : `${problems.length} problems in the SQL.`,
);
if (problems.length > 0) process.exitCode = 1;
