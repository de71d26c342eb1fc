import { beforeAll, describe, expect, test } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { AccessTokens } from '../../plugins/session/tokens.ts';
import { ANONYMOUS, makeCast, type Caller, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { dataOf, errorOf, testApi } from '../helpers/graphql.ts';

const SECRET = 'a secret for tests, which is long enough';
const SESSION = `session { accessToken accessTokenExpiresAt refreshToken refreshTokenExpiresAt organizationId }`;
const ME = `me { userId name email role permissions user { name } organization { rowId name } organizations { rowId name role } }`;
const SIGN_UP = `mutation ($email: String!, $organization: String) {
  signUp(input: { email: $email, password: "correct horse battery", name: "Ada", organizationName: $organization }) {
    ${SESSION} ${ME}
  }
}`;
const SIGN_IN = `mutation ($email: String!, $password: String!) {
  signIn(input: { email: $email, password: $password }) { ${SESSION} ${ME} }
}`;
const REFRESH = `mutation ($token: String!) { refreshSession(input: { refreshToken: $token }) { ${SESSION} } }`;

describe('sessions', () => {
  const database = testDatabase();
  const tokens = new AccessTokens(SECRET, 15);
  const api = testApi(database, { tokens });
  let cast: Cast;
  beforeAll(async () => {
    cast = await makeCast(database, 'session');
  });

  const holderOf = (accessToken: string): Caller => {
    const { userId, organizationId, sessionId } = tokens.verify(accessToken);
    return { userId, sessionId, ...(organizationId ? { organizationId } : {}) };
  };

  test('begin with an account and its organization, and act in it at once', () =>
    api.within(async ({ ask }) => {
      const variables = { email: 'ada@session.test', organization: 'Ada Films' };
      const { session, me } = dataOf(await ask(ANONYMOUS, SIGN_UP, variables)).signUp;
      expect(me).toMatchObject({
        name: 'Ada',
        email: 'ada@session.test',
        role: 'owner',
        user: { name: 'Ada' },
        organization: { rowId: session.organizationId, name: 'Ada Films' },
        organizations: [{ rowId: session.organizationId, name: 'Ada Films', role: 'owner' }],
      });
      expect(me.permissions).toContain('projects.write');
      const caller = holderOf(session.accessToken);
      expect(caller).toMatchObject({ userId: me.userId, organizationId: session.organizationId });
      expect(dataOf(await ask(caller, `{ ${ME} }`)).me).toEqual(me);
    }));

  test('work without an organization', () =>
    api.within(async ({ ask }) => {
      const { session, me } = dataOf(
        await ask(ANONYMOUS, SIGN_UP, { email: 'solo@session.test' }),
      ).signUp;
      expect(session.organizationId).toBeNull();
      expect(me).toMatchObject({
        role: null,
        permissions: [],
        organization: null,
        organizations: [],
      });
    }));

  test('are opened by e-mail address and password, go on with a new token, and end', () =>
    api.within(async ({ ask }) => {
      await ask(ANONYMOUS, SIGN_UP, { email: 'ada@session.test', organization: 'Ada Films' });
      const password = 'correct horse battery';
      const first = dataOf(
        await ask(ANONYMOUS, SIGN_IN, { email: 'Ada@Session.test', password }),
      ).signIn;
      expect(first.me.name).toBe('Ada');
      const token = first.session.refreshToken;
      const second = dataOf(await ask(ANONYMOUS, REFRESH, { token })).refreshSession;
      expect(second.session.refreshToken).not.toBe(token);
      const caller = holderOf(second.session.accessToken);
      expect(caller.sessionId).toBe(holderOf(first.session.accessToken).sessionId);
      expect(
        dataOf(await ask(caller, 'mutation { signOut { signedOut } }')).signOut.signedOut,
      ).toBe(true);
      const late = await ask(ANONYMOUS, REFRESH, { token: second.session.refreshToken });
      expect(errorOf(late)).toEqual({ code: 'INVALID_CREDENTIALS', field: 'refreshToken' });
    }));

  test('of two people in one operation stay apart', () =>
    api.within(async ({ ask }) => {
      const answer = await ask(
        ANONYMOUS,
        `mutation {
          a: signUp(input: { email: "a@session.test", password: "correct horse battery", name: "A" }) { me { email } }
          b: signUp(input: { email: "b@session.test", password: "correct horse battery", name: "B" }) { me { email } }
        }`,
      );
      expect(dataOf(answer)).toEqual({
        a: { me: { email: 'a@session.test' } },
        b: { me: { email: 'b@session.test' } },
      });
    }));

  test('are switched to another organization of the caller', () =>
    api.within(async ({ ask, client }) => {
      const up = dataOf(
        await ask(ANONYMOUS, SIGN_UP, { email: 'ada@session.test', organization: 'Ada Films' }),
      );
      const caller = holderOf(up.signUp.session.accessToken);
      await client.query(
        `insert into tenancy.organization_members (organization_id, user_id, role_id)
         select organization_id, $2, id from tenancy.roles where organization_id = $1 and key = 'member'`,
        [cast.organizationId, caller.userId],
      );
      const answer = await ask(
        caller,
        `mutation ($id: UUID!) { switchOrganization(input: { organizationId: $id }) { ${SESSION} ${ME} } }`,
        { id: cast.organizationId },
      );
      const { session, me } = dataOf(answer).switchOrganization;
      expect(session.organizationId).toBe(cast.organizationId);
      expect(me).toMatchObject({ role: 'member', organization: { name: 'Session' } });
      expect(me.organizations).toHaveLength(2);
    }));

  test('are nobody’s for a caller without one', async () => {
    expect(dataOf(await api.ask(ANONYMOUS, `{ ${ME} }`))).toEqual({ me: null });
  });

  test('show whoever left no organization any more', async () => {
    expect(
      dataOf(await api.ask(cast.left, '{ me { name role permissions organization { name } } }')).me,
    ).toEqual({
      name: 'Left of Session',
      role: null,
      permissions: [],
      organization: null,
    });
  });
});

describe('an access token', () => {
  const tokens = new AccessTokens(SECRET, 15);
  const holder = {
    userId: '00000000-0000-7000-8000-000000000001',
    organizationId: '00000000-0000-7000-8000-000000000002',
    sessionId: '00000000-0000-7000-8000-000000000003',
  };
  const good = {
    algorithm: 'HS256',
    keyid: 'main',
    issuer: 'callboard',
    audience: 'callboard-api',
  } as const;
  const claims = { sub: holder.userId, sid: holder.sessionId };
  const signed = (changes: jwt.SignOptions, payload: object = claims, secret = SECRET) =>
    jwt.sign(payload, secret, { ...good, expiresIn: 60, ...changes });

  test('says again what it was issued for', () => {
    const { token, expiresAt } = tokens.issue(holder);
    expect(tokens.verify(token)).toEqual({ ...holder, expiresAt });
    expect(tokens.verify(tokens.issue({ ...holder, organizationId: null }).token)).toMatchObject({
      organizationId: null,
    });
    expect(tokens.verify(signed({}))).toMatchObject({ userId: holder.userId });
  });

  test('serves for its minutes and no longer', () => {
    const issued = tokens.issue(holder, new Date(Date.now() - 16 * 60_000));
    expect(() => tokens.verify(issued.token)).toThrow('out of date');
  });

  test.each([
    ['another secret', signed({}, claims, 'another secret, which is long enough')],
    ['another issuer', signed({ issuer: 'somebody' })],
    ['another audience', signed({ audience: 'something' })],
    ['another algorithm', signed({ algorithm: 'HS512' })],
    ['no algorithm', jwt.sign(claims, '', { ...good, algorithm: 'none', expiresIn: 60 })],
    ['no end', jwt.sign(claims, SECRET, good)],
    ['no session', signed({}, { sub: holder.userId })],
    ['a user that is no id', signed({}, { ...claims, sub: 'admin' })],
    ['an organization that is no id', signed({}, { ...claims, org: ['x'] })],
    ['no form', 'nonsense'],
  ])('with %s is refused', (_what, token) => {
    expect(() => tokens.verify(token)).toThrow('The access token is not valid.');
  });
});
