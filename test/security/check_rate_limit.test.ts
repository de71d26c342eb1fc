import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { onServer, testDatabase } from '../helpers/database.ts';

const database = testDatabase();

type Answer = { allowed: boolean; remaining: number; reset_at: Date; retry_after: number };

/** Asks as the server does, before anybody has entered. */
async function check(
  identifier: string,
  max: number,
  seconds: number,
  cost = 1,
  endpoint = '/graphql',
): Promise<Answer> {
  const { rows } = await database
    .pool('callboard_authenticator')
    .query<Answer>('select * from security.check_rate_limit($1, $2, $3, $4, $5)', [
      identifier,
      endpoint,
      max,
      seconds,
      cost,
    ]);
  return rows[0]!;
}

const counted = async (identifier: string) => {
  const { rows } = await database
    .pool()
    .query<{ n: number }>(
      'select coalesce(sum(n), 0)::int as n from security.rate_limits, unnest(counts) n where identifier = $1',
      [identifier],
    );
  return rows[0]?.n ?? 0;
};

describe('check_rate_limit', () => {
  test('allows as many as there may be, and says how many are left and when there are more', async () => {
    const who = randomUUID();
    const answers = [];
    for (let n = 0; n < 4; n += 1) answers.push(await check(who, 3, 60));
    expect(answers.map(({ allowed, remaining }) => [allowed, remaining])).toEqual([
      [true, 2],
      [true, 1],
      [true, 0],
      [false, 0],
    ]);
    const [first, , , refused] = answers as [Answer, Answer, Answer, Answer];
    expect(first.retry_after).toBe(0);
    expect(refused.retry_after).toBeGreaterThanOrEqual(55);
    expect(refused.retry_after).toBeLessThanOrEqual(62);
    expect(refused.reset_at.getTime()).toBeGreaterThan(Date.now() + 50_000);
  });

  test('does not count what it refuses', async () => {
    const who = randomUUID();
    await check(who, 2, 60, 2);
    for (let n = 0; n < 5; n += 1) expect((await check(who, 2, 60)).allowed).toBe(false);
    expect(await counted(who)).toBe(2);
  });

  test('counts callers, endpoints and windows apart', async () => {
    const who = randomUUID();
    expect((await check(who, 1, 60)).allowed).toBe(true);
    expect((await check(randomUUID(), 1, 60)).allowed).toBe(true);
    expect((await check(who, 1, 60, 1, 'signIn')).allowed).toBe(true);
    expect((await check(who, 1, 3600)).allowed).toBe(true);
    expect((await check(who, 1, 60)).allowed).toBe(false);
  });

  test('takes several at once or none of them', async () => {
    const who = randomUUID();
    expect(await check(who, 10, 60, 7)).toMatchObject({ allowed: true, remaining: 3 });
    expect(await check(who, 10, 60, 4)).toMatchObject({ allowed: false, remaining: 3 });
    expect(await check(who, 10, 60, 3)).toMatchObject({ allowed: true, remaining: 0 });
  });

  test('lets the window slide: what is older than it does not count, what is younger does', async () => {
    const who = randomUUID();
    await check(who, 2, 1);
    await pause(600);
    await check(who, 2, 1);
    expect((await check(who, 2, 1)).allowed).toBe(false);
    await pause(500);
    // The first is out of the window, the second is not.
    expect((await check(who, 2, 1)).allowed).toBe(true);
    expect((await check(who, 2, 1)).allowed).toBe(false);
  });

  test('says when it will allow what it refuses', async () => {
    const who = randomUUID();
    await check(who, 1, 1);
    const { reset_at: reset } = await check(who, 1, 1);
    await pause(Math.max(0, reset.getTime() - Date.now()) + 20);
    expect((await check(who, 1, 1)).allowed).toBe(true);
  });

  test.each([
    ['nobody', [null, 'x', 1, 1, 1]],
    ['no endpoint', ['x', null, 1, 1, 1]],
    ['nothing allowed', ['x', 'x', 0, 1, 1]],
    ['no window', ['x', 'x', 1, 0, 1]],
    ['a window of more than a day', ['x', 'x', 1, 86_401, 1]],
    ['a cost of nothing', ['x', 'x', 1, 1, 0]],
    ['a cost that is never allowed', ['x', 'x', 1, 1, 2]],
    ['null', ['x', 'x', null, null, null]],
  ])('refuses %s', async (_what, values) => {
    await expect(
      database
        .pool('callboard_authenticator')
        .query('select * from security.check_rate_limit($1, $2, $3, $4, $5)', values),
    ).rejects.toMatchObject({ code: 'CB002' });
  });

  test('is not for callers of the API', async () => {
    const { rows } = await database.pool().query<{ name: string; may: boolean }>(
      `select p.oid::regprocedure::text as name, has_function_privilege(r.role, p.oid, 'execute') as may
         from pg_proc p, (values ('callboard_member'), ('callboard_anonymous')) as r (role)
        where p.pronamespace = 'security'::regnamespace and p.proname ~ 'rate_limit'`,
    );
    expect(rows.length).toBeGreaterThanOrEqual(8);
    expect(rows.filter(({ may }) => may)).toEqual([]);
  });
});

describe('forget_rate_limits', () => {
  test('deletes what does not count any more, so many at a time, and nothing else', async () => {
    await database.pool().query('truncate security.rate_limits');
    const [old, other, young] = [randomUUID(), randomUUID(), randomUUID()];
    await check(old, 1, 60);
    await check(other, 1, 60);
    await check(young, 1, 60);
    await database
      .pool()
      .query(
        `update security.rate_limits set expires_at = now() - interval '1 second' where identifier = any ($1)`,
        [[old, other]],
      );
    const forget = async (atMost: number) =>
      (
        await database
          .pool('callboard_service')
          .query<{ n: number }>('select security.forget_rate_limits($1) as n', [atMost])
      ).rows[0]?.n;
    expect([await forget(1), await forget(10), await forget(10)]).toEqual([1, 1, 0]);
    expect([await counted(old), await counted(other), await counted(young)]).toEqual([0, 0, 1]);
    expect((await check(old, 1, 60)).allowed).toBe(true);
  });
});

onServer('check_rate_limit, asked by many at once', () => {
  test('allows exactly as many as there may be', async () => {
    const who = randomUUID();
    const answers = await Promise.all(Array.from({ length: 60 }, () => check(who, 25, 60)));
    expect(answers.filter(({ allowed }) => allowed)).toHaveLength(25);
    expect(await counted(who)).toBe(25);
  });

  test('does so while rows are deleted under it', async () => {
    const who = randomUUID();
    let running = true;
    const deleting = (async () => {
      while (running) {
        await database.pool('callboard_service').query('select security.forget_rate_limits()');
      }
    })();
    const answers = await Promise.all(Array.from({ length: 40 }, () => check(who, 10, 60)));
    running = false;
    await deleting;
    expect(answers.filter(({ allowed }) => allowed)).toHaveLength(10);
  });
});
