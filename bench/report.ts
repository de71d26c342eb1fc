import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';

/** What was measured, the figure, and what is wanted. */
export type Row = readonly [what: string, figure: string, wanted: string];

type Measured = { readonly day: string; readonly rows: readonly Row[] };

const KEPT = path.join(import.meta.dirname, 'results.json');
const REPORT = path.join(import.meta.dirname, 'RESULTS.md');

export const number = (value: number, digits = 0): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });

const PROSE = `The page is read by the key \`(organization_id, id)\` either way: \`explain (analyze, buffers)\` shows an index condition on
the organization and the same few buffers whatever other tenants have. Asking who is calling reads two rows by
key and makes two settings; that is what the second line of \`security\` pays for, and what makes a removed member be out at the next request.

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
- There is no schema built beforehand. Behaviors that are worked out once for each text
  (\`plugins/remembered-behaviors.ts\`) halved what building takes, which is a third of a second start; a prebuilt one would have to be
  kept in step with the database, settings and plugins.
- Mails go in batches: one statement decides and claims fifty, one records them, and two batches are on their way at a time.
  What graphile-worker does for each job, it does here for twenty seconds of mails; rendering and signing take what that spares.
- \`json_build_object\` takes half as long again as joining texts with \`to_json\`; \`row_to_json\` lies between.
`;

/** Keeps the figures of a part, and writes the report anew with the latest of all parts, in the order of `parts`. */
export function keep(part: string, rows: readonly Row[], parts: readonly string[]): void {
  const kept = JSON.parse(readFileSync(KEPT, 'utf8')) as Record<string, Measured>;
  kept[part] = { day: new Date().toISOString().slice(0, 10), rows };
  const known = parts.flatMap((name) => {
    const measured = kept[name];
    return measured ? [[name, measured] as const] : [];
  });
  writeFileSync(KEPT, `${JSON.stringify(Object.fromEntries(known), null, 2)}\n`);
  const [processor] = cpus();
  const lines = known.flatMap(([name, { day, rows: figures }]) =>
    figures.map(([what, figure, wanted], index) =>
      ['', index === 0 ? `\`${name}\` ${day}` : '', what, figure, wanted, ''].join(' | ').trim(),
    ),
  );
  writeFileSync(
    REPORT,
    `# Results of \`npm run bench\`

${processor?.model.trim() ?? 'Unknown processor'}, ${cpus().length} cores, ${number(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}. Every ratio compares sides that took
turns in one run on one real Postgres server; figures are medians over the rounds, ratios the medians of the ratios of each
round. \`npm run bench -- mail search\` measures these parts anew.

| part | what | figure | wanted |
|---|---|---|---|
${lines.join('\n')}

${PROSE}`,
  );
}
