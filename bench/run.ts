import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';
import { measureBuilding } from './building.ts';
import { measureAgainstByHand } from './by-hand.ts';
import { SCENARIOS, type ScenarioName } from './by-hand/scenarios.ts';
import { makeDatabase } from './databases.ts';
import { measureMail } from './mail.ts';
import { measureEvents } from './events.ts';
import { median, ratioOf, ROOT } from './measure.ts';
import { measureOtherTenants } from './other-tenants.ts';
import { measureRowSecurity } from './row-security.ts';
import { measureSearch, type Side } from './search.ts';
import { measureStarting } from './starting.ts';

// Measures on a real server, both sides of each ratio in the same run, and writes bench/RESULTS.md. The server is the one
// of BENCH_DATABASE_URL, or a throw-away Postgres 15 made by .ci/postgres.sh.

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

const number = (value: number, digits = 0) =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });

const given = process.env['BENCH_DATABASE_URL'];
const server = given ? { url: given, stop: () => undefined } : throwAwayServer();
try {
  console.log('npm start, first and second time');
  const starting = await measureStarting();
  console.log(starting);

  console.log('making databases');
  const few = await makeDatabase(server.url, 'callboard_bench_few', OWN_TASKS, FEW);
  const many = await makeDatabase(server.url, 'callboard_bench_many', OWN_TASKS, MANY);

  console.log('rows of other tenants');
  const others = await measureOtherTenants(few, many);
  console.log(others);

  console.log('against a server written by hand');
  const byHand = await measureAgainstByHand(few);
  console.log(byHand);

  console.log('row security');
  const security = await measureRowSecurity(many);
  console.log(security);

  console.log('building the schema');
  const building = await measureBuilding(few);
  console.log(building);

  console.log('mail');
  const mail = await measureMail(few);
  console.log(mail);

  console.log('events');
  const events = await measureEvents(few);
  console.log(events);

  console.log('searching');
  const searching = await measureSearch(server.url);
  console.log(searching);

  await few.drop();
  await many.drop();

  const row = (...cells: string[]) => `| ${cells.join(' | ')} |`;
  const [processor] = cpus();
  writeFileSync(
    path.join(import.meta.dirname, 'RESULTS.md'),
    `# Results of \`npm run bench\`

${new Date().toISOString().slice(0, 10)}, ${processor?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, ${number(totalmem() / 2 ** 30)} GiB,
Node ${process.versions.node}. Every ratio compares sides that took turns in this run on one real Postgres server; figures
are medians over the rounds, ratios the medians of the ratios of each round.

${[
  row('what', 'figure', 'wanted'),
  '|---|---|---|',
  row(
    `A page of 20 tasks over GraphQL, 8 callers: ${number(FEW)} rows of other tenants → ${number(MANY)}`,
    `${number(median(others.few))} → ${number(median(others.many))} requests/s: **${number(ratioOf(others.few, others.many), 3)}** times as long`,
    '≤ 1.1',
  ),
  row(
    'The same page as a whole transaction, pgbench, 4 clients: row security ÷ conditions written out',
    `${number(median(security.underRowSecurity))} ÷ ${number(median(security.writtenOut))} transactions/s: **${number(ratioOf(security.underRowSecurity, security.writtenOut), 3)}**`,
    '≥ 0.93',
  ),
  row(
    'The same, against a transaction that does not even ask who is calling (no `authz.enter_session`)',
    `${number(median(security.underRowSecurity))} ÷ ${number(median(security.notEntered))} transactions/s: ${number(ratioOf(security.underRowSecurity, security.notEntered), 3)}`,
    '',
  ),
  ...(Object.keys(SCENARIOS) as ScenarioName[]).map((name) => {
    const { rates, cost } = byHand[name];
    return row(
      `${SCENARIOS[name].title}, 8 callers: GraphQL ÷ written by hand with Express and \`pg\``,
      `${number(median(rates.graphql))} ÷ ${number(median(rates.byHand))} requests/s: **${number(ratioOf(rates.graphql, rates.byHand), 2)}** (the server computes ${number(cost.graphql)} µs and ${number(cost.byHand)} µs for one)`,
      '≥ 0.9',
    );
  }),
  row(
    'Mails to leads, from the queue to a mail server, 10 connections: the whole path ÷ graphile-worker with a task that only sends',
    `${number(median(mail.rates.product))} ÷ ${number(median(mail.rates.bare))} mails/s: **${number(ratioOf(mail.rates.product, mail.rates.bare), 2)}**`,
    '≥ 0.6',
  ),
  row(
    'The same, where the text is made of the HTML of each mail',
    `${number(median(mail.rates.textless))} ÷ ${number(median(mail.rates.bare))} mails/s: ${number(ratioOf(mail.rates.textless, mail.rates.bare), 2)}`,
    '',
  ),
  row(
    `Memory of the worker over ${number(mail.long.mails)} mails (${number(mail.long.taken)} arrived, ${number(mail.long.perSecond)} a second): after a tenth → at the end`,
    `${number(mail.long.early / 2 ** 20)} → ${number(mail.long.late / 2 ** 20)} MiB`,
    'flat',
  ),
  row(
    'Events in calls of 5,000: `upsert_events` ÷ `COPY` into the same table',
    `${number(median(events.ingest.upsert))} ÷ ${number(median(events.ingest.copy))} rows/s: **${number(ratioOf(events.ingest.upsert, events.ingest.copy), 2)}**`,
    '≥ 0.4',
  ),
  row(
    'The figures of 90 days out of 5,000,000 events: the plain `group by` ÷ `recompute_metrics_daily`, which writes them',
    `${number(median(events.recompute.plain))} ms ÷ ${number(median(events.recompute.recomputed))} ms: **${number(ratioOf(events.recompute.plain, events.recompute.recomputed), 2)}**`,
    '≥ 0.7',
  ),
  row(
    'One late event afterwards, until the figures are right again, of that',
    `${number(median(events.late))} ms: **${number((100 * median(events.late)) / median(events.recompute.recomputed), 1)} %**`,
    '≤ 2 %',
  ),
  row('Building the GraphQL schema', `${number(building.milliseconds)} ms`, ''),
  row(
    'Size of the schema',
    `${number(building.types)} types, ${number(building.sdl)} characters of SDL`,
    '',
  ),
  row(
    'Memory of a server that has just become ready',
    `${number(building.memory / 2 ** 20)} MiB`,
    '',
  ),
  row(
    '`npm start` to the first answer, embedded, packages installed: no database → all there',
    `${number(starting.first, 1)} s → ${number(starting.second, 1)} s`,
    'second ≤ 5 s',
  ),
  row(
    'Search, 200,000 chunks of 384 dimensions in 200 tenants: building the HNSW index',
    `${number(searching.indexSeconds)} s`,
    '',
  ),
  ...(['usual', 'large'] as const).flatMap((size) => {
    const rounds = searching[size];
    const compared = (side: Exclude<Side, 'bare'>, what: string) =>
      row(
        `A tenant of ${size === 'usual' ? 'some 800' : '40,000'} chunks, ten results: bare HNSW query ÷ ${what}`,
        `${number(median(rounds.bare), 2)} ÷ ${number(median(rounds[side]), 2)} ms: **${number(ratioOf(rounds.bare, rounds[side]), 2)}**`,
        '≥ 0.7',
      );
    return [
      row(
        `The same tenant${size === 'usual' ? 's' : ''}: recall of the ten nearest by meaning, against looking at all`,
        `**${number(searching.recall[size], 3)}**`,
        '≥ 0.98',
      ),
      compared('vector', '`hybrid_search` by meaning alone'),
      compared('hybrid', '`hybrid_search` by words and meaning'),
    ];
  }),
  row('A tenant of 20 chunks that asks for 20', `gets **${searching.few}**`, '20'),
].join('\n')}

