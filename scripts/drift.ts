import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const MAXIMUM_LINES = 60;

function differences(file: string, fresh: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'callboard-drift-'));
  try {
    const beside = path.join(folder, path.basename(file));
    writeFileSync(beside, fresh);
    const { stdout } = spawnSync(
      'diff',
      ['-u', '--label', 'committed', '--label', 'made now', file, beside],
      {
        encoding: 'utf8',
        maxBuffer: 256 * 1024 * 1024,
      },
    );
    const lines = stdout.split('\n');
    const rest = lines.length - MAXIMUM_LINES;
    return [...lines.slice(0, MAXIMUM_LINES), ...(rest > 0 ? [`... ${rest} lines more`] : [])].join(
      '\n',
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Writes a generated file; with `--check` among the arguments, only compares it with the one that is there, and makes
 * the process fail when they differ.
 */
export function writeOrCheck(file: string, fresh: string, command: string): void {
  const name = path.basename(file);
  if (!process.argv.includes('--check')) {
    writeFileSync(file, fresh);
    console.log(`${name} is written.`);
    return;
  }
  let committed: string | undefined;
  try {
    committed = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  if (committed === fresh) {
    console.log(`${name} is current.`);
    return;
  }
  if (committed !== undefined) console.error(differences(file, fresh));
  console.error(
    `${name} ${committed === undefined ? 'is missing' : 'has drifted'}: run "${command}".`,
  );
  process.exitCode = 1;
}
