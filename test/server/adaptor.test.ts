import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { enteredClients } from '../../server/adaptor.ts';
import { CATALOG_ENTRY, entryOf, type Access, type Entry } from '../../server/caller.ts';
import { makeCast, withSession, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';

const TIMEOUT = 30_000;
const WHO = `select current_user::text as role, authz.user_id() as "userId",
  current_setting('transaction_read_only') as "readOnly", current_setting('statement_timeout') as timeout`;

describe('clients of the adaptor', () => {
  const database = testDatabase();
  let cast: Cast;
  let sessionId: string;
  beforeAll(async () => {
    cast = await makeCast(database, 'adaptor');
    ({ sessionId } = await withSession(database, cast.owner));
    await database.pool().query(`
      create table public.visits (who uuid);
      create table public.guests (name text unique deferrable initially deferred);
      create function public.speak() returns text language plpgsql as
        $$ begin raise notice 'heard'; perform pg_notify('spoken', 'x'); return 'said'; end $$;
      grant select, insert on public.guests to callboard_member;
      grant usage on schema public to callboard_member, callboard_anonymous;
      grant select, insert on public.visits to callboard_member, callboard_anonymous, callboard_authenticator;
    `);
  });

  const clients = () => enteredClients(database.pool('callboard_authenticator'), TIMEOUT);
  const entry = (access: Access = 'read write'): Entry =>
    entryOf(
      {
        requestId: 'r',
        session: {
          userId: cast.owner.userId ?? '',
          organizationId: cast.organizationId,
          sessionId,
        },
      },
      access,
    );
  /** A caller whom `authz.enter` refuses: its organization is no id. */
  const broken = (): Entry => ({
    role: 'callboard_member',
    access: 'read write',
    caller: {
      requestId: 'r',
      session: { userId: cast.owner.userId ?? '', organizationId: 'no id', sessionId },
    },
  });
  const asSettings = (settings: Entry) => settings as unknown as Record<string, string>;
  const visits = async () => {
    const { rows } = await database
      .pool()
      .query<{ n: number }>('select count(*)::int as n from public.visits');
    return rows[0]?.n;
  };
  /** What the pool's next client is, when nobody has entered. */
  const plainRole = async () => {
    const { rows } = await database
      .pool('callboard_authenticator')
      .query<{ role: string; user_id: string | null }>(
        'select current_user::text as role, authz.user_id() as user_id',
      );
    return rows[0];
  };

  test.each<[Access, string]>([
    ['read only', 'on'],
    ['read write', 'off'],
  ])(
    'run a query as the caller, %s, with a time limit, and leave nothing behind',
    async (access, readOnly) => {
      const { rows } = await clients()(asSettings(entry(access)), (client) =>
        client.query({ text: WHO }),
      );
      expect(rows).toEqual([
        { role: 'callboard_member', userId: cast.owner.userId, readOnly, timeout: '30s' },
      ]);
      expect(await plainRole()).toEqual({ role: 'callboard_authenticator', user_id: null });
    },
  );

  test('enter anonymous callers as such', async () => {
    const anonymous = asSettings(entryOf({ requestId: 'r' }, 'read only'));
    const { rows } = await clients()(anonymous, (client) => client.query({ text: WHO }));
    expect(rows).toMatchObject([{ role: 'callboard_anonymous', userId: null }]);
  });

  test('run nothing when entering fails, and say why it failed', async () => {
    const before = await visits();
    await expect(
      clients()(asSettings(broken()), (client) =>
        client.query({ text: 'insert into public.visits values (null)' }),
      ),
    ).rejects.toMatchObject({ code: '22P02' });
    await expect(
      clients()(asSettings(broken()), (client) =>
        client.withTransaction((transaction) =>
          transaction.query({ text: 'insert into public.visits values (null)' }),
        ),
      ),
    ).rejects.toMatchObject({ code: '22P02' });
    expect(await visits()).toBe(before);
    await clients()(asSettings(entry()), (client) =>
      client.query({ text: 'insert into public.visits values (null)' }),
    );
    expect(await visits()).toBe((before ?? 0) + 1);
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a role alone', { role: 'callboard_member', access: 'read only' }],
    [
      'the back office',
      { role: 'callboard_service', access: 'read write', caller: { requestId: 'r' } },
    ],
    ['the owner', { role: 'callboard_owner', access: 'read write', caller: { requestId: 'r' } }],
  ])('refuse whoever enters with %s', async (_what, settings) => {
    await expect(
      clients()(settings as never, (client) => client.query({ text: 'select 1' })),
    ).rejects.toThrow('without a caller');
  });

  test('let the catalog be read without a caller, and no rows', async () => {
    const read = (text: string) =>
      clients()(asSettings(CATALOG_ENTRY), (client) => client.query({ text }));
    expect((await read('select 1 as one')).rows).toEqual([{ one: 1 }]);
    expect((await read('select id from tenancy.organizations')).rows).toEqual([]);
  });

  test('undo a failed statement and go on working', async () => {
    const failing = clients()(asSettings(entry()), (client) =>
      client.query({ text: 'select 1 / 0', name: 'division' }),
    );
    await expect(failing).rejects.toMatchObject({ code: '22012' });
    const { rows } = await clients()(asSettings(entry()), (client) =>
      client.query({ text: WHO, name: 'who' }),
    );
    expect(rows).toHaveLength(1);
  });

  test('refuse to write while only reading', async () => {
    const writing = clients()(asSettings(entry('read only')), (client) =>
      client.query({ text: 'insert into public.visits values (null)' }),
    );
    await expect(writing).rejects.toMatchObject({ code: '25006' });
  });

  test('commit a transaction as a whole, or undo it', async () => {
    const before = (await visits()) ?? 0;
    const visit = { text: 'insert into public.visits values (authz.user_id())' };
    await clients()(asSettings(entry()), (client) =>
      client.withTransaction(async (transaction) => {
        await transaction.query(visit);
        await transaction.query(visit);
      }),
    );
    expect(await visits()).toBe(before + 2);
    const failing = clients()(asSettings(entry()), (client) =>
      client.withTransaction(async (transaction) => {
        await transaction.query(visit);
        throw new Error('Changed my mind.');
      }),
    );
    await expect(failing).rejects.toThrow('Changed my mind.');
    expect(await visits()).toBe(before + 2);
  });

  test('go back to a savepoint when a part of a transaction fails', async () => {
    const before = (await visits()) ?? 0;
    const visit = { text: 'insert into public.visits values (authz.user_id())' };
    await clients()(asSettings(entry()), (client) =>
      client.withTransaction(async (transaction) => {
        await transaction.query(visit);
        await transaction
          .withTransaction(async (inner) => {
            await inner.query(visit);
            await inner.query({ text: 'select 1 / 0' });
          })
          .catch(() => undefined);
        await transaction.query(visit);
      }),
    );
    expect(await visits()).toBe(before + 2);
  });

  test('keep queries that are asked for at the same time apart', async () => {
    const results = await clients()(asSettings(entry()), (client) =>
      Promise.all(
        [1, 2, 3].map((n) =>
          client.query<{ n: number }>({ text: 'select $1::int as n', values: [n] }),
        ),
      ),
    );
    expect(results.map(({ rows }) => rows[0]?.n)).toEqual([1, 2, 3]);
  });

  const ask = <TRow>(text: string, values?: unknown[]) =>
    clients()(asSettings(entry()), (client) =>
      client.query<TRow>({ text, ...(values ? { values } : {}) }),
    );

  test.each([
    ['no rows', 'select 1 as n where false', [], 0],
    ['a null', 'select null::int as n', [{ n: null }], 1],
    ['several rows', 'select n from generate_series(1, 3) n', [{ n: 1 }, { n: 2 }, { n: 3 }], 3],
    ['columns of other types', "select true as a, '{x}'::text[] as b", [{ a: true, b: ['x'] }], 1],
    ['an insert', 'insert into public.visits values (null), (null)', [], 2],
    ['nothing at all', '', [], null],
  ])('give the rows, and how many: %s', async (_what, text, rows, rowCount) => {
    for (let time = 0; time < 2; time += 1) expect(await ask(text)).toEqual({ rows, rowCount });
  });

  test('give rows as arrays', async () => {
    const { rows } = await clients()(asSettings(entry()), (client) =>
      client.query({ text: 'select 1, null::text, $1::text', values: ['x'], arrayMode: true }),
    );
    expect(rows).toEqual([[1, null, 'x']]);
  });

  test('say why a transaction could not be committed, and keep nothing of it', async () => {
    const twice = ask('insert into public.guests values ($1), ($1)', ['Ada']);
    await expect(twice).rejects.toMatchObject({ code: '23505' });
    expect((await ask('select * from public.guests')).rows).toEqual([]);
  });

  test('go on after a statement that makes no sense, again and again', async () => {
    for (let time = 0; time < 2; time += 1) {
      await expect(ask('selekt 1')).rejects.toMatchObject({ code: '42601' });
      expect((await ask<{ n: number }>('select 1 as n')).rows).toEqual([{ n: 1 }]);
    }
  });

  test('tell each of several callers of one statement why it failed', async () => {
    const failing = { text: 'select 1 / $1::int as n', values: [0] };
    const results = await clients()(asSettings(entry()), (client) =>
      Promise.allSettled([
        client.query(failing),
        client.query({ ...failing, values: [1] }),
        client.query(failing),
      ]),
    );
    expect(results).toMatchObject([
      { status: 'rejected', reason: { code: '22012' } },
      { status: 'fulfilled', value: { rows: [{ n: 1 }] } },
      { status: 'rejected', reason: { code: '22012' } },
    ]);
    await expect(ask(failing.text, [0])).rejects.toMatchObject({ code: '22012' });
    expect((await ask(failing.text, [1])).rows).toEqual([{ n: 1 }]);
  });

  test('refuse values that cannot be sent, and go on', async () => {
    const circle: { self?: object } = {};
    circle.self = circle;
    await expect(ask('select $1::json', [circle])).rejects.toThrow('circular');
    expect((await ask<{ n: number }>('select 1 as n')).rows).toEqual([{ n: 1 }]);
  });

  test('are not led astray by notices and notifications', async () => {
    const client = await database.pool().connect();
    try {
      const heard = new Promise((resolve) => client.once('notification', resolve));
      await client.query('listen spoken');
      expect((await ask('select public.speak() as word')).rows).toEqual([{ word: 'said' }]);
      expect(await heard).toMatchObject({ channel: 'spoken', payload: 'x' });
      await client.query('unlisten *');
    } finally {
      client.release();
    }
  });

  test('throw a connection away that is left inside a transaction', async () => {
    await ask('begin');
    expect(await plainRole()).toEqual({ role: 'callboard_authenticator', user_id: null });
    const { rows } = await ask(WHO);
    expect(rows).toMatchObject([{ readOnly: 'off' }]);
  });

  test('give up the oldest prepared statements, and prepare them again', async () => {
    const ask = (n: number) =>
      clients()(asSettings(entry('read only')), (client) =>
        client.query<{ n: number }>({ text: `select ${n} as n`, name: `statement-${n}` }),
      );
    for (let n = 0; n < 130; n += 1) expect((await ask(n)).rows).toEqual([{ n }]);
    expect((await ask(0)).rows).toEqual([{ n: 0 }]);
    expect((await ask(129)).rows).toEqual([{ n: 129 }]);
  });

  onServer('on a connection of its own', () => {
    /** Counts what goes out to the server while `work` runs. */
    async function writesOf(work: () => Promise<unknown>): Promise<number> {
      const pool = database.pool('callboard_authenticator');
      let writes = 0;
      const onAcquire = (client: PoolClient) => {
        const { stream } = (
          client as unknown as {
            connection: { stream: Record<'_write' | '_writev', (...rest: unknown[]) => unknown> };
          }
        ).connection;
        for (const method of ['_write', '_writev'] as const) {
          const original = stream[method].bind(stream);
          stream[method] = (...rest) => {
            writes += 1;
            return original(...rest);
          };
        }
      };
      pool.once('acquire', onAcquire);
      await work();
      return writes;
    }

    test('a query is one write, with which the caller enters, and which commits', async () => {
      const query = () =>
        clients()(asSettings(entry('read only')), (client) =>
          client.query({ text: WHO, name: 'one-write' }),
        );
      await query();
      expect(await writesOf(query)).toBe(1);
    });

    test('a transaction begins and enters in one write', async () => {
      const work = () =>
        clients()(asSettings(entry()), (client) => client.withTransaction(async () => undefined));
      await work();
      expect(await writesOf(work)).toBe(2);
    });

    test('a statement that takes too long is cancelled', async () => {
      const hurried = enteredClients(database.pool('callboard_authenticator'), 50);
      await expect(
        hurried(asSettings(entry()), (client) => client.query({ text: 'select pg_sleep(10)' })),
      ).rejects.toMatchObject({ code: '57014' });
    });

    test('a statement is prepared again when its table has changed', async () => {
      await ask('select * from public.visits');
      await database.pool().query('alter table public.visits add column at timestamptz');
      // Postgres says so once; whoever asks again is served.
      await expect(ask('select * from public.visits')).rejects.toMatchObject({ code: '0A000' });
      expect((await ask('select * from public.visits')).rows).not.toEqual([]);
    });

    test('a statement that somebody cancels fails, and its connection serves on', async () => {
      const pool = database.pool('callboard_authenticator');
      const sleeping = ask("select pg_sleep(10), 'to be cancelled'");
      const cancel = async (): Promise<void> => {
        const { rows } = await database.pool().query<{ done: boolean }>(
          `select pg_cancel_backend(pid) as done from pg_stat_activity
            where query like '%to be cancelled%' and pid <> pg_backend_pid() and state = 'active'`,
        );
        if (!rows[0]?.done) await cancel();
      };
      await cancel();
      await expect(sleeping).rejects.toMatchObject({ code: '57014' });
      const before = pool.totalCount;
      expect((await ask<{ n: number }>('select 1 as n')).rows).toEqual([{ n: 1 }]);
      expect(pool.totalCount).toBe(before);
    });

    test('a connection that is cut in the middle of a statement is not used again', async () => {
      const pool = database.pool('callboard_authenticator');
      const cut = ask(`select pg_sleep(10), 'to be cut'`);
      const terminate = async (): Promise<void> => {
        const { rows } = await database.pool().query<{ done: boolean }>(
          `select pg_terminate_backend(pid) as done from pg_stat_activity
            where query like '%to be cut%' and pid <> pg_backend_pid() and state = 'active'`,
        );
        if (!rows[0]?.done) await terminate();
      };
      await terminate();
      await expect(cut).rejects.toMatchObject({ code: '57P01' });
      expect((await ask(WHO)).rows).toHaveLength(1);
      expect(pool.totalCount).toBe(pool.idleCount);
    });

    test('more callers than connections are all served, each as who it is', async () => {
      const results = await Promise.all(
        Array.from({ length: 40 }, async (_, n) => {
          const { rows } = await clients()(
            asSettings(n % 2 ? entry() : entryOf({ requestId: 'r' }, 'read only')),
            (client) =>
              client.query<{ who: string | null }>({ text: 'select authz.user_id() as who' }),
          );
          return rows[0]?.who;
        }),
      );
      expect(results).toEqual(results.map((_, n) => (n % 2 ? cast.owner.userId : null)));
    });

    test('a connection that was cut is not used again', async () => {
      const pool = database.pool('callboard_authenticator');
      const cut = clients()(asSettings(entry()), (client) =>
        client.withTransaction(async (transaction) => {
          const { rows } = await transaction.query<{ pid: number }>({
            text: 'select pg_backend_pid() as pid',
          });
          await database.pool().query('select pg_terminate_backend($1)', [rows[0]?.pid]);
          await transaction.query({ text: 'select 1' });
        }),
      );
      await expect(cut).rejects.toThrow();
      const { rows } = await clients()(asSettings(entry()), (client) =>
        client.query({ text: WHO }),
      );
      expect(rows).toHaveLength(1);
      expect(pool.totalCount).toBe(pool.idleCount);
    });
  });
});
