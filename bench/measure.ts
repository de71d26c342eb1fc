import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request as httpRequest, Agent } from 'node:http';
import { createServer } from 'node:net';
import path from 'node:path';

export const ROOT = path.join(import.meta.dirname, '..');

/** The middle of some numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = NaN, high = NaN] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 1 ? high : (low + high) / 2;
}

/** A TCP port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port.');
  server.close();
  await once(server, 'close');
  return address.port;
}

/** Requests are counted as in production, but there may be as many as the machine can do. */
const UNLIMITED = '1000000';

/** A running process of Callboard. */
export type Running = {
  readonly origin: string;
  /** Milliseconds from starting the process to the first answer of `/readyz`. */
  readonly readyAfter: number;
  /** Resident memory of the process, in bytes. */
  memory(): Promise<number>;
  /** Seconds of a processor that the process has taken. */
  processorTime(): Promise<number>;
  stop(): Promise<void>;
};

async function isReady(origin: string): Promise<boolean> {
  try {
    return (await fetch(`${origin}/readyz`)).ok;
  } catch {
    return false;
  }
}

/** Starts a command of Callboard that serves, and waits until it is ready. */
export async function start(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Running> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const started = performance.now();
  const child: ChildProcess = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, RATE_LIMIT_PER_MINUTE: UNLIMITED, ...environment, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(child, 'exit');
  while (!(await isReady(origin))) {
    if (child.exitCode !== null) throw new Error(`${command} ${args.join(' ')} has ended.`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const readyAfter = performance.now() - started;
  return {
    origin,
    readyAfter,
    memory: async () => {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
    },
    processorTime: async () => {
      const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8');
      // Its name is in brackets and may have spaces; user and system time are fields 14 and 15, in hundredths.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    stop: async () => {
      child.kill('SIGINT');
      await exited;
    },
  };
}

/** Sends requests over one of several kept connections. */
export class HttpClient {
  readonly #origin: string;
  readonly #agent: Agent;
  readonly #token: string | undefined;

  constructor(origin: string, connections: number, token?: string) {
    this.#origin = origin;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
    this.#token = token;
  }

  /**
   * Sends `body` if there is one, and gives the text of the answer.
   *
   * @throws Error when its status is not 200
   */
  send(path: string, body?: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = httpRequest(`${this.#origin}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        agent: this.#agent,
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(this.#token ? { authorization: `Bearer ${this.#token}` } : {}),
        },
      });
      request.on('error', reject);
      request.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          if (response.statusCode === 200) resolve(text);
          else reject(new Error(`${path} answered ${response.statusCode}: ${text}`));
        });
      });
      request.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Asks the API over one of several kept connections. */
export class ApiClient {
  readonly #http: HttpClient;

  constructor(origin: string, connections: number, token?: string) {
    this.#http = new HttpClient(origin, connections, token);
  }

  /** @throws Error when the answer has errors */
  async ask<T>(query: string, variables: object = {}): Promise<T> {
    const text = await this.#http.send('/graphql', JSON.stringify({ query, variables }));
    const { data, errors } = JSON.parse(text) as { data: T; errors?: unknown[] };
    if (errors?.length) throw new Error(JSON.stringify(errors));
    return data;
  }

  close(): void {
    this.#http.close();
  }
}

/** Requests per second of `work`, by so many callers at once, for some milliseconds. */
export async function rate(
  work: () => Promise<unknown>,
  callers: number,
  milliseconds: number,
): Promise<number> {
  const started = performance.now();
  let done = 0;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() - started < milliseconds) {
        await work();
        done += 1;
      }
    }),
  );
  return (done * 1000) / (performance.now() - started);
}

/** The figures of each side, a round after the other. */
export type Rounds<Side extends string> = Readonly<Record<Side, readonly number[]>>;

/**
 * Measures sides that take turns, so that what else the machine does hits both; after one round that does not count.
 */
export async function takeTurns<Side extends string>(
  sides: Readonly<Record<Side, () => Promise<number>>>,
  rounds: number,
): Promise<Rounds<Side>> {
  const names = Object.keys(sides) as Side[];
  const results = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<
    Side,
    number[]
  >;
  for (let round = 0; round <= rounds; round += 1) {
    // Whoever goes first in one round goes last in the next.
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const figure = await sides[name]();
      if (round > 0) results[name].push(figure);
    }
  }
  return results;
}

/** The middle of the ratios of the rounds: two sides of one round met the same machine. */
export const ratioOf = (above: readonly number[], below: readonly number[]): number =>
  median(above.map((figure, round) => figure / (below[round] ?? NaN)));
