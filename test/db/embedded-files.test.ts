import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openAsBlob,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { DataDirectoryError, EmbeddedDatabase, POSTGRES_MAJOR } from '../../db/embedded.ts';
import { onEmbedded } from '../helpers/database.ts';
import { handed, testServer } from '../setup/environment.ts';

let prepared: string;
let dataDir: string;
let child: ChildProcess | undefined;

/** A database in files, to copy: making one takes seconds. */
beforeAll(async () => {
  if (testServer()) return;
  prepared = mkdtempSync(path.join(tmpdir(), 'callboard-files-'));
  const loadDataDir = await openAsBlob(handed('emptyDump'));
  await (await EmbeddedDatabase.open({ dataDir: prepared, loadDataDir })).close();
});

afterAll(() => {
  if (prepared) rmSync(prepared, { recursive: true, force: true });
});

beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'callboard-files-'));
});

afterEach(async () => {
  if (child && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  child = undefined;
  rmSync(dataDir, { recursive: true, force: true });
});

const file = (name: string) => path.join(dataDir, name);

const open = () => {
  cpSync(path.join(prepared, 'pg'), file('pg'), { recursive: true });
  return EmbeddedDatabase.open({ dataDir });
};

/** A process that opens the database, and after it has inserted and been told so, prints 1, 2, 3 …, without end. */
async function writer(): Promise<{ process: ChildProcess; lines: AsyncIterator<string> }> {
  cpSync(path.join(prepared, 'pg'), file('pg'), { recursive: true });
  const script = path.join(import.meta.dirname, '../helpers/write-forever.ts');
  child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (!child.stdout) throw new Error('no output');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return { process: child, lines };
}

async function rows(): Promise<number[]> {
  const database = await EmbeddedDatabase.open({ dataDir });
  try {
    const result = await database.pool().query<{ n: number }>('select n from written order by n');
    return result.rows.map(({ n }) => n);
  } finally {
    await database.close();
  }
}

const upTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1);

