import { makeLog, type Log } from './log/log.ts';
import { endInLog, logEverything } from './log/process.ts';
import { readSettings, type Settings } from './settings.ts';

/**
 * Runs a program to its end. What its user can do something about is one line on the console and exit code 1, without a
 * stack.
 */
export async function runProgram(program: () => Promise<void>): Promise<void> {
  try {
    await program();
  } catch (error) {
    console.error(isPlain(error) ? error.message : error);
    process.exitCode = 1;
  }
}

/** Runs a program that serves until it is told to stop, and logs what it does, its own end included. */
export function runService(
  name: string,
  program: (settings: Settings, log: Log) => Promise<void>,
): Promise<void> {
  return runProgram(async () => {
    const settings = readSettings();
    const log = makeLog(settings).child({ name });
    const isForMachines = settings.logFormat === 'json';
    if (isForMachines) logEverything(log);
    else endInLog(log);
    try {
      await program(settings, log);
    } catch (error) {
      if (!isForMachines) throw error;
      log.fatal({ err: error }, isPlain(error) ? error.message : 'The process ends with an error.');
      process.exitCode = 1;
    }
    if (leaving) process.exit();
  });
}

/** Errors whose message says what is wrong and what to do. */
const PLAIN = new Set([
  'SettingsError',
  'ListenError',
  'ProcessError',
  'DatabaseUnavailableError',
  'DataDirectoryError',
  'MigrationError',
  'NamingCollisionError',
]);

const isPlain = (error: unknown): error is Error => error instanceof Error && PLAIN.has(error.name);

/** Milliseconds within which a second signal is the first one again: npm hands Ctrl-C on, which the terminal has sent. */
const SAME_SIGNAL = 500;

/** Waits for Ctrl-C or a request to stop; a second one ends the process at once. */
export function stopRequested(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let asked: number | undefined;
  const onSignal = () => {
    if (asked !== undefined && performance.now() - asked > SAME_SIGNAL) process.exit(130);
    asked ??= performance.now();
    resolve();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return promise;
}

/** Longer than the embedded engine takes to close with clients in use. */
const LONGEST_END = 8_000;

let leaving = false;

/**
 * Lets the process end when its program has, even if something in it goes on: a task that did not finish. When the program
 * itself waits for that, as for a client that a task holds, in a few seconds.
 */
export function leaveAnyway(): void {
  leaving = true;
  setTimeout(() => process.exit(), LONGEST_END).unref();
}
