import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The Postgres version whose files the embedded engine reads. */
export const POSTGRES_MAJOR = '18';

/** Why a data directory cannot be used. */
export type DataDirectoryProblem = 'IN_USE' | 'WRONG_VERSION' | 'UNREADABLE';

/** The data directory cannot be used. The message is one line that says what to do. */
export class DataDirectoryError extends Error {
  override readonly name = 'DataDirectoryError';
  readonly code: DataDirectoryProblem;

  constructor(code: DataDirectoryProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

type Holder = { pid: number; started: string };

/**
 * When the process began, in whatever form the system tells it: together with the pid it means one process only, also
 * after the pid has been given to another. Undefined when there is no such process.
 */
function startOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined;
  }
  try {
    // The name in parentheses may contain anything; field 22 is the start, counted from the boot.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended: it only waits for its parent to notice.
    return fields[0] === 'Z' ? undefined : `${boot} ${fields[19]}`;
  } catch {
    // Not Linux.
  }
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

const isAlive = (holder: Holder) => startOf(holder.pid) === holder.started;

/** The lock on a data directory: held by one process, taken over from one that has died. */
export class DirectoryLock {
  readonly #file: string;
  readonly #unlockOnExit = () => this.release();

  private constructor(file: string) {
    this.#file = file;
    process.once('exit', this.#unlockOnExit);
  }

  /** @throws {DataDirectoryError} `IN_USE` when a live process holds it, this one included */
  static acquire(directory: string): DirectoryLock {
    const file = path.join(directory, 'callboard.lock');
    const content = JSON.stringify({ pid: process.pid, started: startOf(process.pid) });
    for (let attempt = 1; ; attempt += 1) {
      try {
        writeFileSync(file, content, { flag: 'wx' });
        return new DirectoryLock(file);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = readHolder(file);
      if (attempt === 5 || (holder && isAlive(holder))) {
        throw new DataDirectoryError(
          'IN_USE',
          `${directory} is in use by process ${holder?.pid ?? 'unknown'}: stop it, or choose another DATA_DIR.`,
        );
      }
      DirectoryLock.#clear(file, holder);
    }
  }

  /** Removes the lock of a dead process, unless another process has just done so and taken its place. */
  static #clear(file: string, seen: Holder | undefined): void {
    const aside = `${file}.${process.pid}`;
    try {
      renameSync(file, aside);
    } catch {
      return;
    }
    const moved = readHolder(aside);
    if (JSON.stringify(moved) !== JSON.stringify(seen)) renameSync(aside, file);
    else rmSync(aside, { force: true });
  }

  release(): void {
    process.off('exit', this.#unlockOnExit);
    rmSync(this.#file, { force: true });
  }
}

/**
 * Where the engine's files are inside a data directory, ready for it to open them.
 *
 * @param create called with the folder when the database does not exist; what it leaves when interrupted is removed
 *   the next time
 * @throws {DataDirectoryError} `WRONG_VERSION`
 */
export async function prepareDirectory(
  directory: string,
  create: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = path.join(directory, 'pg');
  const unfinished = path.join(directory, 'pg.unfinished');
  rmSync(unfinished, { recursive: true, force: true });
  if (!existsSync(folder)) {
    mkdirSync(unfinished);
    await create(unfinished);
    renameSync(unfinished, folder);
  }
  const versionFile = path.join(folder, 'PG_VERSION');
  const version = existsSync(versionFile) ? readFileSync(versionFile, 'utf8').trim() : undefined;
  if (version === POSTGRES_MAJOR) return folder;
  const found = version ? `a database of Postgres ${version}` : 'no database that can be read';
  throw new DataDirectoryError(
    'WRONG_VERSION',
    `${folder} has ${found}, and this release needs Postgres ${POSTGRES_MAJOR}: move it away, or choose another DATA_DIR.`,
  );
}
