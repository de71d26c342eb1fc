import { createHmac, generateKeyPairSync } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { AccessTokens, type TokenHolder } from '../../../plugins/session/tokens.ts';
import { SECRET, serving } from '../../helpers/serving.ts';
import { Subscription } from '../../helpers/subscription.ts';

const OLD = 'the key before this one for tests long enough';
const NEW = 'the key that signs now for tests long enough';
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PUBLIC = publicKey.export({ type: 'spki', format: 'pem' }) as string;

const GOOD = {
  algorithm: 'HS256',
  keyid: 'new',
  issuer: 'callboard',
  audience: 'callboard-api',
  expiresIn: 60,
} as const;

type Payload = Record<string, unknown>;

const claims = ({ userId, organizationId, sessionId }: TokenHolder): Payload => ({
  sub: userId,
  org: organizationId,
  sid: sessionId,
});
const signed = (payload: Payload, changes: jwt.SignOptions = {}, key: jwt.Secret = NEW) =>
  jwt.sign(payload, key, { ...GOOD, ...changes });

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** A token with a header that the library would not make, signed all the same. */
function handMade(header: Payload, payload: Payload, key: string | null = NEW): string {
  const now = Math.floor(Date.now() / 1000);
  const all = { iat: now, exp: now + 60, iss: 'callboard', aud: 'callboard-api', ...payload };
  const body = `${part({ alg: 'HS256', typ: 'JWT', ...header })}.${part(all)}`;
  const hash = header['alg'] === 'HS512' ? 'sha512' : 'sha256';
  return `${body}.${key === null ? '' : createHmac(hash, key).update(body).digest('base64url')}`;
}

const past = () => Math.floor(Date.now() / 1000) - 60;
const future = () => Math.floor(Date.now() / 1000) + 600;