onEmbedded('the files of an embedded database', () => {
  test('keep everything over a close', async () => {
    const first = await open();
    await first.pool().query('create table kept (a int); insert into kept values (7)');
    expect(readFileSync(file('pg/PG_VERSION'), 'utf8').trim()).toBe(POSTGRES_MAJOR);
    await first.close();
    expect(existsSync(file('callboard.lock'))).toBe(false);

    const second = await EmbeddedDatabase.open({ dataDir });
    const { rows: found } = await second
      .pool()
      .query("select a, current_setting('server_version_num')::int / 10000 as major from kept");
    expect(found).toEqual([{ a: 7, major: Number(POSTGRES_MAJOR) }]);
    await second.close();
  });

  test('keep what was acknowledged when the process is killed, and belong to one process', async () => {
    const { process: owner, lines } = await writer();
    expect((await lines.next()).value).toBe('1');
    await expect(EmbeddedDatabase.open({ dataDir })).rejects.toMatchObject({
      name: 'DataDirectoryError',
      code: 'IN_USE',
      message: expect.stringContaining(`process ${owner.pid}`),
    });
    for (let n = 2; n <= 100; n += 1) await lines.next();
    owner.kill('SIGKILL');
    let last = 100;
    for (let line = await lines.next(); !line.done; line = await lines.next())
      last = Number(line.value);
    if (owner.signalCode === null) await once(owner, 'exit');
    expect(existsSync(file('callboard.lock'))).toBe(true);

    const kept = await rows();
    // The row that was being written may be there too.
    expect(kept).toEqual(upTo(Math.max(last, kept.length)));
    expect(kept.length - last).toBeLessThanOrEqual(1);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('are closed by %s', async (signal) => {
    const { process: owner, lines } = await writer();
    await lines.next();
    owner.kill(signal);
    const [, by] = (await once(owner, 'exit')) as [number | null, string];
    expect(by).toBe(signal);
    expect(existsSync(file('callboard.lock'))).toBe(false);
    // No postmaster.pid or the like may keep it from opening.
    expect((await rows())[0]).toBe(1);
  });

  test('are taken over when the pid in the lock belongs to another process by now', async () => {
    writeFileSync(
      file('callboard.lock'),
      JSON.stringify({ pid: process.pid, started: 'long ago' }),
    );
    const database = await open();
    expect(JSON.parse(readFileSync(file('callboard.lock'), 'utf8'))).toMatchObject({
      pid: process.pid,
    });
    const again = EmbeddedDatabase.open({ dataDir });
    await expect(again).rejects.toBeInstanceOf(DataDirectoryError);
    await expect(again).rejects.toMatchObject({ code: 'IN_USE' });
    await database.close();
  });

  test('are taken over when the lock is empty, as after a crash of the machine', async () => {
    writeFileSync(file('callboard.lock'), '');
    await (await open()).close();
    expect(existsSync(file('callboard.lock'))).toBe(false);
  });

  test('of another Postgres version are refused and left alone', async () => {
    mkdirSync(file('pg'));
    writeFileSync(file('pg/PG_VERSION'), '17\n');
    await expect(EmbeddedDatabase.open({ dataDir })).rejects.toMatchObject({
      code: 'WRONG_VERSION',
      message: expect.stringContaining('Postgres 17'),
    });
    expect(readFileSync(file('pg/PG_VERSION'), 'utf8')).toBe('17\n');
    expect(existsSync(file('callboard.lock'))).toBe(false);
  });

  test('that are damaged are refused with a reason', async () => {
    mkdirSync(file('pg'));
    writeFileSync(file('pg/PG_VERSION'), `${POSTGRES_MAJOR}\n`);
    await expect(EmbeddedDatabase.open({ dataDir })).rejects.toMatchObject({ code: 'UNREADABLE' });
    expect(existsSync(file('callboard.lock'))).toBe(false);
  });

  test('that an interrupted start left half made are made anew', async () => {
    mkdirSync(file('pg.unfinished'));
    writeFileSync(file('pg.unfinished/PG_VERSION'), `${POSTGRES_MAJOR}\n`);
    const loadDataDir = await openAsBlob(handed('emptyDump'));
    const database = await EmbeddedDatabase.open({ dataDir, loadDataDir });
    expect((await database.pool().query('select 1 as n')).rows).toEqual([{ n: 1 }]);
    await database.close();
    expect(existsSync(file('pg.unfinished'))).toBe(false);
  });
});

onEmbedded('an embedded database', () => {
  test('is the same after a dump and a load', async () => {
    const first = await open();
    await first.pool().query('create table copied (a int); insert into copied values (1)');
    const dump = await first.dump();
    await first.pool().query('insert into copied values (2)');
    await first.close();

    const second = await EmbeddedDatabase.open({ loadDataDir: dump });
    expect((await second.pool().query('select a from copied')).rows).toEqual([{ a: 1 }]);
    await second.close();
  });

  test('has the extensions that Callboard needs', async () => {
    const database = await EmbeddedDatabase.open({
      loadDataDir: await openAsBlob(handed('emptyDump')),
    });
    for (const name of [
      'vector',
      'pgcrypto',
      'pg_trgm',
      'btree_gist',
      'btree_gin',
      'unaccent',
      'citext',
    ]) {
      await database.pool().query(`create extension ${name}`);
    }
    const { rows: found } = await database
      .pool()
      .query("select '[1,2]'::vector <-> '[1,3]' as distance, length(gen_salt('bf')) as salt");
    expect(found).toEqual([{ distance: 1, salt: 29 }]);
    await database.close();
  });

  test('rolls back a transaction that sits idle while others wait', async () => {
    const database = await EmbeddedDatabase.open({
      loadDataDir: await openAsBlob(handed('emptyDump')),
      idleTransactionTimeout: 50,
    });
    await database.pool().query('create table waited (a int)');
    const idle = await database.pool().connect();
    await idle.query('begin; insert into waited values (1)');
    expect((await database.pool().query('select * from waited')).rows).toEqual([]);
    await expect(idle.query('select 1')).rejects.toThrow();
    idle.release();
    await database.close();
  });

  test('refuses queries once it is closed', async () => {
    const database = await EmbeddedDatabase.open({
      loadDataDir: await openAsBlob(handed('emptyDump')),
    });
    const pool = database.pool();
    await pool.query('select 1');
    await database.close();
    await database.close();
    await expect(pool.query('select 1')).rejects.toThrow('Cannot use a pool after calling end');
    expect(() => database.pool()).toThrow('closed');
  });
});
