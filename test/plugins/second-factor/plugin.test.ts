import { describe, expect, test } from '@jest/globals';
import { ANONYMOUS } from '../../helpers/callers.ts';
import { testDatabase } from '../../helpers/database.ts';
import { dataOf, errorOf, testApi } from '../../helpers/graphql.ts';
import { cheapPasswords } from '../../identity/accounts.ts';
import {
  authenticator,
  challenge,
  COMPLETE,
  CONFIRM,
  DISABLE,
  ENROLL,
  enrolled,
  holderOf,
  OPTIONS,
  PASSWORD,
  REGENERATE,
  SIGN_IN,
  SIGN_UP,
  STATUS,
} from './factor.ts';

const database = testDatabase();
cheapPasswords(database);
const api = testApi(database, OPTIONS);
const EMAIL = 'ada@factor.test';

describe('setting up a second factor', () => {
  test('changes nothing before a code of it has come', () =>
    api.within(async ({ ask }) => {
      const { session } = dataOf(await ask(ANONYMOUS, SIGN_UP, { email: EMAIL })).signUp;
      const caller = holderOf(session.accessToken);
      const { uri, secret } = dataOf(await ask(caller, ENROLL)).enrollSecondFactor;
      expect(uri).toContain(`secret=${secret}`);
      expect(uri).toContain(encodeURIComponent(EMAIL));
      expect(dataOf(await ask(caller, STATUS)).me.secondFactor).toEqual({
        isEnabled: false,
        confirmedAt: null,
        recoveryCodesLeft: 0,
      });
      const signedIn = dataOf(await ask(ANONYMOUS, SIGN_IN, { email: EMAIL, password: PASSWORD }));
      expect(signedIn.signIn).toMatchObject({ challenge: null, me: { email: EMAIL } });
    }));

  test('ends with ten recovery codes, and keeps neither them nor the secret', () =>
    api.within(async ({ ask, client }) => {
      const { session } = dataOf(await ask(ANONYMOUS, SIGN_UP, { email: EMAIL })).signUp;
      const caller = holderOf(session.accessToken);
      const { secret } = dataOf(await ask(caller, ENROLL)).enrollSecondFactor;
      const code = authenticator(secret)(0);
      const { recoveryCodes, me } = dataOf(
        await ask(caller, CONFIRM, { code }),
      ).confirmSecondFactor;
      expect(me.secondFactor).toEqual({ isEnabled: true, recoveryCodesLeft: 10 });
      expect(new Set(recoveryCodes).size).toBe(10);
      for (const each of recoveryCodes)
        expect(each).toMatch(/^([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/);
      const { rows } = await client.query<{ kept: string }>(
        `select (select jsonb_agg(to_jsonb(f)) from identity.second_factors f)::text
                  || (select jsonb_agg(to_jsonb(c)) from identity.recovery_codes c)::text as kept`,
      );
      expect(rows[0]?.kept).not.toContain(Buffer.from(secret).toString('hex'));
      for (const each of recoveryCodes) {
        expect(rows[0]?.kept).not.toContain(Buffer.from(each).toString('hex'));
      }
    }));

  test('can be begun anew, and then only the new secret counts', () =>
    api.within(async ({ ask }) => {
      const { session } = dataOf(await ask(ANONYMOUS, SIGN_UP, { email: EMAIL })).signUp;
      const caller = holderOf(session.accessToken);
      const first = dataOf(await ask(caller, ENROLL)).enrollSecondFactor.secret;
      const second = dataOf(await ask(caller, ENROLL)).enrollSecondFactor.secret;
      const late = await ask(caller, CONFIRM, { code: authenticator(first)(0) });
      expect(errorOf(late)).toEqual({ code: 'SECOND_FACTOR_INVALID', field: 'code' });
      dataOf(await ask(caller, CONFIRM, { code: authenticator(second)(0) }));
    }));

  test('takes the password when the sign-in was long ago', () =>
    api.within(async ({ ask, client }) => {
      const { session } = dataOf(await ask(ANONYMOUS, SIGN_UP, { email: EMAIL })).signUp;
      const caller = holderOf(session.accessToken);
      await client.query(
        "update identity.session_families set created_at = now() - interval '11 minutes'",
      );
      expect(errorOf(await ask(caller, ENROLL))).toEqual({
        code: 'REAUTHENTICATION_REQUIRED',
        field: 'password',
      });
      expect(errorOf(await ask(caller, ENROLL, { password: 'wrong' }))).toEqual({
        code: 'INVALID_CREDENTIALS',
        field: 'password',
      });
      dataOf(await ask(caller, ENROLL, { password: PASSWORD }));
    }));

  test('takes a code within a quarter of an hour', () =>
    api.within(async ({ ask, client }) => {
      const { session } = dataOf(await ask(ANONYMOUS, SIGN_UP, { email: EMAIL })).signUp;
      const caller = holderOf(session.accessToken);
      expect(errorOf(await ask(caller, CONFIRM, { code: '000000' })).code).toBe(
        'INVALID_TRANSITION',
      );
      const { secret } = dataOf(await ask(caller, ENROLL)).enrollSecondFactor;
      await client.query(
        "update identity.second_factors set created_at = now() - interval '16 minutes'",
      );
      const late = await ask(caller, CONFIRM, { code: authenticator(secret)(0) });
      expect(errorOf(late).code).toBe('INVALID_TRANSITION');
    }));

  test('is refused while one is on', () =>
    api.within(async (within) => {
      const { caller, code } = await enrolled(within, EMAIL);
      expect(errorOf(await within.ask(caller, ENROLL)).code).toBe('CONFLICT');
      const again = await within.ask(caller, CONFIRM, { code: code(0) });
      expect(errorOf(again).code).toBe('INVALID_TRANSITION');
    }));

  test('signs out all other devices', () =>
    api.within(async (within) => {
      const { ask, client } = within;
      const { session } = dataOf(await ask(ANONYMOUS, SIGN_UP, { email: EMAIL })).signUp;
      dataOf(await ask(ANONYMOUS, SIGN_IN, { email: EMAIL, password: PASSWORD }));
      const caller = holderOf(session.accessToken);
      const { secret } = dataOf(await ask(caller, ENROLL)).enrollSecondFactor;
      dataOf(await ask(caller, CONFIRM, { code: authenticator(secret)(0) }));
      const { rows } = await client.query(
        'select id = $1 as own, revoked_reason from identity.session_families where user_id = $2 order by own',
        [caller.sessionId, caller.userId],
      );
      expect(rows).toEqual([
        { own: false, revoked_reason: 'second_factor_changed' },
        { own: true, revoked_reason: null },
      ]);
    }));

  test.each([
    ['enrollSecondFactor', ENROLL, {}],
    ['confirmSecondFactor', CONFIRM, { code: '000000' }],
    ['disableSecondFactor', DISABLE, { code: '000000', password: 'x' }],
    ['regenerateRecoveryCodes', REGENERATE, { code: '000000' }],
  ])('%s takes a session', async (_name, mutation, variables) => {
    expect(errorOf(await api.ask(ANONYMOUS, mutation, variables)).code).toBe('UNAUTHENTICATED');
  });
});

describe('signing in with a second factor', () => {
  test('takes a code after the password, and gives no session before', () =>
    api.within(async (within) => {
      const { code } = await enrolled(within, EMAIL);
      const first = dataOf(
        await within.ask(ANONYMOUS, SIGN_IN, { email: EMAIL, password: PASSWORD }),
      ).signIn;
      expect(first).toEqual({
        session: null,
        me: null,
        challenge: {
          token: expect.stringMatching(/^[0-9a-f]{64}$/),
          expiresAt: expect.any(String),
        },
      });
      const second = dataOf(
        await within.ask(ANONYMOUS, COMPLETE, { challenge: first.challenge.token, code: code(0) }),
      ).completeSignIn;
      expect(second).toMatchObject({ challenge: null, me: { email: EMAIL } });
      const caller = holderOf(second.session.accessToken);
      expect(dataOf(await within.ask(caller, STATUS)).me.secondFactor.isEnabled).toBe(true);
    }));

  test('tells the user by mail that a recovery code was used', () =>
    api.within(async (within) => {
      const { recoveryCodes } = await enrolled(within, EMAIL);
      const token = await challenge(within, EMAIL);
      dataOf(await within.ask(ANONYMOUS, COMPLETE, { challenge: token, code: recoveryCodes[0] }));
      const { rows } = await within.client.query<{ change: string }>(
        `select j.payload -> 'variables' ->> 'change' as change
           from graphile_worker._private_jobs j
          where j.payload ->> 'template' = 'sign_in_changed' and j.payload ->> 'to' = $1
          order by j.id`,
        [EMAIL],
      );
      expect(rows.map(({ change }) => change)).toEqual([
        'Signing in takes a code of your authenticator app now.',
        'A recovery code was used in place of your authenticator app; 9 are left.',
      ]);
    }));

  test('a challenge from before the password changed is worth nothing', () =>
    api.within(async (within) => {
      const { caller, code } = await enrolled(within, EMAIL);
      const token = await challenge(within, EMAIL);
      await within.client.query("select identity.set_password($1, 'another horse battery')", [
        caller.userId,
      ]);
      const late = await within.ask(ANONYMOUS, COMPLETE, { challenge: token, code: code(0) });
      expect(errorOf(late).code).toBe('SIGN_IN_EXPIRED');
    }));

  test('takes a recovery code once, however it is typed', () =>
    api.within(async (within) => {
      const { recoveryCodes, caller } = await enrolled(within, EMAIL);
      const typed = ` ${String(recoveryCodes[3]).toUpperCase().replaceAll('-', ' ').replaceAll('0', 'O')}`;
      const complete = async () =>
        within.ask(ANONYMOUS, COMPLETE, { challenge: await challenge(within, EMAIL), code: typed });
      expect(dataOf(await complete()).completeSignIn.me.email).toBe(EMAIL);
      expect(dataOf(await within.ask(caller, STATUS)).me.secondFactor.recoveryCodesLeft).toBe(9);
      expect(errorOf(await complete())).toEqual({ code: 'SECOND_FACTOR_INVALID', field: 'code' });
    }));

  test('takes a code once, and none from before it', () =>
    api.within(async (within) => {
      const { code } = await enrolled(within, EMAIL);
      const now = code(0);
      const complete = async (typed: string) =>
        within.ask(ANONYMOUS, COMPLETE, { challenge: await challenge(within, EMAIL), code: typed });
      dataOf(await complete(now));
      expect(errorOf(await complete(now)).code).toBe('SECOND_FACTOR_INVALID');
      expect(errorOf(await complete(code(-1))).code).toBe('SECOND_FACTOR_INVALID');
      dataOf(await complete(code(1)));
    }));

  test('a challenge serves once, for five tries and five minutes', () =>
    api.within(async (within) => {
      const { code, recoveryCodes } = await enrolled(within, EMAIL);
      const { ask, client } = within;
      const used = await challenge(within, EMAIL);
      dataOf(await ask(ANONYMOUS, COMPLETE, { challenge: used, code: code(0) }));
      const again = await ask(ANONYMOUS, COMPLETE, { challenge: used, code: recoveryCodes[0] });
      expect(errorOf(again)).toEqual({ code: 'SIGN_IN_EXPIRED', field: 'challenge' });

      const late = await challenge(within, EMAIL);
      await client.query(
        "update identity.sign_in_challenges set expires_at = now() - interval '1 second'",
      );
      const afterwards = await ask(ANONYMOUS, COMPLETE, {
        challenge: late,
        code: recoveryCodes[0],
      });
      expect(errorOf(afterwards).code).toBe('SIGN_IN_EXPIRED');

      const tired = await challenge(within, EMAIL);
      for (let attempt = 0; attempt < 5; attempt += 1) {
        await client.query('delete from security.failed_login_attempts');
        const wrong = await ask(ANONYMOUS, COMPLETE, { challenge: tired, code: '000000' });
        expect(errorOf(wrong).code).toBe('SECOND_FACTOR_INVALID');
      }
      await client.query('delete from security.failed_login_attempts');
      const sixth = await ask(ANONYMOUS, COMPLETE, { challenge: tired, code: recoveryCodes[0] });
      expect(errorOf(sixth).code).toBe('SIGN_IN_EXPIRED');
    }));

  test('slows down whoever guesses, over all sign-ins of the account', () =>
    api.within(async (within) => {
      const { code } = await enrolled(within, EMAIL);
      const { ask, client } = within;
      const complete = async (typed: string) =>
        ask(ANONYMOUS, COMPLETE, { challenge: await challenge(within, EMAIL), code: typed });
      for (let attempt = 0; attempt < 5; attempt += 1) {
        expect(errorOf(await complete('000000')).code).toBe('SECOND_FACTOR_INVALID');
      }
      const waiting = await challenge(within, EMAIL);
      const refused = await ask(ANONYMOUS, COMPLETE, { challenge: waiting, code: code(0) });
      expect(refused.errors?.[0]?.extensions).toMatchObject({
        code: 'TOO_MANY_ATTEMPTS',
        field: 'code',
        retryAfter: expect.any(Number) as unknown,
      });
      // Neither the code nor a try of the challenge is spent, and the password was right all the time.
      const { rows } = await client.query(
        'select tries_left from identity.sign_in_challenges order by id desc limit 1',
      );
      expect(rows).toEqual([{ tries_left: 5 }]);
      await client.query(
        "update security.failed_login_attempts set attempted_at = attempted_at - interval '1 hour'",
      );
      dataOf(await ask(ANONYMOUS, COMPLETE, { challenge: waiting, code: code(0) }));
      const left = await client.query(
        'select from security.failed_login_attempts where cleared_at is null',
      );
      expect(left.rowCount).toBe(0);
    }));

  test.each(['', 'nonsense', 'x'.repeat(100_000)])(
    'a challenge that is none is refused',
    async (none) => {
      const answer = await api.ask(ANONYMOUS, COMPLETE, { challenge: none, code: '000000' });
      expect(errorOf(answer).code).toBe('SIGN_IN_EXPIRED');
    },
  );

  test('a challenge is of no use to somebody whose account is switched off meanwhile', () =>
    api.within(async (within) => {
      const { code } = await enrolled(within, EMAIL);
      const token = await challenge(within, EMAIL);
      await within.client.query('update identity.users set is_active = false where email = $1', [
        EMAIL,
      ]);
      const answer = await within.ask(ANONYMOUS, COMPLETE, { challenge: token, code: code(0) });
      expect(errorOf(answer).code).toBe('SIGN_IN_EXPIRED');
    }));

  test('a secret that was copied from another user lets nobody in', () =>
    api.within(async (within) => {
      const mallory = await enrolled(within, 'mallory@factor.test');
      await enrolled(within, EMAIL);
      await within.client.query(
        `update identity.second_factors f
            set secret_encrypted = m.secret_encrypted
           from identity.second_factors m
          where m.user_id = $1 and f.user_id = (select id from identity.users where email = $2)`,
        [mallory.caller.userId, EMAIL],
      );
      const token = await challenge(within, EMAIL);
      const answer = await within.ask(ANONYMOUS, COMPLETE, {
        challenge: token,
        code: mallory.code(0),
      });
      expect(errorOf(answer).code).toBe('INTERNAL_ERROR');
    }));

  test('a wrong password says nothing about it', () =>
    api.within(async (within) => {
      await enrolled(within, EMAIL);
      const answer = await within.ask(ANONYMOUS, SIGN_IN, { email: EMAIL, password: 'wrong' });
      expect(errorOf(answer).code).toBe('INVALID_CREDENTIALS');
    }));
});

describe('an account with a second factor', () => {
  test('switches it off with a code and the password', () =>
    api.within(async (within) => {
      const { ask } = within;
      const { caller, code, recoveryCodes } = await enrolled(within, EMAIL);
      const off = (variables: object) => ask(caller, DISABLE, { ...variables });
      expect(errorOf(await off({ code: code(0) })).code).toBe('REAUTHENTICATION_REQUIRED');
      expect(errorOf(await off({ code: code(0), password: 'wrong' })).code).toBe(
        'INVALID_CREDENTIALS',
      );
      expect(errorOf(await off({ code: '000000', password: PASSWORD })).code).toBe(
        'SECOND_FACTOR_INVALID',
      );
      const done = dataOf(await off({ code: recoveryCodes[0], password: PASSWORD }));
      expect(done.disableSecondFactor.me.secondFactor.isEnabled).toBe(false);
      expect(errorOf(await off({ code: code(0), password: PASSWORD })).code).toBe(
        'INVALID_TRANSITION',
      );
      const signedIn = dataOf(await ask(ANONYMOUS, SIGN_IN, { email: EMAIL, password: PASSWORD }));
      expect(signedIn.signIn.challenge).toBeNull();
    }));

  test('makes new recovery codes, which void the old ones', () =>
    api.within(async (within) => {
      const { caller, code, recoveryCodes } = await enrolled(within, EMAIL);
      const made = dataOf(await within.ask(caller, REGENERATE, { code: code(0) }));
      const fresh = made.regenerateRecoveryCodes.recoveryCodes as string[];
      expect(fresh).toHaveLength(10);
      const complete = async (typed: string | undefined) =>
        within.ask(ANONYMOUS, COMPLETE, { challenge: await challenge(within, EMAIL), code: typed });
      expect(errorOf(await complete(recoveryCodes[0])).code).toBe('SECOND_FACTOR_INVALID');
      dataOf(await complete(fresh[0]));
    }));
});
