import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AccessTokens } from '../../plugins/session/tokens.ts';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { Program, until } from '../helpers/program.ts';
import { SECRET } from '../helpers/serving.ts';
import { serverAddress, testServer } from '../setup/environment.ts';

/** The processes that listen, in the order in which they began to; the one that started them is not among them. */
const listeningOf = (program: Program): number[] =>
  program
    .lines()
    .filter(({ msg, pid }) => msg === 'Callboard listens.' && pid !== program.pid)
    .map(({ pid }) => Number(pid));

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/**
 * Milliseconds that a client waits. Node does not let go of a connection that it was handing to a process when that was killed:
 * nobody answers, and nobody hangs up.
 */
const PATIENCE = 20_000;

onServer('several processes', () => {
  const database = testDatabase();
  let cast: Cast;
  let program: Program;
  let url = '';

  beforeAll(async () => {
    cast = await makeCast(database, 'processes');
    await database.pool().query(`
      create function projects.nap() returns text language plpgsql volatile security invoker
        set search_path = pg_catalog, pg_temp
        as $$ begin perform pg_sleep(1); return 'rested'; end $$;
      comment on function projects.nap() is 'Takes its time.';
      grant execute on function projects.nap() to callboard_member`);
    const { rows } = await database
      .pool()
      .query<{ name: string }>('select current_database() as name');
    program = new Program('server/main.ts', {
      NODE_ENV: 'development',
      DATABASE_URL: serverAddress(testServer() ?? '', rows[0]?.name ?? ''),
      JWT_SECRET: SECRET,
      PORT: '0',
      POOL_SIZE: '4',
      SERVER_PROCESSES: '2',
      LOG_FORMAT: 'json',
      RATE_LIMIT_PER_MINUTE: '0',
    });
    await until(
      () =>
        listeningOf(program).length === 2 &&
        program
          .lines()
          .some(({ msg, pid }) => msg === 'Callboard listens.' && pid === program.child.pid),
    );
    url = String(program.lines().find(({ msg }) => msg === 'Callboard listens.')?.['url']);
  }, 120_000);
  afterAll(() => {
    program?.child.kill('SIGKILL');
    for (const pid of program ? listeningOf(program) : []) {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    }
  });

  async function ask<T>(query: string, variables: object = {}): Promise<T> {
    const { rows } = await database
      .pool()
      .query<{ id: string }>(
        'select id from identity.session_families where user_id = $1 union all select session_id from identity.open_session($1, $2, null) limit 1',
        [cast.owner.userId, cast.organizationId],
      );
    const { token } = new AccessTokens(SECRET, 15).issue({
      userId: cast.owner.userId ?? '',
      organizationId: cast.organizationId,
      sessionId: rows[0]?.id ?? '',
    });
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(PATIENCE),
    });
    const { data, errors } = (await response.json()) as { data: T; errors?: unknown };
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }

  test('serve on one port', async () => {
    expect(new Set(listeningOf(program)).size).toBe(2);
    // At once, so that they do not all go over one connection.
    await Promise.all(Array.from({ length: 20 }, () => ask('{ __typename }')));
    await until(() => {
      const pids = program.lines().filter(({ msg }) => msg === 'request');
      return new Set(pids.map(({ pid }) => pid)).size === 2;
    });
  }, 60_000);

  test('tell Prometheus of all of them, whichever is asked', async () => {
    // A connection each, so that both are asked.
    const read = async () => {
      const response = await fetch(`${url}/metrics`, { headers: { connection: 'close' } });
      return response.text();
    };
    const requests =
      /^callboard_http_request_duration_seconds_count\{kind="query",status="2xx"\} (\d+)$/m;
    const before = Number(requests.exec(await read())?.[1] ?? 0);
    await Promise.all(Array.from({ length: 8 }, () => ask('{ me { name } }')));
    const counted = (text: string) => Number(requests.exec(text)?.[1]);
    // A request is counted when its connection has done with it.
    await until(async () => counted(await read()) >= before + 8);
    const texts = await Promise.all(Array.from({ length: 8 }, read));
    for (const text of texts) {
      expect(counted(text)).toBe(before + 8);
      expect(text).toMatch(/^callboard_database_pool_clients_max\{pool="authenticator"\} 8$/m);
      expect(text).toMatch(/^callboard_database_up 1$/m);
    }
  }, 30_000);

  test('go on when one is killed: nothing that was acknowledged is lost, and another takes its place', async () => {
    const [killed] = listeningOf(program);
    const acknowledged: string[] = [];
    let failed = 0;
    let afterwards = 0;
    let isKilled = false;
    let running = true;
    const clients = Array.from({ length: 6 }, async (_, client) => {
      for (let n = 0; running; n += 1) {
        const name = `Project ${client}-${n}`;
        try {
          await ask(
            'mutation ($name: String!) { createProject(input: { project: { name: $name } }) { project { rowId } } }',
            { name },
          );
          acknowledged.push(name);
          if (isKilled) afterwards += 1;
        } catch {
          failed += 1;
        }
      }
    });
    await until(() => acknowledged.length > 20);
    process.kill(killed ?? 0, 'SIGKILL');
    isKilled = true;
    await until(() => afterwards > 20 && listeningOf(program).length === 3);
    running = false;
    await Promise.all(clients);

    const { rows } = await database
      .pool()
      .query<{ name: string }>(
        'select name from projects.projects where organization_id = $1 and name = any ($2)',
        [cast.organizationId, acknowledged],
      );
    expect(new Set(rows.map(({ name }) => name))).toEqual(new Set(acknowledged));
    // What the killed process was doing, and no more.
    expect(failed).toBeLessThanOrEqual(clients.length);
    expect(program.lines()).toContainEqual(
      expect.objectContaining({ level: 'error', ended: killed, signal: 'SIGKILL' }),
    );
  }, 120_000);

  test('finish what they are doing when they are told to stop, all of them', async () => {
    const resting = Promise.all(
      [1, 2, 3].map(() => ask<{ nap: unknown }>('mutation { nap(input: {}) { result } }')),
    );
    await pause(300);
    program.child.kill('SIGTERM');
    expect(await resting).toEqual(Array(3).fill({ nap: { result: 'rested' } }));
    expect(await program.ended).toBe(0);
    expect(listeningOf(program).filter(isAlive)).toEqual([]);
  }, 60_000);
});
