import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { actAs, ANONYMOUS, as, undone } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import {
  cheapPasswords,
  comesFrom,
  PASSWORD,
  signedUp,
  signIn,
  type Grant,
} from '../identity/accounts.ts';

const database = testDatabase();
cheapPasswords(database);

const EMAIL = 'olive@attempts.test';
const HERE = '203.0.113.7';
const ELSEWHERE = '198.51.100.9';

beforeAll(async () => {
  await signedUp(database, EMAIL);
});
afterEach(() =>
  database
    .pool()
    .query('delete from security.failed_login_attempts; delete from identity.session_families'),
);

const attempt = (email: string, password: string, address = HERE): Promise<Grant> =>
  actAs(database, ANONYMOUS, async (client) => {
    await comesFrom(client, address);
    return signIn(client, email, password);
  });
const outcomeOf = ({ refusal }: Grant) => refusal?.['code'] ?? 'signed in';

async function fail(times: number, email = EMAIL, address = HERE): Promise<void> {
  for (let index = 0; index < times; index += 1) {
    expect(outcomeOf(await attempt(email, 'wrong', address))).toBe('CB008');
  }
}
/** Lets `seconds` go by, for what has been recorded. */
const wait = (seconds: number) =>
  database
    .pool()
    .query(
      'update security.failed_login_attempts set attempted_at = attempted_at - make_interval(secs => $1)',
      [seconds],
    );
const count = async () =>
  (
    await database
      .pool()
      .query<{ all: number; counting: number }>(
        'select count(*)::int as all, count(*) filter (where cleared_at is null)::int as counting from security.failed_login_attempts',
      )
  ).rows[0];
const record = (client: PoolClient, email: string, address: string | null, times: number) =>
  client.query(
    `select security.record_failed_login_attempt($1, $2, null) from generate_series(1, $3)`,
    [email, address, times],
  );
const waiting = async (client: PoolClient, email: string, address: string | null) =>
  (
    await client.query<{ seconds: number }>(
      'select security.check_failed_login_attempts($1, $2) as seconds',
      [email, address],
    )
  ).rows[0]?.seconds;

const asOwner = <T>(work: (client: PoolClient) => Promise<T>): Promise<T> => undone(database, work);

describe('signing in', () => {
  test('is slowed down after five failures, even with the right password, and says for how long', async () => {
    await fail(5);
    for (const password of ['wrong', PASSWORD]) {
      const { refusal } = await attempt(EMAIL, password);
      expect(refusal).toMatchObject({ code: 'CB010' });
      expect(refusal?.['retry_after']).toBeGreaterThan(0);
      expect(refusal?.['retry_after']).toBeLessThanOrEqual(5);
    }
    // Waiting is enough: those attempts do not make it longer.
    expect(await count()).toEqual({ all: 5, counting: 5 });
    await wait(5);
    expect(outcomeOf(await attempt(EMAIL, PASSWORD))).toBe('signed in');
  });

  test('waits twice as long after each further failure', async () => {
    await fail(5);
    await wait(5);
    await fail(1);
    expect((await attempt(EMAIL, PASSWORD)).refusal?.['retry_after']).toBe(10);
    await wait(9);
    expect((await attempt(EMAIL, PASSWORD)).refusal?.['retry_after']).toBe(1);
  });

  test('with the right password forgives the failures before it', async () => {
    await fail(4);
    expect(outcomeOf(await attempt(EMAIL, PASSWORD))).toBe('signed in');
    expect(await count()).toEqual({ all: 4, counting: 0 });
    await fail(4);
  });

  test('is slowed down alike for an address that nobody has, and for any way to write it', async () => {
    await fail(3, 'nobody@attempts.test');
    await fail(2, ' Nobody@ATTEMPTS.test ');
    expect(await attempt('nobody@attempts.test', PASSWORD)).toMatchObject({
      refusal: { code: 'CB010' },
    });
  });

  test('keeps what was typed as a hash only', async () => {
    await fail(1, 'my-secret-password');
    const { rows } = await database
      .pool()
      .query('select to_jsonb(a)::text as row from security.failed_login_attempts a');
    expect(rows[0].row).not.toContain('my-secret-password');
    expect(rows[0].row).toContain(HERE);
  });

  test('at a desk that the user knows is not hindered by failures elsewhere', async () => {
    await attempt(EMAIL, PASSWORD, HERE);
    await fail(5, EMAIL, ELSEWHERE);
    expect(outcomeOf(await attempt(EMAIL, PASSWORD, ELSEWHERE))).toBe('CB010');
    expect(outcomeOf(await attempt(EMAIL, PASSWORD, '192.0.2.1'))).toBe('CB010');
    expect(outcomeOf(await attempt(EMAIL, PASSWORD, HERE))).toBe('signed in');
    // That sign-in has bought the other place nothing.
    expect(outcomeOf(await attempt(EMAIL, PASSWORD, ELSEWHERE))).toBe('CB010');
  });

  test('of a suspended account looks like that of an unknown one', async () => {
    await asOwner(async (client) => {
      await client.query('update identity.users set is_active = false');
      expect((await signIn(client, EMAIL, PASSWORD)).refusal).toEqual({
        code: 'CB008',
        message: 'E-mail address and password do not match.',
      });
    });
  });
});

