import { withoutSecrets } from './secrets.ts';

/** What Postgres says about an error, and Node about a connection: all that the log repeats of an error's own properties. */
const SAID = [
  'code',
  'severity',
  'detail',
  'hint',
  'where',
  'schema',
  'table',
  'column',
  'constraint',
  'dataType',
  'routine',
  'position',
  'internalQuery',
  'internalPosition',
  'syscall',
] as const;

/** Causes of causes that are told. */
const DEPTH = 4;

/** The longest text of an error: a message can quote a whole statement. */
const LENGTH = 8_000;

const clean = (text: string) =>
  withoutSecrets(text.length > LENGTH ? `${text.slice(0, LENGTH)}…` : text);

/** An error as the log has it: type, message, stack, what Postgres adds, and the error that caused it. */
export function errorForLog(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: clean(String(error)) };
  const said: Record<string, unknown> = {
    type: error.name,
    message: clean(error.message),
  };
  for (const name of SAID) {
    const value = (error as unknown as Record<string, unknown>)[name];
    if (typeof value === 'string') said[name] = clean(value);
    else if (typeof value === 'number') said[name] = value;
  }
  if (error.stack) said['stack'] = clean(error.stack);
  const { cause } = error;
  if (cause !== undefined && depth < DEPTH) said['cause'] = errorForLog(cause, depth + 1);
  return said;
}
