import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';

// A project with one package from a file, so that nothing is fetched.
let folder: string;
const inFolder = (...names: string[]) => path.join(folder, ...names);
const installed = () => inFolder('node_modules', 'thing', 'package.json');
const lock = () => inFolder('.data', 'install.lock');

function npm(cwd: string, ...args: string[]): void {
  execFileSync('npm', [...args, '--offline', '--no-audit', '--no-fund'], { cwd, stdio: 'pipe' });
}

function offerThing(version: string): void {
  mkdirSync(inFolder('thing'), { recursive: true });
  writeFileSync(inFolder('thing', 'package.json'), JSON.stringify({ name: 'thing', version }));
  npm(inFolder('thing'), 'pack', '--pack-destination', '..');
  writeFileSync(
    inFolder('package.json'),
    JSON.stringify({ name: 'project', dependencies: { thing: `file:thing-${version}.tgz` } }),
  );
}

async function ensureInstalled(): Promise<{ code: number; lines: string[] }> {
  const child = spawn(process.execPath, [inFolder('scripts', 'ensure-installed.cjs')], {
    env: { ...process.env, npm_config_offline: 'true', npm_execpath: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stdout.on('data', (text) => (said += String(text)));
  child.stderr.on('data', (text) => (said += String(text)));
  const [code] = (await once(child, 'close')) as [number];
  return { code, lines: said.split('\n').filter(Boolean) };
}

const INSTALLS = 'Installing packages (npm ci); this happens once ...';

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'callboard-install-'));
  mkdirSync(inFolder('scripts'));
  copyFileSync(
    path.join(import.meta.dirname, '../../scripts/ensure-installed.cjs'),
    inFolder('scripts', 'ensure-installed.cjs'),
  );
});

beforeEach(() => {
  for (const name of ['node_modules', '.data', 'package-lock.json']) {
    rmSync(inFolder(name), { recursive: true, force: true });
  }
  offerThing('1.0.0');
  npm(folder, 'install', '--package-lock-only');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('installs once, and then says nothing', async () => {
  expect(await ensureInstalled()).toEqual({ code: 0, lines: [INSTALLS] });
  expect(existsSync(installed())).toBe(true);
  expect(await ensureInstalled()).toEqual({ code: 0, lines: [] });
  expect(existsSync(lock())).toBe(false);
});

test('installs again when the lock file names another version', async () => {
  await ensureInstalled();
  offerThing('2.0.0');
  npm(folder, 'install', '--package-lock-only');
  expect(await ensureInstalled()).toEqual({ code: 0, lines: [INSTALLS] });
  expect(JSON.parse(readFileSync(installed(), 'utf8'))).toHaveProperty('version', '2.0.0');
});

test('installs again after an installation that was broken off', async () => {
  await ensureInstalled();
  rmSync(inFolder('node_modules', '.package-lock.json'));
  expect(await ensureInstalled()).toEqual({ code: 0, lines: [INSTALLS] });
});

test('fails, and says so on the last line, when npm does', async () => {
  writeFileSync(inFolder('package.json'), JSON.stringify({ dependencies: { other: '1.0.0' } }));
  const { code, lines } = await ensureInstalled();
  expect(code).toBe(1);
  expect(lines.at(-1)).toBe('The packages could not be installed: npm ci failed (exit 1).');
  expect(lines.join('\n')).toContain('other');
  expect(existsSync(lock())).toBe(false);
});

test('one of two that start together installs, the other waits for it', async () => {
  const both = await Promise.all([ensureInstalled(), ensureInstalled()]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(both.flatMap(({ lines }) => lines).filter((line) => line === INSTALLS)).toHaveLength(1);
  expect(existsSync(installed())).toBe(true);
});

test('takes over a lock whose owner is gone', async () => {
  const gone = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(gone, 'close');
  mkdirSync(inFolder('.data'));
  writeFileSync(lock(), String(gone.pid));
  expect(await ensureInstalled()).toEqual({ code: 0, lines: [INSTALLS] });
  expect(existsSync(lock())).toBe(false);
});
