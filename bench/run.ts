import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { measureBuilding } from './building.ts';
import { measureAgainstByHand } from './by-hand.ts';
import { SCENARIOS, type ScenarioName } from './by-hand/scenarios.ts';
import { makeDatabase, type BenchDatabase } from './databases.ts';
import { measureEvents, type Shape } from './events.ts';
import { measureMail } from './mail.ts';
import { median, ratioOf, ROOT } from './measure.ts';
import { measureOtherTenants } from './other-tenants.ts';
import { keep, number, type Row } from './report.ts';
import { measureRowSecurity } from './row-security.ts';
import { measureSearch, type Side } from './search.ts';
import { measureStarting } from './starting.ts';

// Measures on a real server, both sides of each ratio in the same run, and writes bench/RESULTS.md: everything, or the parts
// that are named. The server is the one of BENCH_DATABASE_URL, or a throw-away Postgres 15 made by .ci/postgres.sh.

const OWN_TASKS = 2_000;
const FEW = 1_000;
const MANY = 1_000_000;

function throwAwayServer(): { url: string; stop: () => void } {
  const script = path.join(ROOT, '.ci/postgres.sh');
  const environment = {
    ...process.env,
    CI_POSTGRES_DIR: path.join(ROOT, '.data/bench-postgres'),
  };
  const run = (command: string) =>
    execFileSync('bash', [script, command], { env: environment, encoding: 'utf8' }).trim();
  return { url: run('start'), stop: () => run('stop') };
}

const given = process.env['BENCH_DATABASE_URL'];
const server = given ? { url: given, stop: () => undefined } : throwAwayServer();

/** The databases that are there, by how many rows of other tenants they have. */
const databases = new Map<number, Promise<BenchDatabase>>();
function withRowsOfOthers(rows: number): Promise<BenchDatabase> {
  const known = databases.get(rows);
  if (known) return known;
  const made = makeDatabase(server.url, `callboard_bench_${rows}`, OWN_TASKS, rows);
  databases.set(rows, made);
  return made;
}

