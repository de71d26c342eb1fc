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
  signedIn,
  signedUp,
  type Grant,
} from './accounts.ts';

const database = testDatabase();
cheapPasswords(database);

const verify = (token: string | null | undefined) =>
  actAs(database, ANONYMOUS, (client) =>
    call<{ email: string }>(client, 'select identity.verify_email($1) as email', [token]),
  );
const requestChange = (grant: Grant, email: string | null, password = PASSWORD) =>
  actAs(database, holderOf(grant), (client) =>
    call<{ answer: { refusal?: object } }>(
      client,
      'select identity.request_email_change($1, $2) as answer',
      [email, password],
    ),
  );
const userOf = async (userId: string) =>
  (
    await database
      .pool()
      .query(
        'select email, email_verified_at is not null as verified from identity.users where id = $1',
        [userId],
      )
  ).rows[0];

describe('a new account', () => {
  test('gets a link that confirms its address, once', async () => {
    const { user_id: userId } = await signedUp(database, 'new@verify.test');
    expect(await mailsTo(database, 'new@verify.test')).toEqual([
      {
        template: 'verify_email',
        variables: {},
        token: { purpose: 'email_verification', user_id: userId, asked_at: expect.any(String) },
      },
    ]);
    const token = await linkFor(database, 'email_verification', 'new@verify.test', userId);
    expect(await userOf(userId)).toMatchObject({ verified: false });
    expect(await verify(token)).toEqual({ email: 'new@verify.test' });
    expect(await userOf(userId)).toEqual({ email: 'new@verify.test', verified: true });
    await expect(verify(token)).rejects.toMatchObject({ code: 'CB011', column: 'token' });
    expect(await eventsOf(database, userId)).toEqual(['email_verified']);
  });

  test('asks for another link, and for none when it is confirmed', async () => {
    const grant = await signedUp(database, 'again@verify.test');
    const ask = () =>
      actAs(database, holderOf(grant), (client) =>
        call<{ sent: boolean }>(client, 'select identity.request_email_verification() as sent'),
      );
    expect(await ask()).toEqual({ sent: true });
    // The first has not gone out yet: one is enough.
    expect(await mailsTo(database, 'again@verify.test')).toHaveLength(1);
    await verify(await linkFor(database, 'email_verification', 'again@verify.test', grant.user_id));
    expect(await ask()).toEqual({ sent: false });
    expect(await linkFor(database, 'email_verification', 'again@verify.test', grant.user_id)).toBe(
      undefined,
    );
  });

  test('is the only one that can ask', async () => {
    await as(database, ANONYMOUS, async (client) => {
      await expect(
        client.query('select identity.request_email_verification()'),
      ).rejects.toMatchObject({ code: '42501' });
    });
    const grant = await signedUp(database, 'keyless@verify.test');
    // A key has no session.
    await as(database, { userId: grant.user_id }, async (client) => {
      await expect(
        client.query('select identity.request_email_verification()'),
      ).rejects.toMatchObject({ code: 'CB001' });
    });
  });
});

describe('a link', () => {
  test.each([[''], [null], ['unknown'], ['\\x00'], ['x'.repeat(1_000_000)]])(
    'with a token that nobody was sent is refused (%#)',
    async (token) => {
      await expect(verify(token)).rejects.toMatchObject({ code: 'CB011', column: 'token' });
    },
  );

  test('is refused when it is out of date, or its account is not active', async () => {
    const { user_id: userId } = await signedUp(database, 'late@verify.test');
    const token = await linkFor(database, 'email_verification', 'late@verify.test', userId);
    for (const change of [
      "update identity.one_time_tokens set expires_at = now() - interval '1 second'",
      'update identity.users set is_active = false',
    ]) {
      const client = await database.pool().connect();
      try {
        await client.query('begin');
        await client.query(change);
        await expect(
          client.query('select identity.verify_email($1)', [token]),
        ).rejects.toMatchObject({
          code: 'CB011',
        });
      } finally {
        await client.query('rollback');
        client.release();
      }
    }
    expect(await verify(token)).toEqual({ email: 'late@verify.test' });
  });

  test('for a new password confirms no address, and is not spent by trying', async () => {
    const { user_id: userId } = await signedUp(database, 'mixed@verify.test');
    const token = await linkFor(database, 'password_reset', 'mixed@verify.test');
    await expect(verify(token)).rejects.toMatchObject({ code: 'CB011' });
    expect(await userOf(userId)).toMatchObject({ verified: false });
  });
});

