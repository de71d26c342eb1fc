import { beforeAll, describe, expect, test } from '@jest/globals';
import { actAs, ANONYMOUS, as } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import {
  call,
  cheapPasswords,
  eventsOf,
  holderOf,
  linkFor,
  mailsTo,
  PASSWORD,
  refresh,
  signedIn,
  signedUp,
  signIn,
  type Grant,
} from './accounts.ts';

const database = testDatabase();
cheapPasswords(database);

const NEW = 'another good password';

const ask = (email: string | null) =>
  actAs(database, ANONYMOUS, (client) =>
    call<{ requested: boolean }>(
      client,
      'select identity.request_password_reset($1) as requested',
      [email],
    ),
  );
const reset = (token: string | undefined, password: string | null = NEW) =>
  actAs(database, ANONYMOUS, (client) =>
    call<{ ended: number }>(client, 'select identity.reset_password($1, $2) as ended', [
      token,
      password,
    ]),
  );
const change = (grant: Grant, current: string | null, next: string | null) =>
  actAs(database, holderOf(grant), (client) =>
    call<{ sessions_ended: number | null; refusal: object | null }>(
      client,
      'select * from identity.change_password($1, $2)',
      [current, next],
    ),
  );
const goesOn = async (grant: Grant): Promise<boolean> =>
  as(database, ANONYMOUS, (client) =>
    refresh(client, grant.refresh_token).then(
      () => true,
      () => false,
    ),
  );

