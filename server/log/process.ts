import { format } from 'node:util';
import type { Log } from './log.ts';

/**
 * Makes everything that a process says a line of its log: what libraries write to the console, warnings of Node, and the error
 * that ends it.
 */
export function logEverything(log: Log): void {
  console.log = console.info = (...args: unknown[]) => log.info(format(...args));
  console.debug = console.trace = (...args: unknown[]) => log.debug(format(...args));
  console.dir = (item: unknown) => log.info(format(item));
  console.warn = (...args: unknown[]) => log.warn({ ...errorIn(args) }, format(...args));
  console.error = (...args: unknown[]) => log.error({ ...errorIn(args) }, format(...args));
  process.removeAllListeners('warning').on('warning', (warning) => {
    log.warn({ err: warning }, 'Node warns.');
  });
  endInLog(log);
}

/** Logs the error that ends the process. The lines before it are written too: that happens when the process exits. */
export function endInLog(log: Log): void {
  process.on('uncaughtException', (error, origin) => {
    log.fatal({ err: error, origin }, 'The process ends: nobody caught an error.');
    process.exit(1);
  });
}

const errorIn = (args: readonly unknown[]) => {
  const error = args.find((arg) => arg instanceof Error);
  return error ? { err: error } : {};
};