The page is read by the key \`(organization_id, id)\` either way: \`explain (analyze, buffers)\` shows an index condition on
the organization and the same few buffers whatever other tenants have. Asking who is calling reads two rows by
key and makes two settings; that is what the third line pays for, and what makes a removed member be out at the next request.

What is written by hand (\`bench/by-hand/\`) verifies the same tokens, enters by the same function in a transaction of its own,
and gives the same JSON, which Postgres builds for it. It has no limits, logs nothing and sets no headers of its own, which
the GraphQL server does. Its processes, those of GraphQL, those of Postgres and the one that asks share the machine: what
Postgres is spared counts too.

What made the difference, and what did not:

- One write for a statement, with no \`begin\` and no \`commit\` (\`server/adaptor/exchange.ts\`): statements between two syncs of
  the protocol are one transaction anyway. It spares Postgres two statements and the server the objects of two queries. Statements
  are prepared by their text, inserts too, and described once.
- Postgres writes the rows of lists (\`plugins/plans/rows-as-json.ts\`): the more levels, the more it spares.
- Selects remember their SQL (\`plugins/plans/remembered-selects.ts\`): putting it together took a tenth of a request.
- Answers of Grafast as text rather than objects alone gained nothing that could be measured; with rows written by Postgres it
  is what lets them pass. Express itself is 1 to 2 % of a request, verifying a token 4 %, Grafast 5 % on a row.
- Lines of the log are handed over many at a time (\`server/log/log.ts\`): a system call for each was a tenth of a request.
- A schema built beforehand would not pay. Behaviors that are worked out once for each text
  (\`plugins/remembered-behaviors.ts\`) halved what building takes, which is the smaller part of a start; a prebuilt one would have
  to be kept in step with the database, settings and plugins.
- Mails go in batches: one statement decides and claims fifty, one records them, and two batches are on their way at a time.
  What graphile-worker does for each job, it does here for twenty seconds of mails; rendering and signing take what that spares.
- \`json_build_object\` takes half as long again as joining texts with \`to_json\`; \`row_to_json\` lies between.
`,
  );
  console.log('bench/RESULTS.md is written.');
} finally {
  server.stop();
}