/** What there is to measure, in the order of the report. */
const PARTS: Readonly<Record<string, () => Promise<Row[]>>> = {
  async starting() {
    const { first, second } = await measureStarting();
    return [
      [
        '`npm start` to the first answer, embedded, packages installed: no database → all there',
        `${number(first, 1)} s → ${number(second, 1)} s`,
        'second ≤ 5 s',
      ],
    ];
  },

  async tenants() {
    const others = await measureOtherTenants(
      await withRowsOfOthers(FEW),
      await withRowsOfOthers(MANY),
    );
    return [
      [
        `A page of 20 tasks over GraphQL, 8 callers: ${number(FEW)} rows of other tenants → ${number(MANY)}`,
        `${number(median(others.few))} → ${number(median(others.many))} requests/s: **${number(ratioOf(others.few, others.many), 3)}** times as long`,
        '≤ 1.1',
      ],
    ];
  },

  async security() {
    const security = await measureRowSecurity(await withRowsOfOthers(MANY));
    return [
      [
        'The same page as a whole transaction, pgbench, 4 clients: row security ÷ conditions written out',
        `${number(median(security.underRowSecurity))} ÷ ${number(median(security.writtenOut))} transactions/s: **${number(ratioOf(security.underRowSecurity, security.writtenOut), 3)}**`,
        '≥ 0.93',
      ],
      [
        'The same, against a transaction that does not even ask who is calling (no `authz.enter_session`)',
        `${number(median(security.underRowSecurity))} ÷ ${number(median(security.notEntered))} transactions/s: ${number(ratioOf(security.underRowSecurity, security.notEntered), 3)}`,
        '',
      ],
    ];
  },

  async requests() {
    const byHand = await measureAgainstByHand(await withRowsOfOthers(FEW));
    return (Object.keys(SCENARIOS) as ScenarioName[]).map((name) => {
      const { rates, cost } = byHand[name];
      return [
        `${SCENARIOS[name].title}, 8 callers: GraphQL ÷ written by hand with Express and \`pg\``,
        `${number(median(rates.graphql))} ÷ ${number(median(rates.byHand))} requests/s: **${number(ratioOf(rates.graphql, rates.byHand), 2)}** (the server computes ${number(cost.graphql)} µs and ${number(cost.byHand)} µs for one)`,
        '≥ 0.9',
      ];
    });
  },

  async schema() {
    const building = await measureBuilding(await withRowsOfOthers(FEW));
    return [
      ['Building the GraphQL schema', `${number(building.milliseconds)} ms`, ''],
      [
        'Size of the schema',
        `${number(building.types)} types, ${number(building.sdl)} characters of SDL`,
        '',
      ],
      [
        'Memory of a server that has just become ready',
        `${number(building.memory / 2 ** 20)} MiB`,
        '',
      ],
    ];
  },

  async mail() {
    const { rates, long } = await measureMail(await withRowsOfOthers(FEW));
    return [
      [
        'Mails to leads, from the queue to a mail server, 10 connections: the whole path ÷ graphile-worker with a task that only sends',
        `${number(median(rates.product))} ÷ ${number(median(rates.bare))} mails/s: **${number(ratioOf(rates.product, rates.bare), 2)}**`,
        '≥ 0.6',
      ],
      [
        'The same, where the text is made of the HTML of each mail',
        `${number(median(rates.textless))} ÷ ${number(median(rates.bare))} mails/s: ${number(ratioOf(rates.textless, rates.bare), 2)}`,
        '',
      ],
      [
        `Memory of the worker over ${number(long.mails)} mails (${number(long.taken)} arrived, ${number(long.perSecond)} a second): after a tenth → at the end`,
        `${number(long.early / 2 ** 20)} → ${number(long.late / 2 ** 20)} MiB`,
        'flat',
      ],
    ];
  },

  async events() {
    const { ingest, counted } = await measureEvents(await withRowsOfOthers(FEW));
    const ofShape = (shape: Shape, how: string): Row[] => {
      const { recompute, late } = counted[shape];
      return [
        [
          `The figures of 90 days out of 5,000,000 events, ${how}: the plain \`group by\` ÷ \`recompute_metrics_daily\`, which writes them`,
          `${number(median(recompute.plain))} ms ÷ ${number(median(recompute.recomputed))} ms: **${number(ratioOf(recompute.plain, recompute.recomputed), 2)}**`,
          '≥ 0.7',
        ],
        [
          'One late event afterwards, until the figures are right again, of that',
          `${number(median(late))} ms: **${number((100 * median(late)) / median(recompute.recomputed), 1)} %**`,
          '≤ 2 %',
        ],
      ];
    };
    return [
      [
        'Events in calls of 5,000: `upsert_events` ÷ `COPY` into the same table',
        `${number(median(ingest.upsert))} ÷ ${number(median(ingest.copy))} rows/s: **${number(ratioOf(ingest.upsert, ingest.copy), 2)}**`,
        '≥ 0.4',
      ],
      ...ofShape('visits', 'in visits'),
      ...ofShape('spread', 'users and events in all ways'),
    ];
  },

  async search() {
    const searching = await measureSearch(server.url);
    const ofTenant = (size: 'usual' | 'large'): Row[] => {
      const rounds = searching[size];
      const { bare, vector } = searching.recall[size];
      const tenant = `A tenant of ${size === 'usual' ? 'some 800' : '40,000'} chunks, ten results`;
      const compared = (above: Side, side: Side, what: string, wanted: string): Row => [
        `${tenant}: ${what}`,
        `${number(median(rounds[above]), 2)} ÷ ${number(median(rounds[side]), 2)} ms: **${number(ratioOf(rounds[above], rounds[side]), 2)}**`,
        wanted,
      ];
      return [
        [
          `The same tenant${size === 'usual' ? 's' : ''}: recall of the ten nearest by meaning, against looking at all (the bare query, which keeps 250 candidates as well: ${number(bare, 3)})`,
          `**${number(vector, 3)}**`,
          '≥ 0.98',
        ],
        compared('bare', 'vector', 'bare HNSW query ÷ `hybrid_search` by meaning alone', '≥ 0.7'),
        compared(
          'bare',
          'hybrid',
          'bare HNSW query ÷ `hybrid_search` by words and meaning',
          '≥ 0.7',
        ),
        compared(
          'both',
          'hybrid',
          'one statement by hand that ranks by words and meaning, knowing no rights ÷ `hybrid_search`',
          '≥ 0.7',
        ),
      ];
    };
    return [
      [
        'Search, 200,000 chunks of 384 dimensions in 200 tenants: building the HNSW index',
        `${number(searching.indexSeconds)} s`,
        '',
      ],
      ...ofTenant('usual'),
      ...ofTenant('large'),
      ['A tenant of 20 chunks that asks for 20', `gets **${searching.few}**`, '20'],
    ];
  },
};

const names = Object.keys(PARTS);
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !names.includes(name));
try {
  if (unknown.length > 0) {
    throw new Error(`There is no part ${unknown.join(', ')}: ${names.join(', ')} are.`);
  }
  for (const name of asked.length > 0 ? asked : names) {
    console.log(name);
    const rows = (await PARTS[name]?.()) ?? [];
    for (const [what, figure] of rows) console.log(`  ${what}: ${figure}`);
    keep(name, rows, names);
  }
  for (const database of databases.values()) await (await database).drop();
} finally {
  server.stop();
}
