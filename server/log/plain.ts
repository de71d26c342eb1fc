import type { DestinationStream } from 'pino';

type Line = Readonly<Record<string, unknown>>;

const LEVELS: Readonly<Record<string, string>> = {
  warn: 'warning: ',
  error: 'error: ',
  fatal: 'fatal: ',
};

/** What a line has that a person does not want to read. */
const QUIET = new Set([
  'level',
  'time',
  'pid',
  'name',
  'msg',
  'err',
  'requestId',
  'userId',
  'organizationId',
]);

const valueOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

function requestOf({ method, path, status, ms, operation, operationName, errors }: Line): string {
  const what = [operation, operationName].filter(Boolean).join(' ');
  const codes = Array.isArray(errors) && errors.length > 0 ? `  ${errors.join(', ')}` : '';
  const place = [method, path, status]
    .filter((part) => part !== undefined)
    .map(valueOf)
    .join(' ');
  return `${place} in ${Number(ms).toFixed(0)} ms${what ? `  ${what}` : ''}${codes}`;
}

function said(line: Line): string {
  const { msg, level, err } = line;
  const prefix = LEVELS[String(level)] ?? '';
  if (line['method'] !== undefined) return `${prefix}${requestOf(line)}`;
  const rest = Object.entries(line)
    .filter(([name]) => !QUIET.has(name))
    .map(([name, value]) => `${name}=${valueOf(value)}`)
    .join(' ');
  const stack = err ? (err as { stack?: string; message?: string }) : undefined;
  return [`${prefix}${valueOf(msg)}${rest ? `  ${rest}` : ''}`, stack?.stack ?? stack?.message]
    .filter(Boolean)
    .join('\n');
}

/** Lines of the log as a person at a terminal reads them: the time of day, what happened, and the stack of an error. */
export function plainLines(target: DestinationStream): DestinationStream {
  return {
    write(json) {
      const line = JSON.parse(json) as Line;
      target.write(`${String(line['time']).slice(11, 19)}  ${said(line)}\n`);
    },
  };
}
