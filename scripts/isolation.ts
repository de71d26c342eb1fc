import type { Line, Matrix, Side } from '../test/helpers/isolation/measure.ts';

/** A table in Markdown, padded as prettier would. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, index) =>
    Math.max(3, ...[cell, ...rows.map((row) => row[index] ?? '')].map((each) => each.length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

const isRefused = ({ cells }: Line) => cells.every((cell) => /^·+$/.test(cell));

/** Tables whose rows, wherever they are, are the same stand in one line. */
function grouped(lines: readonly Line[]): Map<string, Line[][]> {
  const ofTable = Map.groupBy(lines, (line) => line.table);
  const alike = Map.groupBy(ofTable.values(), (own) =>
    JSON.stringify(own.map(({ kind, side, cells }) => [kind, side, cells])),
  );
  return new Map([...alike].map(([key, tables]) => [key, [...tables]]));
}

const nameOf = ({ table: name, module }: Line) => `\`${name.replace(`${module}.`, '')}\``;

function rowsOf(lines: readonly Line[]): string[][] {
  return [...grouped(lines).values()].flatMap((tables) => {
    const names = tables.map(([first]) => (first ? nameOf(first) : '')).join(', ');
    return (tables[0] ?? []).map(({ kind, cells }, index) => [
      index === 0 ? names : 'the same, in a private workspace',
      index === 0 ? kind : '',
      ...cells,
    ]);
  });
}

/** `docs/ISOLATION.md`, whole. */
export function isolationDocument({ players, lines }: Matrix): string {
  const names = players.map(({ name }) => name);
  const on = (...sides: Side[]) => lines.filter(({ side }) => sides.includes(side));
  const own = Map.groupBy(on('own', 'own, private workspace'), ({ module }) => module);
  const other = on('other');
  const exceptions = other.filter((line) => !isRefused(line));
  const cells = lines.length * players.length;
  return [
    '# Who may do what to which rows',
    '',
    'Measured, not written: `npm run docs:isolation` makes two organizations and tries every action on a row of every table as',
    `everybody below (${cells} cells of four actions each). A test compares; what is here is what happens.`,
    '',
    '- **R** read, **I** insert, **U** update, **A** archive (rows of the kind tenant are never deleted), **D** delete; **·** refused.',
    '- **I** where the rest is refused is a row of the caller’s own. What belongs to a person is tried with what is the owner’s.',
    '- Where only functions write, such as members and roles, nothing but reading is here: functions ask for permissions of',
    '  their own. Internal tables are not here either: no caller has any right to them, which the catalog tests see to.',
    '',
    table(
      ['column', 'who tries'],
      players.map(({ name, explanation }) => [name, explanation]),
    ),
    '',
    '## Rows of the organization',
    '',
    ...[...own].flatMap(([module, ofModule]) => [
      `### ${module}`,
      '',
      table(['table', 'kind', ...names], rowsOf(ofModule)),
      '',
    ]),
    '## Rows of another organization',
    '',
    'The same callers, who claim the first organization, and the rows of a second one, or of its owner.',
    '',
    `Refused, all of it: ${other.filter(isRefused).length} of ${other.length} tables${exceptions.length > 0 ? '. The others:' : '.'}`,
    '',
    ...(exceptions.length > 0
      ? [
          table(
            ['table', 'kind', ...names],
            exceptions.map(({ table: name, kind, cells: row }) => [`\`${name}\``, kind, ...row]),
          ),
          '',
        ]
      : []),
  ].join('\n');
}
