import { ERRORS, type ErrorDescription } from './registry.ts';

function rowOf({ code, sqlstates, when }: ErrorDescription): string {
  const states = sqlstates.map((sqlstate) => `\`${sqlstate}\``).join(', ');
  return `| \`${code}\` | ${states || '–'} | ${when} |`;
}

/** `docs/ERRORS.md`, whole. */
export function errorsDocument(): string {
  return [
    '# Errors',
    '',
    'Every error of the API has a code in `extensions.code`; programs go by that, the message is for people. Made from',
    '`plugins/errors/registry.ts`; `npm run schema:print` writes it again.',
    '',
    '```json',
    JSON.stringify(
      {
        message: 'There is already a row with this slug.',
        path: ['createProject'],
        extensions: {
          code: 'NOT_UNIQUE',
          field: 'slug',
          constraint: 'projects_organization_id_slug_key',
        },
      },
      null,
      2,
    ),
    '```',
    '',
    '`field` is the argument or input field that has to change, `constraint` the rule that was broken, `detail` and `hint`',
    'say more. Where several values are right by themselves and wrong together, `fields` lists them and there is no `field`: a',
    'form marks `fields ?? [field]`. An error that no code is for is not shown: its message has an id, and the log has the rest',
    'under that id.',
    '',
    '| code | SQLSTATE | when |',
    '|---|---|---|',
    ...ERRORS.map(rowOf),
    '',
  ].join('\n');
}