/** Everything that is no token of ours, by what is wrong with it. */
const FORGERIES: readonly [string, (holder: TokenHolder) => string][] = [
  ['no signature', (h) => handMade({ kid: 'new', alg: 'none' }, claims(h), null)],
  ['no signature, in capitals', (h) => handMade({ kid: 'new', alg: 'NoNe' }, claims(h), null)],
  ['algorithm "none", but signed', (h) => handMade({ kid: 'new', alg: 'none' }, claims(h))],
  ['an empty signature', (h) => `${signed(claims(h)).split('.').slice(0, 2).join('.')}.`],
  [
    'a key of somebody else',
    (h) => signed(claims(h), {}, 'somebody else’s key, which is long enough'),
  ],
  ['the old key under the name of the new one', (h) => signed(claims(h), {}, OLD)],
  ['the new key under the name of the old one', (h) => signed(claims(h), { keyid: 'old' })],
  ['an empty key', (h) => handMade({ kid: 'new' }, claims(h), '')],
  ['another audience', (h) => signed(claims(h), { audience: 'another-api' })],
  ['a list of audiences', (h) => signed(claims(h), { audience: ['callboard-api', 'another'] })],
  ['no audience', (h) => handMade({ kid: 'new' }, { ...claims(h), aud: undefined })],
  ['another issuer', (h) => signed(claims(h), { issuer: 'somebody' })],
  ['no issuer', (h) => handMade({ kid: 'new' }, { ...claims(h), iss: undefined })],
  ['a time that is over', (h) => handMade({ kid: 'new' }, { ...claims(h), exp: past() })],
  ['a time that has not come', (h) => handMade({ kid: 'new' }, { ...claims(h), nbf: future() })],
  ['no end', (h) => handMade({ kid: 'new' }, { ...claims(h), exp: undefined })],
  ['an end that is a text', (h) => handMade({ kid: 'new' }, { ...claims(h), exp: '9999999999' })],
  [
    'an end that is no number',
    (h) => handMade({ kid: 'new' }, { ...claims(h), exp: [9999999999] }),
  ],
  ['an end beyond time', (h) => handMade({ kid: 'new' }, { ...claims(h), exp: 1e300 })],
  ['a longer HMAC', (h) => signed(claims(h), { algorithm: 'HS512' })],
  ['RS256', (h) => signed(claims(h), { algorithm: 'RS256' }, privateKey)],
  ['a public key as the secret of an HMAC', (h) => handMade({ kid: 'new' }, claims(h), PUBLIC)],
  ['no key named', (h) => handMade({}, claims(h))],
  ['a key that there is not', (h) => signed(claims(h), { keyid: 'other' })],
  ['a key that is a path', (h) => signed(claims(h), { keyid: '../../../../dev/null' }, '\0')],
  [
    'a key that is SQL',
    (h) => signed(claims(h), { keyid: "' union select 'x' --" }, 'x'.repeat(32)),
  ],
  ['a key of every object', (h) => handMade({ kid: '__proto__' }, claims(h), '')],
  ['a key that is a list', (h) => handMade({ kid: ['new'] }, claims(h))],
  [
    'a key that comes along',
    (h) => handMade({ kid: 'new', jwk: { kty: 'oct', k: 'eA' } }, claims(h), 'x'),
  ],
  ['demands that nobody knows', (h) => handMade({ kid: 'new', crit: ['x'], x: 1 }, claims(h))],
  ['a user that is no id', (h) => signed({ ...claims(h), sub: 'admin' })],
  ['a user that is a list', (h) => handMade({ kid: 'new' }, { ...claims(h), sub: [h.userId] })],
  ['no user', (h) => handMade({ kid: 'new' }, { ...claims(h), sub: undefined })],
  ['no session', (h) => handMade({ kid: 'new' }, { ...claims(h), sid: undefined })],
  ['an organization that is SQL', (h) => signed({ ...claims(h), org: "x' or true --" })],
  ['an organization that is null', (h) => signed({ ...claims(h), org: null })],
  ['claims that are a list', () => `${part({ alg: 'HS256', kid: 'new' })}.${part(['sub'])}.x`],
  ['claims that are a text', () => jwt.sign('text', NEW, { algorithm: 'HS256', keyid: 'new' })],
  ['its last letter changed', (h) => changedAtEnd(signed(claims(h)))],
  ['its end missing', (h) => signed(claims(h)).slice(0, -6)],
  ['other claims under the same signature', (h) => swapped(signed(claims(h)))],
  ['two dots only', () => '..'],
  ['one dot', () => 'a.b'],
  ['four parts', (h) => `${signed(claims(h))}.x`],
  ['no form', () => 'nonsense'],
  ['a header that is no JSON', () => `${Buffer.from('{').toString('base64url')}.e30.x`],
  ['a header that is null', () => `${part(null)}.e30.x`],
  ['far too much', (h) => signed({ ...claims(h), more: 'x'.repeat(5_000) })],
];

function changedAtEnd(token: string): string {
  const at = token.length - 3;
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
}

function swapped(token: string): string {
  const [header, payload = '', signature] = token.split('.');
  const changed = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Payload;
  return `${header}.${part({ ...changed, sub: '00000000-0000-7000-8000-000000000009' })}.${signature}`;
}

