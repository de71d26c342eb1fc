import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { SMTPServer } from 'smtp-server';
import { onServer, testDatabase } from '../helpers/database.ts';
import { Program, until } from '../helpers/program.ts';
import { serverAddress, testServer } from '../setup/environment.ts';

/** A mail server that keeps whoever sends to `slow@…` waiting until it is told to go on. */
class SlowMailServer {
  readonly begun: string[] = [];
  readonly taken: string[] = [];
  readonly #held = new Map<string, () => void>();
  readonly #server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData: (stream, session, done) => {
      const to = session.envelope.rcptTo[0]?.address ?? '';
      stream.resume();
      stream.on('end', () => {
        const isFirst = !this.begun.includes(to);
        this.begun.push(to);
        const take = () => {
          this.taken.push(to);
          done();
        };
        if (isFirst && to.startsWith('slow')) this.#held.set(to, take);
        else take();
      });
    },
  });

  constructor() {
    // Who is killed while it sends breaks off.
    this.#server.on('error', () => undefined);
  }

  listen(): Promise<string> {
    return new Promise((resolve) => {
      const listener = this.#server.listen(0, '127.0.0.1', () => {
        resolve(`smtp://127.0.0.1:${(listener.address() as AddressInfo).port}`);
      });
    });
  }

  letGo(to: string): void {
    this.#held.get(to)?.();
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

onServer('processes that run jobs', () => {
  const database = testDatabase();
  const mails = new SlowMailServer();
  const programs: Program[] = [];
  let address = '';
  let smtp = '';

  beforeAll(async () => {
    smtp = await mails.listen();
    const { rows } = await database
      .pool()
      .query<{ name: string }>('select current_database() as name');
    address = serverAddress(testServer() ?? '', rows[0]?.name ?? '');
    await database.pool().query(
      `create table ops.begun (name text, process_id integer);
       create table ops.let_go (name text, attempt integer, fails boolean default false);
       grant all on ops.begun, ops.let_go to callboard_service`,
    );
  });
  const end = async () => {
    for (const { child } of programs) if (child.exitCode === null) child.kill('SIGKILL');
    await Promise.all(programs.splice(0).map(({ ended }) => ended));
  };
  afterEach(end);
  afterAll(async () => {
    await end();
    await mails.close();
  });

  const rowsOf = async (sql: string, values: unknown[] = []) =>
    (await database.pool().query(sql, values)).rows;
  const start = (program: string, settings: Record<string, string> = {}) => {
    const started = new Program(program, { DATABASE_URL: address, SMTP_URL: smtp, ...settings });
    programs.push(started);
    return started;
  };
  const startWorker = async (settings: Record<string, string> = {}) => {
    const worker = start('worker/main.ts', settings);
    await worker.says('The worker is ready.');
    return worker;
  };
  const startWaiting = () => start('test/worker/waiting-worker.ts');
  const send = (to: string, queue: string | null = null) =>
    rowsOf(
      `select platform.enqueue('send_mail', jsonb_build_object('template', 'password_changed', 'to', $1::text,
                                'variables', '{"name": "Ada"}'::jsonb), queue_name => $2)`,
      [to, queue],
    );
  const wait = (name: string, key: string | null = null) =>
    rowsOf(`select platform.enqueue('wait', jsonb_build_object('name', $1::text), job_key => $2)`, [
      name,
      key,
    ]);
  const jobs = (where = 'true') =>
    rowsOf(
      `select j.attempts, j.last_error, j.key, j.locked_by is not null as is_locked, p.payload
         from graphile_worker.jobs j join graphile_worker._private_jobs p on p.id = j.id
        where ${where}`,
    );
  const alive = async (pid: number) =>
    (await rowsOf('select from ops.job_workers where process_id = $1', [pid])).length === 1;
  const begun = async (name: string) =>
    (await rowsOf('select process_id from ops.begun where name = $1', [name])).map(
      ({ process_id }) => process_id,
    );

  test('take over within a minute what one that was killed had begun, and what waited behind it', async () => {
    const killed = await startWorker();
    await send('slow-1@mail.test', 'mail');
    await send('behind-1@mail.test', 'mail');
    await until(() => mails.begun.includes('slow-1@mail.test'));
    killed.child.kill('SIGKILL');
    const dead = performance.now();
    await killed.ended;
    const other = await startWorker();
    await until(() => mails.taken.includes('behind-1@mail.test'));
    expect(performance.now() - dead).toBeLessThan(60_000);
    expect(mails.taken).toEqual(['slow-1@mail.test', 'behind-1@mail.test']);
    expect(other.lines()).toContainEqual(
      expect.objectContaining({ processId: killed.pid, jobs: 1, level: 'warn' }),
    );
    await until(async () => (await jobs("task_identifier = 'send_mail'")).length === 0);
    expect(await alive(killed.pid)).toBe(false);
  }, 90_000);

  test('that were paused strike off nothing that has become somebody else’s', async () => {
    const paused = startWaiting();
    await wait('paused', 'key-of-paused');
    await until(async () => (await begun('paused')).length === 1);
    paused.child.kill('SIGSTOP');
    const other = startWaiting();
    await until(async () => (await begun('paused')).length === 2);
    expect(await begun('paused')).toEqual([paused.pid, other.pid]);
    // The other one fails, and before it tries again the job is asked to do something else.
    await rowsOf("insert into ops.let_go values ('paused', 2, true)");
    await until(
      async () => (await jobs("j.key = 'key-of-paused' and j.last_error ~ 'asked'")).length > 0,
    );
    await rowsOf(
      `select platform.enqueue('wait', '{"name": "newer"}', job_key => 'key-of-paused', run_at => now() + interval '1 hour')`,
    );
    await rowsOf("insert into ops.let_go values ('paused', 1)");
    paused.child.kill('SIGCONT');
    await until(() => alive(paused.pid));
    // It runs jobs again, as somebody who lives.
    await wait('first');
    await wait('second');
    await rowsOf("insert into ops.let_go values ('first', 1), ('second', 1)");
    await until(async () => (await jobs()).length === 1);
    expect(await jobs()).toMatchObject([
      { key: 'key-of-paused', attempts: 0, payload: { name: 'newer' } },
    ]);
    await rowsOf("select graphile_worker.remove_job('key-of-paused')");
  }, 90_000);

  test('finish what they have begun before they stop', async () => {
    const worker = await startWorker();
    await send('slow-2@mail.test');
    await until(() => mails.begun.includes('slow-2@mail.test'));
    worker.child.kill('SIGTERM');
    await worker.says('Stopping.');
    await send('after-2@mail.test');
    mails.letGo('slow-2@mail.test');
    expect(await worker.ended).toBe(0);
    expect(mails.taken).toContain('slow-2@mail.test');
    // What came afterwards waits for another.
    expect(await jobs("task_identifier = 'send_mail'")).toMatchObject([
      { attempts: 0, is_locked: false, payload: { to: 'after-2@mail.test' } },
    ]);
    expect(await alive(worker.pid)).toBe(false);
    await rowsOf('delete from graphile_worker._private_jobs');
  }, 30_000);

  test('give back what does not finish in time, as if it had not begun', async () => {
    const worker = await startWorker({ WORKER_STOP_SECONDS: '1' });
    await send('slow-3@mail.test', 'mail');
    await send('behind-3@mail.test', 'mail');
    await until(() => mails.begun.includes('slow-3@mail.test'));
    worker.child.kill('SIGTERM');
    await worker.says('Jobs that did not finish in time were given back.');
    expect(await jobs("task_identifier = 'send_mail'")).toMatchObject([
      { attempts: 0, last_error: null, is_locked: false },
      { attempts: 0, last_error: null, is_locked: false },
    ]);
    expect(await worker.ended).toBe(0);
    await startWorker();
    await until(() => mails.taken.includes('behind-3@mail.test'));
    expect(mails.taken.slice(-2)).toEqual(['slow-3@mail.test', 'behind-3@mail.test']);
  }, 30_000);

  test('tell tasks that they are about to stop, and give back those that break off', async () => {
    const worker = startWaiting();
    await wait('obedient');
    await until(async () => (await begun('obedient')).length === 1);
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
    expect(await jobs("task_identifier = 'wait'")).toMatchObject([
      { attempts: 0, last_error: null, is_locked: false },
    ]);
    await rowsOf('delete from graphile_worker._private_jobs');
  }, 30_000);

  test('tell Prometheus what they do, on a port of their own', async () => {
    // Some were killed here, and are not yet known to be dead.
    await rowsOf('delete from ops.job_workers');
    const token = 'a-token-for-whoever-scrapes';
    const worker = await startWorker({ WORKER_PORT: '0', METRICS_TOKEN: token });
    const { port } = await worker.says('The worker is ready.');
    const url = `http://127.0.0.1:${String(port)}`;
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'alive' });
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
    expect((await fetch(`${url}/graphql`)).status).toBe(404);
    await send('ada-5@mail.test');
    await until(() => mails.taken.includes('ada-5@mail.test'));
    const read = async () =>
      (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text();
    await until(async () =>
      (await read()).includes(
        'callboard_job_attempts_total{task="send_mail",outcome="succeeded"} 1',
      ),
    );
    const text = await read();
    expect(text).toMatch(/^callboard_workers 1$/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
    expect(text).toMatch(/^callboard_database_pool_clients_max\{pool="service"\} 10$/m);
  }, 30_000);
});
