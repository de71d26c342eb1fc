import { describe, expect, test } from '@jest/globals';
import { AccessTokens } from '../../plugins/session/tokens.ts';
import { ANONYMOUS, type Caller } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { dataOf, errorOf, testApi, type Answer, type Within } from '../helpers/graphql.ts';
import { PASSWORD } from '../identity/accounts.ts';

const database = testDatabase();
const tokens = new AccessTokens('a secret for tests, which is long enough', 15);
const api = testApi(database, { tokens });

/** Somebody at a desk; hashing costs as little as it can. */
const DESK: Caller = {
  client: { address: '203.0.113.7', userAgent: 'Desk/1.0', passwordCost: 4 },
};
const EMAIL = 'ada@accounts.test';
const SIGN_UP = `mutation ($email: String!, $organization: String) {
  signUp(input: { email: $email, password: "${PASSWORD}", name: "Ada", organizationName: $organization }) {
    session { accessToken refreshToken }
  }
}`;
const SIGN_IN = `mutation ($email: String!, $password: String!) {
  signIn(input: { email: $email, password: $password, device: { name: "Phone" } }) {
    session { accessToken refreshToken }
  }
}`;
const SESSIONS = '{ sessions { rowId device address userAgent isCurrent createdAt } }';

function callerOf(accessToken: string): Caller {
  const { userId, organizationId, sessionId } = tokens.verify(accessToken);
  return { ...DESK, userId, sessionId, ...(organizationId ? { organizationId } : {}) };
}

async function signUp(ask: Within['ask'], email = EMAIL, organization: string | null = null) {
  const { session } = dataOf(await ask(DESK, SIGN_UP, { email, organization })).signUp;
  return callerOf(session.accessToken);
}
async function signIn(ask: Within['ask'], password = PASSWORD) {
  return ask(DESK, SIGN_IN, { email: EMAIL, password });
}
const extensionsOf = ({ errors }: Answer) => errors?.[0]?.extensions;
/** The token of a link that the worker would send. */
async function link({ client }: Within, purpose: string, email: string, userId?: string) {
  const { rows } = await client.query<{ token: string }>(
    'select token from identity.issue_one_time_token($1, $2, $3)',
    [purpose, email, userId ?? null],
  );
  return rows[0]?.token;
}

describe('signing in', () => {
  test('too often with a wrong password says how many seconds to wait, and records it all', () =>
    api.within(async ({ ask, client }) => {
      await signUp(ask);
      for (let index = 0; index < 5; index += 1) {
        expect(errorOf(await signIn(ask, 'wrong')).code).toBe('INVALID_CREDENTIALS');
      }
      const answer = await signIn(ask);
      expect(answer.data).toEqual({ signIn: null });
      expect(extensionsOf(answer)).toEqual({
        code: 'TOO_MANY_ATTEMPTS',
        hint: expect.any(String),
        retryAfter: expect.any(Number),
      });
      const { rows } = await client.query(
        'select count(*)::int as n, min(host(address)) as address, min(user_agent) as program from security.failed_login_attempts',
      );
      expect(rows).toEqual([{ n: 5, address: '203.0.113.7', program: 'Desk/1.0' }]);
    }));

  test('takes no address from the client', () =>
    api.within(async ({ ask }) => {
      const answer = await ask(
        DESK,
        `mutation { signIn(input: { email: "a@b.test", password: "x", address: "1.2.3.4" }) { session { accessToken } } }`,
      );
      expect(errorOf(answer).code).toBe('GRAPHQL_VALIDATION_FAILED');
    }));

  test.each([
    ['email', { email: 'a\u0000@b.test', password: 'x' }],
    ['password', { email: 'a@b.test', password: 'x\u0000' }],
  ])('with U+0000 in the %s is an error that says so', async (_field, variables) => {
    const answer = await api.ask(DESK, SIGN_IN, variables);
    expect(errorOf(answer).code).toBe('INVALID_INPUT');
    expect(answer.errors?.[0]?.message).toContain('U+0000');
    expect(api.unexpected).toEqual([]);
  });

  test.each([['"phone"'], ['[1]'], ['3'], [`{ name: "${'x'.repeat(3000)}" }`]])(
    'on a device described by %p is refused',
    async (device) => {
      const answer = await api.within(async ({ ask }) => {
        await signUp(ask);
        return ask(
          DESK,
          `mutation { signIn(input: { email: "${EMAIL}", password: "${PASSWORD}", device: ${device} }) { session { accessToken } } }`,
        );
      });
      expect(errorOf(answer)).toEqual({ code: 'INVALID_INPUT', field: 'device' });
    },
  );

  test('hashes anew when the server’s cost has changed', () =>
    api.within(async ({ ask, client }) => {
      const { userId } = await signUp(ask);
      const dear: Caller = { client: { passwordCost: 5 } };
      dataOf(await ask(dear, SIGN_IN, { email: EMAIL, password: PASSWORD }));
      const { rows } = await client.query(
        'select identity.cost_of(password_hash) as cost from identity.credentials where user_id = $1',
        [userId],
      );
      expect(rows).toEqual([{ cost: 5 }]);
    }));
});