describe('a token that is not ours', () => {
  const api = serving('forged', {
    JWT_SECRET: SECRET,
    JWT_KEYS: `new:${NEW},old:${OLD}`,
    RATE_LIMIT_ANONYMOUS_PER_MINUTE: '0',
  });
  const query = '{ me { name } }';
  const ask = (authorization: string) => api.post({ query }, { authorization });

  test.each(FORGERIES)('over HTTP: with %s is 401, never anonymous', async (_what, forge) => {
    const response = await ask(`Bearer ${forge(api.session())}`);
    const answer = (await response.json()) as { data?: unknown; errors: { extensions: Payload }[] };
    expect([
      response.status,
      answer.data,
      answer.errors.map(({ extensions }) => extensions['code']),
    ]).toEqual([401, undefined, ['UNAUTHENTICATED']]);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/);
  });

  test('over a web socket is refused too, whatever is wrong with it', async () => {
    const codes: unknown[] = [];
    for (const [what, forge] of FORGERIES) {
      const authorization = `Bearer ${forge(api.session())}`;
      const operation = new Subscription(api.url(), { authorization }, query);
      const message = await operation.next();
      operation.close();
      const [error] =
        message?.type === 'error' ? (message.payload as { extensions: Payload }[]) : [];
      codes.push([what, error?.extensions['code']]);
    }
    expect(codes).toEqual(FORGERIES.map(([what]) => [what, 'UNAUTHENTICATED']));
  });

  test.each([
    ['nothing', ''],
    ['no token', 'Bearer'],
    ['an empty token', 'Bearer '],
    ['two tokens', 'Bearer a.b.c a.b.c'],
    ['another scheme', 'Basic dXNlcjpwYXNz'],
    ['no scheme', 'a.b.c'],
    ['a list', 'Bearer a.b.c, Bearer a.b.c'],
  ])('as an authorization of %s is 401', async (_what, authorization) => {
    expect((await ask(authorization)).status).toBe(401);
  });

  test('beside a good one is 401: there may be one authorization', async () => {
    const good = `Bearer ${api.token()}`;
    const status = (headers: string[]) =>
      new Promise((resolve, reject) => {
        const request = httpRequest(`${api.url()}/graphql`, {
          method: 'POST',
          // As a list, names may come twice.
          headers: [
            'Host',
            new URL(api.url()).host,
            'Content-Type',
            'application/json',
            ...headers,
          ],
        });
        request.on('response', (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        request.on('error', reject);
        request.end(JSON.stringify({ query }));
      });
    expect(await status(['Authorization', good])).toBe(200);
    expect(await status(['Authorization', good, 'authorization', 'Bearer x'])).toBe(401);
    expect(await status(['Authorization', good, 'Authorization', good])).toBe(401);
    const twice = new Subscription(api.url(), { Authorization: good, authorization: good }, query);
    expect(await twice.next()).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
    twice.close();
  });

  test.each([
    ['the key that signs', (h: TokenHolder) => signed(claims(h))],
    ['an old key', (h: TokenHolder) => signed(claims(h), { keyid: 'old' }, OLD)],
    ['the key without a name', (h: TokenHolder) => signed(claims(h), { keyid: 'main' }, SECRET)],
  ])('is not one of %s: that is let in', async (_what, make) => {
    const response = await ask(`Bearer ${make(api.session())}`);
    expect(await response.json()).toEqual({ data: { me: { name: 'Owner of Forged' } } });
  });

  test('is not the one that a sign-in makes: that names the first key', async () => {
    const { rows } = await api.database
      .pool()
      .query<{ email: string }>('select email from identity.users where id = $1', [
        api.session().userId,
      ]);
    expect(rows).toHaveLength(1);
    const issuing = new AccessTokens(
      [
        { kid: 'new', secret: NEW },
        { kid: 'old', secret: OLD },
      ],
      15,
    );
    const { token } = issuing.issue(api.session());
    expect(jwt.decode(token, { complete: true })?.header).toMatchObject({
      kid: 'new',
      alg: 'HS256',
    });
    expect((await ask(`Bearer ${token}`)).status).toBe(200);
  });
});

describe('a web socket', () => {
  const api = serving('socket');

  test('refuses the next operation once its token has run out', async () => {
    const token = jwt.sign(claims(api.session()), SECRET, { ...GOOD, keyid: 'main', expiresIn: 2 });
    const socket = new Subscription(
      api.url(),
      { authorization: `Bearer ${token}` },
      '{ me { name } }',
    );
    expect(await socket.next()).toMatchObject({ type: 'next' });
    expect(await socket.next()).toMatchObject({ type: 'complete' });
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    socket.ask('{ me { name } }');
    expect(await socket.next()).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
    socket.close();
  });
  test('refuses the next operation once its session has ended', async () => {
    const socket = new Subscription(
      api.url(),
      { authorization: `Bearer ${api.token()}` },
      '{ projects { totalCount } }',
    );
    expect(await socket.next()).toMatchObject({ type: 'next' });
    expect(await socket.next()).toMatchObject({ type: 'complete' });
    const answer = await api.post(
      { query: 'mutation { signOut { signedOut } }' },
      { authorization: `Bearer ${api.token()}` },
    );
    expect(await answer.json()).toMatchObject({ data: { signOut: { signedOut: true } } });
    socket.ask('{ projects { totalCount } }');
    const message = await socket.next();
    socket.close();
    expect(JSON.stringify(message)).toContain('UNAUTHENTICATED');
  });
});