describe('asking for a new password', () => {
  test('does the same for an address that nobody has', async () => {
    await signedUp(database, 'known@reset.test');
    expect(await ask('known@reset.test')).toEqual({ requested: true });
    expect(await ask('unknown@reset.test')).toEqual({ requested: true });
    const token = { purpose: 'password_reset', asked_at: expect.any(String) };
    const mail = { template: 'reset_password', variables: {}, token };
    expect((await mailsTo(database, 'known@reset.test')).at(-1)).toEqual(mail);
    expect(await mailsTo(database, 'unknown@reset.test')).toEqual([mail]);
    // Only the job looks.
    expect(await linkFor(database, 'password_reset', 'known@reset.test')).toMatch(/^[0-9a-f]{64}$/);
    expect(await linkFor(database, 'password_reset', 'unknown@reset.test')).toBeUndefined();
  });

  test('twice before the mail has gone out sends one', async () => {
    await ask('impatient@reset.test');
    await ask(' IMPATIENT@reset.test');
    expect(await mailsTo(database, 'impatient@reset.test')).toHaveLength(1);
  });

  test.each([['no address'], [''], [null], [`${'x'.repeat(250)}@reset.test`]])(
    'for %j is refused',
    async (email) => {
      await expect(ask(email)).rejects.toMatchObject({ code: 'CB002', column: 'email' });
    },
  );

  test('gives a suspended account nothing', async () => {
    const client = await database.pool().connect();
    try {
      await client.query('begin');
      await client.query('update identity.users set is_active = false');
      const { rows } = await client.query(
        "select token from identity.issue_one_time_token('password_reset', 'known@reset.test')",
      );
      expect(rows).toEqual([]);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });
});

describe('a new password by link', () => {
  test('replaces the old one, ends all sessions, and is told by mail', async () => {
    const grant = await signedUp(database, 'lost@reset.test');
    const phone = await signedIn(database, 'lost@reset.test');
    const older = await linkFor(database, 'password_reset', 'lost@reset.test');
    const token = await linkFor(database, 'password_reset', 'lost@reset.test');
    expect(await reset(token)).toEqual({ ended: 2 });
    expect(await goesOn(grant)).toBe(false);
    expect(await goesOn(phone)).toBe(false);
    expect(await signedIn(database, 'lost@reset.test')).toMatchObject({
      refusal: { code: 'CB008' },
    });
    expect(await signedIn(database, 'lost@reset.test', NEW)).toMatchObject({ refusal: null });
    for (const spent of [token, older]) {
      await expect(reset(spent)).rejects.toMatchObject({ code: 'CB011', column: 'token' });
    }
    expect((await mailsTo(database, 'lost@reset.test')).at(-1)).toMatchObject({
      template: 'password_changed',
    });
    expect(await eventsOf(database, grant.user_id)).toEqual(['password_changed']);
    const { rows } = await database
      .pool()
      .query('select email_verified_at is not null as verified from identity.users where id = $1', [
        grant.user_id,
      ]);
    expect(rows).toEqual([{ verified: true }]);
  });

  test('that keeps nobody out is refused, and the link still serves', async () => {
    await signedUp(database, 'weak@reset.test');
    const token = await linkFor(database, 'password_reset', 'weak@reset.test');
    for (const password of ['short', null, 'weak@reset.test', 'password1234']) {
      await expect(reset(token, password)).rejects.toMatchObject({
        code: 'CB002',
        column: 'password',
      });
    }
    expect(await reset(token)).toEqual({ ended: 1 });
  });

  test('need not wait for failed sign-ins', async () => {
    await signedUp(database, 'locked@reset.test');
    for (let index = 0; index < 5; index += 1) {
      await signedIn(database, 'locked@reset.test', 'wrong');
    }
    expect(await signedIn(database, 'locked@reset.test')).toMatchObject({
      refusal: { code: 'CB010' },
    });
    await reset(await linkFor(database, 'password_reset', 'locked@reset.test'));
    expect(await signedIn(database, 'locked@reset.test', NEW)).toMatchObject({ refusal: null });
  });

  test('gives one to an account that had none', async () => {
    const { user_id: userId } = await signedUp(database, 'provider@reset.test');
    await database.pool().query('delete from identity.credentials where user_id = $1', [userId]);
    expect(await signedIn(database, 'provider@reset.test')).toMatchObject({
      refusal: { code: 'CB008' },
    });
    await reset(await linkFor(database, 'password_reset', 'provider@reset.test'));
    expect(await signedIn(database, 'provider@reset.test', NEW)).toMatchObject({ refusal: null });
  });

  test('is refused when the link is out of date', async () => {
    await signedUp(database, 'tardy@reset.test');
    const token = await linkFor(database, 'password_reset', 'tardy@reset.test');
    await database
      .pool()
      .query(
        "update identity.one_time_tokens set expires_at = now() where email = 'tardy@reset.test'",
      );
    await expect(reset(token)).rejects.toMatchObject({ code: 'CB011' });
  });
});

describe('a change of password', () => {
  let grant: Grant;
  beforeAll(async () => {
    grant = await signedUp(database, 'olive@change.test');
  });

  test('takes the present one', async () => {
    for (const wrong of ['wrong', '', null]) {
      expect(await change(grant, wrong, NEW)).toEqual({
        sessions_ended: null,
        refusal: {
          code: 'CB008',
          field: 'current_password',
          message: 'This is not your password.',
        },
      });
    }
  });

  test.each([['short'], [null], ['olive@change.test'], [PASSWORD]])(
    'to %j is refused',
    async (password) => {
      await expect(change(grant, PASSWORD, password)).rejects.toMatchObject({
        code: 'CB002',
        column: 'new_password',
      });
    },
  );

  test('ends the other sessions, and voids links asked for before', async () => {
    const other = await signedIn(database, 'olive@change.test');
    const token = await linkFor(database, 'password_reset', 'olive@change.test');
    const move = await linkFor(database, 'email_change', 'thief@change.test', grant.user_id);
    expect(await change(grant, PASSWORD, NEW)).toEqual({ sessions_ended: 1, refusal: null });
    expect(await goesOn(grant)).toBe(true);
    expect(await goesOn(other)).toBe(false);
    await expect(reset(token)).rejects.toMatchObject({ code: 'CB011' });
    await as(database, ANONYMOUS, async (client) => {
      await expect(client.query('select identity.verify_email($1)', [move])).rejects.toMatchObject({
        code: 'CB011',
      });
    });
    // Nor does one that was asked for before, and whose mail goes out only now.
    const { rows } = await database
      .pool()
      .query(
        "select token from identity.issue_one_time_token('email_change', 'thief@change.test', $1, now() - interval '1 minute')",
        [grant.user_id],
      );
    expect(rows).toEqual([]);
    expect(await change(grant, NEW, PASSWORD)).toMatchObject({ refusal: null });
  });

  test('by guessing is slowed down as signing in is', async () => {
    const target = await signedUp(database, 'guessed@change.test');
    for (let index = 0; index < 5; index += 1) await change(target, 'wrong', NEW);
    expect(await change(target, PASSWORD, NEW)).toMatchObject({ refusal: { code: 'CB010' } });
    expect(await signedIn(database, 'guessed@change.test')).toMatchObject({
      refusal: { code: 'CB010' },
    });
  });

  test('is for sessions, not for keys or nobody', async () => {
    for (const [caller, code] of [
      [{ userId: grant.user_id }, 'CB001'],
      [ANONYMOUS, '42501'],
    ] as const) {
      await as(database, caller, async (client) => {
        await expect(
          client.query('select identity.change_password($1, $2)', [PASSWORD, NEW]),
        ).rejects.toMatchObject({ code });
      });
    }
  });
});

onServer('at the same moment', () => {
  test('of two resets with one link one happens', async () => {
    await signedUp(database, 'double@reset.test');
    const token = await linkFor(database, 'password_reset', 'double@reset.test');
    const outcomes = await Promise.allSettled([
      reset(token, 'the first good password'),
      reset(token, 'the second good password'),
    ]);
    expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected']);
    const [first] = outcomes;
    expect(
      await signedIn(
        database,
        'double@reset.test',
        first?.status === 'fulfilled' ? 'the first good password' : 'the second good password',
      ),
    ).toMatchObject({ refusal: null });
  });

  test('of resets with two links one happens', async () => {
    await signedUp(database, 'links@reset.test');
    const tokens = [
      await linkFor(database, 'password_reset', 'links@reset.test'),
      await linkFor(database, 'password_reset', 'links@reset.test'),
    ];
    const outcomes = await Promise.allSettled(tokens.map((token) => reset(token)));
    expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find((outcome) => outcome.status === 'rejected')).toMatchObject({
      reason: { code: 'CB011' },
    });
  });

  test('a reset leaves no session of the old password behind', async () => {
    for (let round = 0; round < 5; round += 1) {
      const email = `race${round}@reset.test`;
      const { user_id: userId } = await signedUp(database, email);
      const token = await linkFor(database, 'password_reset', email);
      await Promise.all([
        reset(token),
        ...Array.from({ length: 4 }, () =>
          actAs(database, ANONYMOUS, (client) => signIn(client, email, PASSWORD)),
        ),
      ]);
      const { rows } = await database
        .pool()
        .query('select from identity.session_families where user_id = $1 and revoked_at is null', [
          userId,
        ]);
      expect(rows).toEqual([]);
    }
  });

  test('changing, resetting and moving get in each other’s way without a deadlock', async () => {
    const grant = await signedUp(database, 'busy@reset.test');
    const token = await linkFor(database, 'password_reset', 'busy@reset.test');
    const move = await linkFor(database, 'email_change', 'busy-new@reset.test', grant.user_id);
    const outcomes = await Promise.allSettled([
      change(grant, PASSWORD, 'one more good password'),
      reset(token),
      actAs(database, ANONYMOUS, (client) =>
        client.query('select identity.verify_email($1)', [move]),
      ),
      refresh(database.pool(), grant.refresh_token),
    ]);
    const codes = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [(outcome.reason as { code: string }).code] : [],
    );
    expect(codes.filter((code) => !['CB011', 'CB001', 'CB008'].includes(code))).toEqual([]);
  });
});
