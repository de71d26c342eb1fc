import { AsyncLocalStorage } from 'node:async_hooks';
import { destination, pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import { errorForLog } from './errors.ts';
import { plainLines } from './plain.ts';
import { redacted } from './secrets.ts';

/** Where a process says what it does. */
export type Log = Logger;

/** From the most serious to everything; `silent` says nothing. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** `json` for machines, one object a line; `plain` for a person at a terminal. */
export const LOG_FORMATS = ['json', 'plain'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export type LogSettings = {
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
};

/** What every line says that is written while it holds, such as the request that is being answered. */
export type LogScope = { readonly requestId: string };

/** Handing over a line costs a tenth of a request: characters that are handed over at once, and milliseconds they may wait. */
const GATHERED = { minLength: 4_096, periodicFlush: 50 } as const;

const scopes = new AsyncLocalStorage<LogScope>();

/** Lets everything that `work` starts be logged as a part of `scope`. */
export const inLogScope = <T>(scope: LogScope, work: () => T): T => scopes.run(scope, work);

/** What is being logged for at the moment. */
export const logScope = (): LogScope | undefined => scopes.getStore();

/**
 * The log of a process, on its standard output. Lines are handed to the system while the process goes on with its work,
 * under load many at a time, and what is left is written when it exits, however it does, short of SIGKILL.
 *
 * @param stream where lines go instead; for tests
 */
export function makeLog(settings: LogSettings, stream?: DestinationStream): Log {
  const { logLevel, logFormat } = settings;
  const target = stream ?? destination({ dest: 1, sync: false, ...GATHERED });
  return pino(
    {
      level: logLevel,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redacted },
      mixin: () => {
        const scope = logScope();
        return scope ? { requestId: scope.requestId } : {};
      },
      serializers: { err: errorForLog },
    },
    logFormat === 'plain' ? plainLines(target) : target,
  );
}
