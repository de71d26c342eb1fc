'use strict';
// Installs the packages when they are missing or not those of package-lock.json; otherwise silent. Runs before
// `npm start` and `npm test` on whatever Node the machine has, hence plain old JavaScript and nothing but built-ins.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.dirname(__dirname);
const lockFile = path.join(root, '.data', 'install.lock');
// Longer than any installation: a lock this old was left behind, whoever has its process id now.
const abandonedAfterMs = 15 * 60 * 1000;

function readJson(...names) {
  try {
    return JSON.parse(fs.readFileSync(path.join(root, ...names), 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Asks the packages themselves: `npm install --package-lock-only` makes npm's own record say what is not so. */
function isInstalled() {
  // npm writes that record last, so without it an installation was broken off.
  if (!fs.existsSync(path.join(root, 'node_modules', '.package-lock.json'))) return false;
  const { packages } = readJson('package-lock.json');
  for (const [folder, { version, optional }] of Object.entries(packages)) {
    if (folder === '') continue;
    const found = readJson(folder, 'package.json');
    // What is optional may be for other platforms.
    if (found ? found.version !== version : !optional) return false;
  }
  return hasRuntime() || !packages['node_modules/node'];
}

/** The package `node` brings its binary with an install script, which npm skips when told to ignore scripts. */
function hasRuntime() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return true;
  return ['node', 'node.exe'].some((name) =>
    fs.existsSync(path.join(root, 'node_modules', 'node', 'bin', name)),
  );
}

function isAbandoned() {
  try {
    const owner = Number(fs.readFileSync(lockFile, 'utf8'));
    const age = Date.now() - fs.statSync(lockFile).mtimeMs;
    if (age > abandonedAfterMs) return true;
    if (!owner) return age > 1000; // created, its owner not yet written
    process.kill(owner, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** Waits while another process installs into the same directory. */
function takeLock() {
  fs.mkdirSync(path.dirname(lockFile), { recursive: true });
  for (let waiting = false; ; waiting = true) {
    try {
      fs.writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (isAbandoned()) {
      fs.rmSync(lockFile, { force: true });
      continue;
    }
    if (!waiting) console.error('Waiting for another start to finish installing the packages ...');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
  }
}

function install() {
  // One install serves start and test, so the development packages come even with NODE_ENV=production.
  // At this level npm keeps quiet about engines: the packages get their Node from the package `node`.
  const args = ['ci', '--include=dev', '--loglevel=error', '--no-audit', '--no-fund'];
  const npm = process.env.npm_execpath;
  const [command, ...before] =
    npm && path.basename(npm) === 'npm-cli.js'
      ? [process.execPath, npm]
      : [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
  console.error('Installing packages (npm ci); this happens once ...');
  const result = spawnSync(command, [...before, ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    shell: command === 'npm.cmd',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (!result.error && result.status === 0) {
    if (isInstalled()) return true;
    console.error(
      'npm ci left packages out: is one of its settings ignore-scripts or omit in force?',
    );
    return false;
  }
  const said = (String(result.stdout || '') + String(result.stderr || '')).trim().split('\n');
  for (const line of said.slice(0, 20)) console.error(line);
  const reason = result.error ? result.error.message : result.signal || 'exit ' + result.status;
  console.error('The packages could not be installed: npm ci failed (' + reason + ').');
  return false;
}

if (!isInstalled()) {
  takeLock();
  try {
    if (!isInstalled() && !install()) process.exitCode = 1;
  } finally {
    fs.rmSync(lockFile, { force: true });
  }
}
