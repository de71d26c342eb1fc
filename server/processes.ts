import cluster, { type Worker } from 'node:cluster';
import path from 'node:path';
import type { RunningServer } from './http.ts';
import type { Log } from './log/log.ts';
import type { Settings } from './settings.ts';

/** A process of the server ended before it listened; it has said why. */
export class ProcessError extends Error {
  override readonly name = 'ProcessError';
}

const PROGRAM = path.join(import.meta.dirname, 'main.ts');

/** Milliseconds before a process that ended is replaced: the first time, and at most. */
const FIRST_DELAY = 100;
const LONGEST_DELAY = 30_000;
/** A process that lived for so long did not end because it cannot live. */
const HEALTHY = 30_000;
/** Milliseconds that processes have to end when they are asked to: more than their requests have. */
const PATIENCE = 15_000;

/** Several processes that serve on one port, each with its own connections to the database. */
class Processes {
  readonly #log: Log;
  readonly #args: readonly string[];
  readonly #delays = new Set<NodeJS.Timeout>();
  #failures = 0;
  #stopping = false;

  constructor(log: Log, args: readonly string[]) {
    this.#log = log;
    this.#args = args;
  }

  /** Starts one more, and waits until it listens. */
  async start(): Promise<{ readonly port: number }> {
    const worker = this.#fork();
    const { promise, resolve, reject } = Promise.withResolvers<{ readonly port: number }>();
    worker.once('listening', ({ port }) => resolve({ port }));
    worker.once('exit', (code, signal) => {
      reject(
        new ProcessError(`A process of the server ended with ${signal ?? code} at its start.`),
      );
    });
    const listening = await promise;
    this.#replaceAtEnd(worker);
    return listening;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    for (const delay of this.#delays) clearTimeout(delay);
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
    await Promise.all(workers.map(end));
  }

  #fork(): Worker {
    cluster.setupPrimary({ exec: PROGRAM, args: [...this.#args] });
    return cluster.fork();
  }

  #replaceAtEnd(worker: Worker): void {
    const begun = performance.now();
    worker.once('exit', (code, signal) => {
      if (this.#stopping) return;
      this.#failures = performance.now() - begun > HEALTHY ? 0 : this.#failures + 1;
      const delay = Math.min(FIRST_DELAY * 2 ** this.#failures, LONGEST_DELAY);
      this.#log.error(
        { ended: worker.process.pid, exitCode: code, signal, delay },
        'A process of the server ended; another takes its place.',
      );
      const timer = setTimeout(() => {
        this.#delays.delete(timer);
        this.#replaceAtEnd(this.#fork());
      }, delay);
      this.#delays.add(timer);
    });
  }
}

/** Asks a process to finish what it does, and ends it when it takes too long. */
async function end(worker: Worker): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  worker.once('exit', () => resolve());
  if (worker.isDead()) return;
  worker.process.kill('SIGTERM');
  const patience = setTimeout(() => worker.process.kill('SIGKILL'), PATIENCE);
  await promise;
  clearTimeout(patience);
}

/**
 * Serves with as many processes as the settings say. One that ends is replaced: at once, then after longer and longer waits
 * while it keeps happening.
 *
 * @param demo whether they offer the demo accounts
 * @throws {ProcessError} when they do not start
 */
export async function startProcesses(
  settings: Settings,
  log: Log,
  demo: boolean,
): Promise<RunningServer> {
  const processes = new Processes(log, demo ? ['--demo'] : []);
  try {
    // What keeps the first from starting is said once, not by all of them.
    const { port } = await processes.start();
    const others = Array.from({ length: settings.serverProcesses - 1 }, () => processes.start());
    await Promise.all(others);
    const host = settings.host === '0.0.0.0' ? 'localhost' : settings.host;
    return {
      url: settings.publicUrl ?? `http://${host}:${port}`,
      port,
      close: () => processes.stop(),
    };
  } catch (error) {
    await processes.stop();
    throw error;
  }
}
