import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Leases, type Share, type Wish } from '../../../server/limits/leases.ts';
import {
  Limiter,
  type Limit,
  type ShareSource,
  type Verdict,
} from '../../../server/limits/limiter.ts';
import { onServer, testDatabase } from '../../helpers/database.ts';

const database = testDatabase();
const limiters: Limiter[] = [];
const failures: unknown[] = [];
afterEach(() => {
  for (const limiter of limiters.splice(0)) limiter.close();
  failures.length = 0;
});

const MINUTE: Limit = { name: 'test', maxRequests: 60, windowSeconds: 60 };

/** A process: its own limiter, which shares nothing with the others but the database. */
function processOf(source: ShareSource, options: { capacity?: number; clock?: () => number } = {}) {
  const limiter = new Limiter(source, { onFailure: (error) => failures.push(error), ...options });
  limiters.push(limiter);
  return limiter;
}

const leases = () => new Leases(database.pool('callboard_authenticator'));

/** So many requests at once. */
const many = (n: number, take: (index: number) => Verdict | Promise<Verdict>) =>
  Promise.all(Array.from({ length: n }, async (_, index) => take(index)));

/** A source that counts what it is asked. */
function counting(source: ShareSource): ShareSource & { asked: Wish[] } {
  const asked: Wish[] = [];
  return {
    asked,
    ask: (wish) => {
      asked.push(wish);
      return source.ask(wish);
    },
  };
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

describe('a limiter', () => {
  test('admits as many as there may be and no more', async () => {
    const limiter = processOf(leases());
    const who = randomUUID();
    let admitted = 0;
    for (let n = 0; n < 90; n += 1) {
      if ((await limiter.take(MINUTE, who)).admitted) admitted += 1;
    }
    expect(admitted).toBe(60);
    expect(await limiter.take(MINUTE, who)).toMatchObject({ admitted: false, remaining: 0 });
    expect((await limiter.take(MINUTE, randomUUID())).admitted).toBe(true);
  });

  test('asks the database far less often than it is asked', async () => {
    const source = counting(leases());
    const limiter = processOf(source);
    const who = randomUUID();
    const limit = { ...MINUTE, maxRequests: 1200 };
    for (let n = 0; n < 600; n += 1) await limiter.take(limit, who);
    expect(source.asked.length).toBeLessThanOrEqual(10);
  });

  test('asks for nothing while it refuses', async () => {
    const source = counting(leases());
    const limiter = processOf(source);
    const who = randomUUID();
    const limit = { ...MINUTE, maxRequests: 2 };
    for (let n = 0; n < 100; n += 1) await limiter.take(limit, who);
    expect(source.asked.length).toBeLessThanOrEqual(4);
  });

  test('says how much is left', async () => {
    const limiter = processOf(leases());
    const who = randomUUID();
    const limit = { ...MINUTE, maxRequests: 5 };
    const left = [];
    for (let n = 0; n < 6; n += 1) left.push((await limiter.take(limit, who)).remaining);
    expect(left).toEqual([4, 3, 2, 1, 0, 0]);
    const { resetAfter } = await limiter.take(limit, who);
    expect(resetAfter).toBeGreaterThan(50);
  });

  test('gives back what it has not used', async () => {
    let now = 0;
    const limiter = processOf(leases(), { clock: () => now });
    const who = randomUUID();
    const limit = { ...MINUTE, maxRequests: 1200 };
    await limiter.take(limit, who);
    expect(await counted(who)).toBe(20);
    now += 11_000;
    limiter.sweep();
    while ((await counted(who)) > 1) await pause(5);
    expect(await counted(who)).toBe(1);
    expect(limiter.size).toBe(0);
  });

  test('gives it back too when it asks for more', async () => {
    let now = 0;
    const limiter = processOf(leases(), { clock: () => now });
    const who = randomUUID();
    const limit = { ...MINUTE, maxRequests: 1200 };
    await limiter.take(limit, who);
    now += 11_000;
    await limiter.take(limit, who);
    // One was used, and the next share is half as large.
    expect(await counted(who)).toBe(11);
  });

  test('remembers no more callers than it may', async () => {
    const limiter = processOf(leases(), { capacity: 100 });
    await many(350, () => limiter.take(MINUTE, randomUUID()));
    expect(limiter.size).toBeLessThanOrEqual(100);
  });

  test('goes on when the database does not answer, and says so once', async () => {
    let now = 0;
    let works = false;
    const real = leases();
    const source: ShareSource = {
      ask: (wish): Promise<Share> => (works ? real.ask(wish) : Promise.reject(new Error('gone'))),
    };
    const limiter = processOf(source, { clock: () => now });
    const who = randomUUID();
    for (let n = 0; n < 20; n += 1) {
      expect((await limiter.take(MINUTE, who)).admitted).toBe(true);
    }
    expect(failures).toHaveLength(1);
    works = true;
    now += 2_000;
    for (let n = 0; n < 60; n += 1) await limiter.take(MINUTE, who);
    expect((await limiter.take(MINUTE, who)).admitted).toBe(false);
  });

  test('takes shares for many callers in one statement', async () => {
    const pool = database.pool('callboard_authenticator');
    const before = pool.totalCount;
    const limiter = processOf(leases());
    const verdicts = await many(300, () => limiter.take(MINUTE, randomUUID()));
    expect(verdicts.every(({ admitted }) => admitted)).toBe(true);
    expect(pool.totalCount - before).toBeLessThanOrEqual(1);
  });
});

onServer('limiters of several processes', () => {
  test.each([2, 5, 16])('admit together what one would: %i of them', async (processes) => {
    const limiters = Array.from({ length: processes }, () => processOf(leases()));
    const who = randomUUID();
    const limit = { ...MINUTE, maxRequests: 200 };
    const verdicts = await many(600, (n) => limiters[n % processes]!.take(limit, who));
    const admitted = verdicts.filter((verdict) => verdict.admitted).length;
    expect(admitted).toBeLessThanOrEqual(200);
    // What is out of reach is in the hands of others, a share at most.
    expect(admitted).toBeGreaterThanOrEqual(200 - processes * 20);
    expect(await counted(who)).toBeLessThanOrEqual(200);
  });

  test('use all of it up, wherever the requests arrive', async () => {
    const limiters = Array.from({ length: 4 }, () => processOf(leases()));
    const who = randomUUID();
    let admitted = 0;
    for (let n = 0; n < 400; n += 1) {
      const verdict = await limiters[n % 4]!.take(MINUTE, who);
      if (verdict.admitted) admitted += 1;
    }
    expect(admitted).toBe(60);
  });

  test('never exceed it in any window, however shares are used, lost and given back', async () => {
    const limit: Limit = { name: 'test', maxRequests: 30, windowSeconds: 10 };
    const who = randomUUID();
    const times: number[] = [];
    const limiters = Array.from({ length: 3 }, () => processOf(leases()));
    const end = performance.now() + 13_000;
    await Promise.all(
      limiters.map(async (limiter, index) => {
        while (performance.now() < end) {
          const verdict = await limiter.take(limit, who);
          if (verdict.admitted) times.push(performance.now());
          await pause(20 + index * 37);
        }
      }),
    );
    times.sort((a, b) => a - b);
    const most = Math.max(
      ...times.map((time, n) => times.slice(n).filter((other) => other < time + 10_000).length),
    );
    expect(most).toBeLessThanOrEqual(30);
    expect(times.length).toBeGreaterThan(30);
  });
});
