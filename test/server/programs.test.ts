import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { welcome } from '../../server/welcome.ts';

const ROOT = path.join(import.meta.dirname, '../..');

type Outcome = { code: number | null; out: string; err: string };

/** Runs a program of Callboard to its end; `onOutput` hears what it has said so far. */
function run(
  program: string,
  environment: Record<string, string>,
  {
    args = [],
    onOutput,
  }: { args?: string[]; onOutput?: (out: string, kill: () => void) => void } = {},
): Promise<Outcome> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [program, ...args], {
    cwd: ROOT,
    env: { PATH, HOME, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (data: Buffer) => {
    out += data.toString();
    onOutput?.(out, () => child.kill('SIGINT'));
  });
  child.stderr.on('data', (data: Buffer) => {
    err += data.toString();
  });
  // One that goes on instead of ending must not outlive the tests.
  const patience = setTimeout(() => child.kill('SIGKILL'), 60_000);
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(patience);
      resolve({ code, out, err });
    });
  });
}

describe('the programs', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'callboard-programs-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const ONE_LINE = /^[^\n]+\n$/;

  test('npm start serves, says where, and stops cleanly on Ctrl-C', async () => {
    const DATA_DIR = path.join(folder, 'start');
    const status: number[] = [];
    let asked = false;
    const { code, out, err } = await run(
      'server/start.ts',
      { DATA_DIR, PORT: '0', DEMO: 'off' },
      {
        onOutput(said, kill) {
          const url = /Callboard +(http:\S+)[\s\S]*Ctrl-C/.exec(said)?.[1];
          if (!url || asked) return;
          asked = true;
          void fetch(`${url}/readyz`).then((response) => {
            status.push(response.status);
            kill();
          });
        },
      },
    );
    expect({ code, err, status }).toEqual({ code: 0, err: '', status: [200] });
    expect(out).not.toMatch(/Demo accounts/);
  }, 120_000);

  test('npm start says where pages are only where there are some, and what to try only where it runs', () => {
    const place = { url: 'http://127.0.0.1:1', database: 'a database', demo: true };
    const said = (hasPages: boolean, takesQueries: boolean) =>
      welcome({ ...place, hasPages, takesQueries });
    expect(said(true, true)).toMatch(/Callboard +http:\S+:1\n +GraphQL +http:\S+:1\/graphql\n/);
    expect(said(true, true)).toMatch(/curl http/);
    expect(said(false, true)).not.toMatch(/Callboard +http/);
    expect(said(false, true)).toMatch(/curl http/);
    expect(said(false, false)).not.toMatch(/Callboard +http|curl/);
    expect(said(false, false)).toMatch(/GraphQL +http:[\s\S]+Demo accounts/);
  });

  test.each([
    ['a bad setting', () => ({ PORT: 'high' }), /^PORT/],
    [
      'a database that cannot be reached',
      () => ({ DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/callboard' }),
      /127\.0\.0\.1:1/,
    ],
    [
      'a data directory of another version',
      () => {
        const DATA_DIR = path.join(folder, 'old');
        mkdirSync(path.join(DATA_DIR, 'pg'), { recursive: true });
        writeFileSync(path.join(DATA_DIR, 'pg', 'PG_VERSION'), '12\n');
        return { DATA_DIR };
      },
      /version|12/,
    ],
  ])(
    'with %s end with one clear line and exit code 1',
    async (_what, environment, line) => {
      const DATA_DIR = path.join(folder, 'unused');
      for (const program of ['server/start.ts', 'server/main.ts', 'worker/main.ts']) {
        const { code, err } = await run(program, { DATA_DIR, ...environment() });
        expect({ program, code, err }).toEqual({
          program,
          code: 1,
          err: expect.stringMatching(ONE_LINE) as unknown,
        });
        expect(err).toMatch(line);
        expect(err).not.toContain('hunter2');
      }
    },
    120_000,
  );

  test.each(['server/main.ts', 'worker/main.ts'])(
    '%s asks for a migrated database',
    async (program) => {
      const { code, err } = await run(program, { DATA_DIR: path.join(folder, 'empty') });
      expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(ONE_LINE) as unknown });
      expect(err).toContain('npm run migrate');
    },
    120_000,
  );

  test('with a port in use say which', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const { code, err } = await run('server/start.ts', {
      DATA_DIR: path.join(folder, 'start'),
      PORT: String(port),
      DEMO: 'off',
    });
    other.close();
    expect(code).toBe(1);
    expect(err).toMatch(ONE_LINE);
    expect(err).toContain(String(port));
  }, 120_000);

  test('npm run reset deletes nothing unless told to', async () => {
    const DATA_DIR = path.join(folder, 'start');
    const asked = await run('db/commands/reset.ts', { DATA_DIR });
    expect(asked).toMatchObject({ code: 1, err: expect.stringContaining('--yes') as unknown });
    const told = await run('db/commands/reset.ts', { DATA_DIR }, { args: ['--yes'] });
    expect(told).toMatchObject({ code: 0, err: '' });
    const again = await run('db/commands/migrate.ts', { DATA_DIR });
    expect(again).toMatchObject({ code: 0, err: '', out: 'The database is current.\n' });
  }, 120_000);
});
