// Starts Callboard as its users do, and asks it something.
//
//   check-starts.ts fresh FOLDER            `npm start` in a fresh clone, twice
//   check-starts.ts production DATABASE_URL migration, server and worker apart, on a database of their own
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const ROOT = path.join(import.meta.dirname, '..');
const FIRST_START_SECONDS = 300;
const STOP_SECONDS = 10;

type Environment = Record<string, string>;

/** What a user has in the environment: nothing that npm or a test run has added. */
function cleanEnvironment(): Environment {
  const own = /^(npm_|NODE_|DATABASE_|DATA_DIR$|PORT$|INIT_CWD$)/;
  const entries = Object.entries(process.env).filter(([name]) => !own.test(name));
  const kept = Object.fromEntries(entries) as Environment;
  const ca = process.env['NODE_EXTRA_CA_CERTS'];
  return ca ? { ...kept, NODE_EXTRA_CA_CERTS: ca } : kept;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A program in a process group of its own, as a shell starts it. */
class Program {
  readonly #name: string;
  readonly #ended: Promise<number | string>;
  readonly #group: number;
  #output = '';
  over: number | string | undefined;

  constructor(command: string[], folder: string, environment: Environment) {
    this.#name = command.join(' ');
    const [file = '', ...args] = command;
    const child = spawn(file, args, {
      cwd: folder,
      env: { ...cleanEnvironment(), ...environment },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#group = child.pid ?? 0;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text: Buffer) => {
        this.#output += String(text);
        process.stdout.write(text);
      });
    }
    this.#ended = once(child, 'close').then(([code, signal]) => {
      this.over = (code ?? signal) as number | string;
      return this.over;
    });
  }

  async says(text: string, seconds: number): Promise<void> {
    await until(`${this.#name} says "${text}"`, seconds, () => {
      assert.equal(this.over, undefined, `${this.#name} has ended`);
      return this.#output.includes(text);
    });
  }

  async succeeds(): Promise<void> {
    assert.equal(await this.#ended, 0, `${this.#name} fails`);
  }

  /** Sends a signal to the whole group, as a terminal does for Ctrl-C, and expects a quick end with code 0. */
  async stop(signal: 'SIGINT' | 'SIGTERM'): Promise<void> {
    const begun = performance.now();
    process.kill(-this.#group, signal);
    const end = await Promise.race([
      this.#ended,
      sleep(STOP_SECONDS * 1000, 'still running', { ref: false }),
    ]);
    assert.equal(end, 0, `${this.#name} after ${signal}`);
    console.log(`${signal} ended it in ${seconds(begun)} s.`);
  }

  kill(): void {
    if (this.over === undefined) process.kill(-this.#group, 'SIGKILL');
  }
}

const seconds = (begun: number) => ((performance.now() - begun) / 1000).toFixed(1);

async function until(
  what: string,
  limit: number,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const end = performance.now() + limit * 1000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`After ${limit} s, still not: ${what}`);
    await sleep(100);
  }
}

async function ready(url: string, program: Program): Promise<void> {
  await until(`${url}/readyz answers 200`, FIRST_START_SECONDS, async () => {
    assert.equal(program.over, undefined, 'it ended instead of getting ready');
    return fetch(`${url}/readyz`).then(
      (answer) => answer.status === 200,
      () => false,
    );
  });
}

async function graphql(url: string, query: string, token?: string): Promise<unknown> {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await answer.json()) as { data?: unknown; errors?: unknown };
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

/** Signs in as a demo account and asks for projects. */
async function use(url: string): Promise<void> {
  const signedIn = (await graphql(
    url,
    'mutation { signIn(input: {email: "owner@lumen.test", password: "callboard-demo"}) { session { accessToken } } }',
  )) as { signIn: { session: { accessToken: string } } };
  const { projects } = (await graphql(
    url,
    '{ projects(first: 3) { nodes { rowId name status } } }',
    signedIn.signIn.session.accessToken,
  )) as { projects: { nodes: { rowId: string; name: string; status: string }[] } };
  assert.equal(projects.nodes.length, 3);
  console.log(projects.nodes.map(({ name, status }) => `${name} (${status})`).join(', '));
}

async function fresh(folder: string): Promise<void> {
  for (const which of ['first', 'second']) {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const begun = performance.now();
    const program = new Program(['npm', 'start'], folder, { PORT: String(port) });
    try {
      await ready(url, program);
      console.log(`The ${which} start took ${seconds(begun)} s.`);
      await use(url);
      await program.stop('SIGINT');
    } finally {
      program.kill();
    }
  }
}

async function onServer(address: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: address });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function production(server: string): Promise<void> {
  const name = `callboard_production_${process.pid}`;
  const owner = new URL(server);
  owner.pathname = `/${name}`;
  const addressAs = (login: string) => Object.assign(new URL(owner), { username: login }).href;
  const port = await freePort();
  const environment = {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: String(port),
    DATABASE_URL: addressAs('callboard_authenticator'),
    JWT_SECRET: 'a secret of the checks, long enough',
    ENCRYPTION_KEY: 'ab'.repeat(32),
  };
  const programs: Program[] = [];
  const node = (file: string, more: Environment = {}) => {
    const program = new Program([process.execPath, file], ROOT, { ...environment, ...more });
    programs.push(program);
    return program;
  };
  await onServer(server, `create database ${name} template template0`);
  try {
    // The logins of server and worker are not there before the first migration.
    await node('db/commands/migrate.ts', { DATABASE_URL: owner.href }).succeeds();
    await node('db/commands/demo.ts', { DATABASE_OWNER_URL: owner.href }).succeeds();
    const api = node('server/main.ts');
    const worker = node('worker/main.ts', { DATABASE_URL: addressAs('callboard_service') });
    const url = `http://127.0.0.1:${port}`;
    await ready(url, api);
    await use(url);
    await worker.says('The worker is ready.', 30);
    await worker.stop('SIGTERM');
    await api.stop('SIGTERM');
  } finally {
    for (const program of programs) program.kill();
    await onServer(server, `drop database ${name} with (force)`);
  }
}

const [scenario, argument = ''] = process.argv.slice(2);
if (scenario === 'fresh' && argument) await fresh(argument);
else if (scenario === 'production' && argument) await production(argument);
else {
  console.error('Usage: check-starts.ts fresh FOLDER | production DATABASE_URL');
  process.exitCode = 2;
}