test('a session lasts no longer than the server says', () =>
  api.within(async ({ ask }) => {
    await signUp(ask);
    const brief: Caller = { client: { passwordCost: 4, sessionDays: 3 } };
    const { session } = dataOf(
      await ask(
        brief,
        `mutation { signIn(input: { email: "${EMAIL}", password: "${PASSWORD}" }) { session { refreshTokenExpiresAt } } }`,
      ),
    ).signIn;
    const days = (Date.parse(session.refreshTokenExpiresAt) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(3);
  }));

describe('a refresh token that comes a second time, late', () => {
  test('is refused and ends the session for good', () =>
    api.within(async ({ ask, client }) => {
      await signUp(ask);
      const { session } = dataOf(await signIn(ask)).signIn;
      const refresh = `mutation ($token: String!) {
        refreshSession(input: { refreshToken: $token }) { session { refreshToken } }
      }`;
      const next = dataOf(await ask(DESK, refresh, { token: session.refreshToken })).refreshSession;
      await client.query(
        "update identity.refresh_tokens set used_at = used_at - interval '11 seconds'",
      );
      for (const token of [session.refreshToken, next.session.refreshToken]) {
        expect(errorOf(await ask(DESK, refresh, { token }))).toEqual({
          code: 'INVALID_CREDENTIALS',
          field: 'refreshToken',
        });
      }
      const { rows } = await client.query(
        "select event_type, host(address) as address from security.security_events where severity = 'critical'",
      );
      expect(rows).toEqual([{ event_type: 'refresh_token_reused', address: '203.0.113.7' }]);
    }));
});

describe('sessions', () => {
  test('are listed and revoked', () =>
    api.within(async ({ ask }) => {
      const caller = await signUp(ask);
      const phone = callerOf(dataOf(await signIn(ask)).signIn.session.accessToken);
      const { sessions } = dataOf(await ask(caller, SESSIONS));
      expect(sessions).toEqual([
        {
          rowId: phone.sessionId,
          device: { name: 'Phone' },
          address: '203.0.113.7',
          userAgent: 'Desk/1.0',
          isCurrent: false,
          createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        },
        expect.objectContaining({ rowId: caller.sessionId, device: {}, isCurrent: true }),
      ]);
      const revoke = 'mutation ($id: UUID!) { revokeSession(input: { rowId: $id }) { revoked } }';
      expect(dataOf(await ask(caller, revoke, { id: phone.sessionId }))).toEqual({
        revokeSession: { revoked: true },
      });
      expect(errorOf(await ask(caller, revoke, { id: phone.sessionId }))).toEqual({
        code: 'NOT_FOUND_OR_FORBIDDEN',
        field: 'rowId',
      });
      expect(dataOf(await ask(caller, '{ sessions { isCurrent } }')).sessions).toEqual([
        { isCurrent: true },
      ]);
    }));

  test('are nobody’s without one', async () => {
    expect(dataOf(await api.ask(ANONYMOUS, SESSIONS))).toEqual({ sessions: [] });
  });

  test('end everywhere, with or without this one', () =>
    api.within(async ({ ask }) => {
      const caller = await signUp(ask);
      await signIn(ask);
      await signIn(ask);
      const others =
        'mutation { signOutEverywhere(input: { keepCurrent: true }) { sessionsEnded } }';
      expect(dataOf(await ask(caller, others)).signOutEverywhere).toEqual({ sessionsEnded: 2 });
      const all = 'mutation { signOutEverywhere { sessionsEnded } }';
      expect(dataOf(await ask(caller, all)).signOutEverywhere).toEqual({ sessionsEnded: 1 });
      expect(errorOf(await ask(caller, all)).code).toBe('UNAUTHENTICATED');
    }));
});

describe('an e-mail address', () => {
  const VERIFY = 'mutation ($token: String!) { verifyEmail(input: { token: $token }) { email } }';

  test('is confirmed by its link', () =>
    api.within(async (within) => {
      const { ask } = within;
      const caller = await signUp(ask);
      const verified = async () =>
        dataOf(await ask(caller, '{ me { emailVerified } }')).me.emailVerified;
      expect(await verified()).toBe(false);
      const request = 'mutation { requestEmailVerification { requested } }';
      expect(dataOf(await ask(caller, request)).requestEmailVerification.requested).toBe(true);
      const token = await link(within, 'email_verification', EMAIL, caller.userId);
      expect(dataOf(await ask(ANONYMOUS, VERIFY, { token }))).toEqual({
        verifyEmail: { email: EMAIL },
      });
      expect(await verified()).toBe(true);
      expect(errorOf(await ask(ANONYMOUS, VERIFY, { token }))).toEqual({
        code: 'LINK_INVALID',
        field: 'token',
      });
      expect(dataOf(await ask(caller, request)).requestEmailVerification.requested).toBe(false);
    }));

  test('changes when the new one is confirmed', () =>
    api.within(async (within) => {
      const { ask } = within;
      const caller = await signUp(ask);
      const change = `mutation ($password: String, $email: String!) {
        requestEmailChange(input: { newEmail: $email, password: $password }) { requested }
      }`;
      const email = 'new@accounts.test';
      expect(errorOf(await ask(caller, change, { email, password: 'wrong' }))).toEqual({
        code: 'INVALID_CREDENTIALS',
        field: 'password',
      });
      expect(errorOf(await ask(caller, change, { email })).code).toBe('REAUTHENTICATION_REQUIRED');
      expect(errorOf(await ask(caller, change, { email: 'nonsense', password: PASSWORD }))).toEqual(
        { code: 'INVALID_INPUT', field: 'newEmail' },
      );
      dataOf(await ask(caller, change, { email, password: PASSWORD }));
      const token = await link(within, 'email_change', email, caller.userId);
      dataOf(await ask(ANONYMOUS, VERIFY, { token }));
      expect(dataOf(await ask(caller, '{ me { email emailVerified } }')).me).toEqual({
        email,
        emailVerified: true,
      });
    }));
});

describe('a password', () => {
  test('is reset by its link, whoever asks', () =>
    api.within(async (within) => {
      const { ask } = within;
      const caller = await signUp(ask);
      const request =
        'mutation ($email: String!) { requestPasswordReset(input: { email: $email }) { requested } }';
      for (const email of [EMAIL, 'nobody@accounts.test']) {
        expect(await ask(ANONYMOUS, request, { email })).toEqual({
          data: { requestPasswordReset: { requested: true } },
        });
      }
      const token = await link(within, 'password_reset', EMAIL);
      const reset = `mutation ($token: String!, $password: String!) {
        resetPassword(input: { token: $token, password: $password }) { sessionsEnded }
      }`;
      expect(errorOf(await ask(DESK, reset, { token, password: 'password123' }))).toEqual({
        code: 'INVALID_INPUT',
        field: 'password',
      });
      const password = 'another good password';
      expect(dataOf(await ask(DESK, reset, { token, password })).resetPassword).toEqual({
        sessionsEnded: 1,
      });
      expect(errorOf(await signIn(ask)).code).toBe('INVALID_CREDENTIALS');
      dataOf(await signIn(ask, password));
      expect(errorOf(await ask(caller, SESSIONS)).code).toBe('UNAUTHENTICATED');
    }));

  test('is changed by who knows it', () =>
    api.within(async ({ ask }) => {
      const caller = await signUp(ask);
      await signIn(ask);
      const change = `mutation ($from: String!, $to: String!) {
        changePassword(input: { currentPassword: $from, newPassword: $to }) { sessionsEnded }
      }`;
      const to = 'another good password';
      expect(errorOf(await ask(caller, change, { from: 'wrong', to }))).toEqual({
        code: 'INVALID_CREDENTIALS',
        field: 'currentPassword',
      });
      expect(errorOf(await ask(caller, change, { from: PASSWORD, to: 'short' }))).toEqual({
        code: 'INVALID_INPUT',
        field: 'newPassword',
      });
      expect(dataOf(await ask(caller, change, { from: PASSWORD, to })).changePassword).toEqual({
        sessionsEnded: 1,
      });
      expect(errorOf(await ask(ANONYMOUS, change, { from: to, to: PASSWORD })).code).toBe(
        'UNAUTHENTICATED',
      );
    }));
});

describe('an account', () => {
  const DELETE =
    'mutation ($password: String) { deleteMyAccount(input: { password: $password }) { deleted } }';

  test('ends, and its colleagues see that somebody was there', () =>
    api.within(async ({ ask, client }) => {
      const caller = await signUp(ask);
      expect(errorOf(await ask(caller, DELETE, { password: 'wrong' }))).toEqual({
        code: 'INVALID_CREDENTIALS',
        field: 'password',
      });
      expect(dataOf(await ask(caller, DELETE, { password: PASSWORD }))).toEqual({
        deleteMyAccount: { deleted: true },
      });
      expect(errorOf(await signIn(ask)).code).toBe('INVALID_CREDENTIALS');
      const { rows } = await client.query('select name from identity.users where id = $1', [
        caller.userId,
      ]);
      expect(rows).toEqual([{ name: 'Deleted user' }]);
    }));

  test('of an only owner does not, and the answer names the organization', () =>
    api.within(async ({ ask }) => {
      const caller = await signUp(ask, EMAIL, 'Ada Films');
      const answer = await ask(caller, DELETE, { password: PASSWORD });
      expect(errorOf(answer).code).toBe('LAST_OWNER');
      expect(answer.errors?.[0]?.message).toContain('Ada Films');
      expect(dataOf(await ask(caller, '{ me { name } }')).me).toEqual({ name: 'Ada' });
    }));
});