describe('a change of address', () => {
  let grant: Grant;
  beforeAll(async () => {
    grant = await signedUp(database, 'old@verify.test');
  });

  test('takes the password', async () => {
    expect(await requestChange(grant, 'new-home@verify.test', 'wrong')).toEqual({
      answer: {
        refusal: { code: 'CB008', message: 'This is not your password.', field: 'password' },
      },
    });
    expect(await mailsTo(database, 'new-home@verify.test')).toEqual([]);
  });

  test.each([['no address'], [''], [null], ['old@verify.test'], [' OLD@verify.test ']])(
    'to %j is refused',
    async (email) => {
      await expect(requestChange(grant, email)).rejects.toMatchObject({
        code: 'CB002',
        column: 'new_email',
      });
    },
  );

  test('happens when the new address confirms it, and the old one is told', async () => {
    const elsewhere = await signedIn(database, 'old@verify.test');
    const reset = await linkFor(database, 'password_reset', 'old@verify.test');
    await requestChange(grant, ' Moved@Verify.test ');
    expect(await mailsTo(database, 'moved@verify.test')).toMatchObject([
      { template: 'change_email', token: { purpose: 'email_change', user_id: grant.user_id } },
    ]);
    expect(await userOf(grant.user_id)).toMatchObject({ email: 'old@verify.test' });
    const token = await linkFor(database, 'email_change', 'moved@verify.test', grant.user_id);
    expect(await verify(token)).toEqual({ email: 'moved@verify.test' });
    expect(await userOf(grant.user_id)).toEqual({ email: 'moved@verify.test', verified: true });
    expect((await mailsTo(database, 'old@verify.test')).at(-1)).toMatchObject({
      template: 'email_changed',
      variables: { new_email: 'm…@verify.test' },
    });
    // What was sent to the old address is worth nothing now.
    await expect(
      actAs(database, ANONYMOUS, (client) =>
        client.query('select identity.reset_password($1, $2)', [reset, 'another good password']),
      ),
    ).rejects.toMatchObject({ code: 'CB011' });
    expect(await signedIn(database, 'moved@verify.test')).toMatchObject({
      user_id: grant.user_id,
      refusal: null,
    });
    expect(elsewhere.user_id).toBe(grant.user_id);
  });

  test('goes to the address asked for last', async () => {
    const { user_id: userId, ...rest } = await signedUp(database, 'fickle@verify.test');
    const fickle = { user_id: userId, ...rest };
    await requestChange(fickle, 'first-wish@verify.test');
    const first = await linkFor(database, 'email_change', 'first-wish@verify.test', userId);
    await requestChange(fickle, 'second-wish@verify.test');
    await expect(verify(first)).rejects.toMatchObject({ code: 'CB011' });
    const second = await linkFor(database, 'email_change', 'second-wish@verify.test', userId);
    expect(await verify(second)).toEqual({ email: 'second-wish@verify.test' });
  });

  test('to an address that another account has sends nothing, and does not say so', async () => {
    const mover = await signedUp(database, 'mover@verify.test');
    await signedUp(database, 'taken@verify.test');
    expect(await requestChange(mover, 'taken@verify.test')).toEqual({ answer: {} });
    expect(await linkFor(database, 'email_change', 'taken@verify.test', mover.user_id)).toBe(
      undefined,
    );
  });

  test('to one that another account got in the meantime is refused', async () => {
    const mover = await signedUp(database, 'slow@verify.test');
    await requestChange(mover, 'race@verify.test');
    const token = await linkFor(database, 'email_change', 'race@verify.test', mover.user_id);
    await signedUp(database, 'race@verify.test');
    await expect(verify(token)).rejects.toMatchObject({ code: 'CB005', column: 'token' });
    expect(await userOf(mover.user_id)).toMatchObject({ email: 'slow@verify.test' });
  });
});

onServer('at the same moment', () => {
  test('two who open one link find it served once', async () => {
    const { user_id: userId } = await signedUp(database, 'twice@verify.test');
    const token = await linkFor(database, 'email_verification', 'twice@verify.test', userId);
    const outcomes = await Promise.allSettled([verify(token), verify(token), verify(token)]);
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
  });

  test('of two accounts that move to one address one gets it', async () => {
    const movers = await Promise.all(
      ['one', 'other'].map((name) => signedUp(database, `${name}@verify.test`)),
    );
    const tokens = await Promise.all(
      movers.map(({ user_id: userId }) =>
        linkFor(database, 'email_change', 'wanted@verify.test', userId),
      ),
    );
    const outcomes = await Promise.allSettled(tokens.map(verify));
    expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find((outcome) => outcome.status === 'rejected')).toMatchObject({
      reason: { code: 'CB005' },
    });
  });
});