describe('many failures from one sender', () => {
  test('slow it down whatever addresses it tries, and nobody else', async () => {
    await asOwner(async (client) => {
      for (let index = 0; index < 30; index += 1) {
        expect(await waiting(client, `user${index}@attempts.test`, HERE)).toBe(0);
        await record(client, `user${index}@attempts.test`, HERE, 1);
      }
      expect(await waiting(client, 'another@attempts.test', HERE)).toBe(5);
      expect(await waiting(client, 'another@attempts.test', ELSEWHERE)).toBe(0);
      expect(await waiting(client, 'another@attempts.test', null)).toBe(0);
    });
  });

  test('are not forgiven for signing in to an account of one’s own', async () => {
    await asOwner(async (client) => {
      await record(client, 'victim@attempts.test', HERE, 30);
      const { rows } = await client.query(
        'select security.clear_failed_login_attempts($1, $2) as cleared',
        ['own@attempts.test', HERE],
      );
      expect(rows).toEqual([{ cleared: 0 }]);
      expect(await waiting(client, 'own@attempts.test', HERE)).toBe(5);
    });
  });

  test.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', 5],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', 0],
    ['203.0.113.7', '203.0.113.8', 0],
  ])('count for %s and %s alike if they are one customer', async (one, other, seconds) => {
    await asOwner(async (client) => {
      await record(client, 'somebody@attempts.test', one, 30);
      expect(await waiting(client, 'else@attempts.test', other)).toBe(seconds);
    });
  });
});

describe('the delay', () => {
  test('grows from seconds to a quarter of an hour', async () => {
    await asOwner(async (client) => {
      const { rows } = await client.query<{ seconds: number }>(
        `select extract(epoch from security.login_delay(failures, 5))::int as seconds
           from unnest('{0,4,5,6,7,12,13,1000,2147483647}'::int[]) as f (failures)`,
      );
      expect(rows.map((row) => row.seconds)).toEqual([0, 0, 5, 10, 20, 640, 900, 900, 900]);
    });
  });

  test('ends with the day', async () => {
    await asOwner(async (client) => {
      await record(client, EMAIL, null, 50);
      expect(await waiting(client, EMAIL, null)).toBe(900);
      await client.query(
        "update security.failed_login_attempts set attempted_at = attempted_at - interval '1 day'",
      );
      expect(await waiting(client, EMAIL, null)).toBe(0);
    });
  });
});

test('failures are for nobody to read', async () => {
  await fail(1);
  await as(database, ANONYMOUS, async (client) => {
    await expect(client.query('select from security.failed_login_attempts')).rejects.toMatchObject({
      code: '42501',
    });
  });
});

onServer('at the same moment', () => {
  test('twenty wrong passwords are answered as five in a row would be', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => attempt(EMAIL, 'wrong password')),
    );
    const codes = answers.map(outcomeOf);
    expect(codes.filter((code) => code === 'CB008')).toHaveLength(5);
    expect(codes.filter((code) => code === 'CB010')).toHaveLength(15);
    expect(await count()).toEqual({ all: 5, counting: 5 });
  });

  test('the right one among twenty is not told from the others once five have failed', async () => {
    const client = await database.pool().connect();
    try {
      await record(client, EMAIL, HERE, 4);
    } finally {
      client.release();
    }
    // Whoever comes first takes the fifth turn; after a failure there is no word about any other.
    const first = await attempt(EMAIL, 'wrong');
    expect(outcomeOf(first)).toBe('CB008');
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_each, index) =>
        attempt(EMAIL, index === 5 ? PASSWORD : 'wrong'),
      ),
    );
    expect(answers.map(outcomeOf)).toEqual(Array(10).fill('CB010'));
  });

  test('failures for twenty people at one address are counted exactly', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_each, index) => attempt(`user${index}@attempts.test`, 'wrong')),
    );
    expect(answers.map(outcomeOf)).toEqual(Array(20).fill('CB008'));
    expect(await count()).toEqual({ all: 20, counting: 20 });
  });
});
