import { describe, expect, test } from '@jest/globals';
import { serving } from '../../helpers/serving.ts';
import { Subscription } from '../../helpers/subscription.ts';

type Refusal = { errors: { message: string; extensions: Record<string, unknown> }[] };

const signIn = (alias = 'a') =>
  `${alias}: signIn(input: { email: "nobody@nowhere.test", password: "not it" }) { session { accessToken } }`;

describe('limits on requests', () => {
  const api = serving('limited', {
    RATE_LIMIT_PER_MINUTE: '12',
    RATE_LIMIT_ANONYMOUS_PER_MINUTE: '6',
    RATE_LIMIT_SIGN_IN_PER_MINUTE: '3',
    TRUST_PROXY: '1',
    MAX_BATCH: '10',
  });
  const from = (address: string) => ({ 'x-forwarded-for': address });
  const ask = (headers: Record<string, string>) => api.post({ query: '{ me { name } }' }, headers);
  const statuses = async (n: number, headers: (n: number) => Record<string, string>) => {
    const all = [];
    for (let index = 0; index < n; index += 1) all.push((await ask(headers(index))).status);
    return all;
  };
  const times = (n: number, status: number) => Array<number>(n).fill(status);

  test('hold for an address where nobody is signed in', async () => {
    expect(await statuses(8, () => from('192.0.2.1'))).toEqual([
      ...times(6, 200),
      ...times(2, 429),
    ]);
    expect((await ask(from('192.0.2.2'))).status).toBe(200);
  });

  test('are said in every answer, and when to try again in one that refuses', async () => {
    const first = await ask(from('192.0.2.3'));
    expect(first.headers.get('ratelimit-policy')).toBe('"address";q=6;w=60');
    expect(first.headers.get('ratelimit')).toMatch(/^"address";r=5;t=\d+$/);
    expect(first.headers.has('retry-after')).toBe(false);
    await statuses(5, () => from('192.0.2.3'));
    const refused = await ask(from('192.0.2.3'));
    expect(refused.status).toBe(429);
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    const { errors } = (await refused.json()) as Refusal;
    expect(errors).toEqual([
      {
        message: expect.stringMatching(/no more than 6 in 60 seconds/) as unknown,
        extensions: { code: 'RATE_LIMITED', limit: 6, windowSeconds: 60, retryAfter: seconds },
      },
    ]);
  });

  test('hold for a user, wherever the requests come from', async () => {
    const authorization = `Bearer ${api.token()}`;
    const all = await statuses(14, (n) => ({ authorization, ...from(`198.51.100.${n}`) }));
    expect(all).toEqual([...times(12, 200), ...times(2, 429)]);
  });

  test('do not let one be somebody else by a token that is made up', async () => {
    const all = await statuses(8, (n) => ({
      authorization: `Bearer made-up-${n}`,
      ...from('192.0.2.4'),
    }));
    expect(all).toEqual([...times(6, 401), ...times(2, 429)]);
  });

  test('hold for an API key, and one that is made up counts for its address', async () => {
    const { userId, organizationId } = api.session();
    const secret = 'e'.repeat(64);
    await api.database.pool().query(
      `insert into tenancy.api_keys (organization_id, name, prefix, secret_hash, scopes, created_by)
       values ($1, 'Sync', 'cb_live_00000000', sha256(convert_to($2, 'UTF8')), '{projects.read}', $3)`,
      [organizationId, `cb_live_00000000_${secret}`, userId],
    );
    const key = (made: string) => `Bearer cb_live_00000000_${made}`;
    const good = await statuses(14, (n) => ({
      authorization: key(secret),
      ...from(`198.51.101.${n}`),
    }));
    expect(good).toEqual([...times(12, 200), ...times(2, 429)]);
    const made = await statuses(8, (n) => ({
      authorization: key(String(n).repeat(64)),
      ...from('192.0.2.14'),
    }));
    expect(made).toEqual([...times(6, 401), ...times(2, 429)]);
  });

  test('tell whoever comes with a key that there is not, also when the database would not be asked', async () => {
    const { userId, organizationId } = api.session();
    const token = `cb_live_00000001_${'d'.repeat(64)}`;
    await api.database.pool().query(
      `insert into tenancy.api_keys (organization_id, name, prefix, secret_hash, scopes, created_by, revoked_at, revoked_by)
       values ($1, 'Gone', 'cb_live_00000001', sha256(convert_to($2, 'UTF8')), '{projects.read}', $3, now(), $3)`,
      [organizationId, token, userId],
    );
    const response = await api.post(
      { query: '{ __typename }' },
      { authorization: `Bearer ${token}`, ...from('192.0.2.15') },
    );
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });

  test('take a whole IPv6 network for one address', async () => {
    const all = await statuses(8, (n) => from(`2001:db8:1:2:${n}::${n}`));
    expect(all).toEqual([...times(6, 200), ...times(2, 429)]);
    expect((await ask(from('2001:db8:1:3::1'))).status).toBe(200);
  });

  test('do not believe what a client says of its own address', async () => {
    const all = await statuses(8, (n) => from(`203.0.113.${n}, 192.0.2.5`));
    expect(all).toEqual([...times(6, 200), ...times(2, 429)]);
  });

  test('count what is no GraphQL at all', async () => {
    const all = [];
    for (let n = 0; n < 8; n += 1) all.push((await api.post('{', from('192.0.2.6'))).status);
    expect(all.slice(6)).toEqual([429, 429]);
  });

  test('count each operation of a list, and run none of one that is too much', async () => {
    const list = (length: number) => Array(length).fill({ query: '{ __typename }' });
    const first = await api.post(list(4), from('192.0.2.12'));
    expect([first.status, first.headers.get('ratelimit')]).toEqual([
      200,
      expect.stringMatching(/^"address";r=2;/),
    ]);
    expect(await first.json()).toHaveLength(4);
    const second = await api.post(
      [{ query: `mutation { ${signIn()} }` }, ...list(2)],
      from('192.0.2.12'),
    );
    expect([second.status, second.headers.has('retry-after')]).toEqual([429, true]);
    expect(await second.json()).toEqual({
      errors: [
        {
          message: expect.stringMatching(/no more than 6 in 60 seconds/) as unknown,
          extensions: expect.objectContaining({ code: 'RATE_LIMITED', limit: 6 }) as unknown,
        },
      ],
    });
    const authorization = `Bearer ${api.tokens.issue({ ...api.session(), userId: api.cast().guest.userId ?? '' }).token}`;
    expect((await api.post(list(10), { authorization })).status).toBe(200);
    expect((await api.post(list(3), { authorization })).status).toBe(429);
  });

  test('are tighter for attempts to get into an account', async () => {
    const all: unknown[] = [];
    for (let n = 0; n < 5; n += 1) {
      const response = await api.post({ query: `mutation { ${signIn()} }` }, from('192.0.2.7'));
      const { errors } = (await response.json()) as Refusal;
      all.push([
        response.status,
        errors[0]?.extensions['code'],
        response.headers.has('retry-after'),
      ]);
    }
    expect(all).toEqual([
      ...Array<unknown>(3).fill([200, 'INVALID_CREDENTIALS', false]),
      ...Array<unknown>(2).fill([429, 'RATE_LIMITED', true]),
    ]);
  });

  test.each([
    ['under many names', `mutation { ${['a', 'b', 'c', 'd'].map(signIn).join(' ')} }`],
    [
      'in fragments',
      `mutation { ...Two ... on Mutation { ${signIn('c')} ${signIn('d')} } }
       fragment Two on Mutation { ${signIn('a')} ${signIn('b')} }`,
    ],
  ])('count every attempt of one operation, %s, and then run none', async (_how, query) => {
    const address = query.includes('fragment') ? '192.0.2.8' : '192.0.2.9';
    const response = await api.post({ query }, from(address));
    expect(response.status).toBe(429);
    const { data } = (await response.json()) as { data?: unknown };
    expect(data ?? null).toBeNull();
  });

  test('count a sign-in by whoever is signed in as well', async () => {
    const { owner } = api.cast();
    const token = api.tokens.issue({
      ...api.session(),
      userId: api.cast().admin.userId ?? '',
    }).token;
    expect(owner.userId).not.toBe(api.cast().admin.userId);
    const codes = [];
    for (let n = 0; n < 4; n += 1) {
      const response = await api.post(
        { query: `mutation { ${signIn()} }` },
        { authorization: `Bearer ${token}`, ...from('192.0.2.10') },
      );
      codes.push(response.status);
    }
    expect(codes.at(-1)).toBe(429);
  });

  test('do not count questions of browsers, or of those who watch over the server', async () => {
    for (let n = 0; n < 10; n += 1) {
      const preflight = await fetch(`${api.url()}/graphql`, {
        method: 'OPTIONS',
        headers: {
          ...from('192.0.2.11'),
          origin: 'http://localhost:3000',
          'access-control-request-method': 'POST',
        },
      });
      expect(preflight.status).toBe(204);
      expect((await fetch(`${api.url()}/healthz`, { headers: from('192.0.2.11') })).status).toBe(
        200,
      );
    }
    expect((await ask(from('192.0.2.11'))).status).toBe(200);
  });

  test('are said in the log', async () => {
    await api.lines.line({ status: 429 });
    expect(api.lines.lines.find(({ status }) => status === 429)).toMatchObject({
      errors: ['RATE_LIMITED'],
    });
  });

  test('count operations over web sockets', async () => {
    const token = api.tokens.issue({
      ...api.session(),
      userId: api.cast().member.userId ?? '',
    }).token;
    const codes = [];
    for (let n = 0; n < 14; n += 1) {
      const operation = new Subscription(
        api.url(),
        { authorization: `Bearer ${token}` },
        '{ __typename }',
      );
      const message = await operation.next();
      operation.close();
      codes.push(
        message?.type === 'error'
          ? (message.payload as { extensions: { code: string } }[])[0]?.extensions.code
          : message?.type,
      );
    }
    expect(codes.filter((code) => code === 'next')).toHaveLength(12);
    expect(codes.at(-1)).toBe('RATE_LIMITED');
  });
});

describe('without proxies that are trusted', () => {
  const api = serving('direct', { RATE_LIMIT_ANONYMOUS_PER_MINUTE: '3' });

  test('an address that is claimed counts for nothing', async () => {
    const all = [];
    for (let n = 0; n < 5; n += 1) {
      const response = await api.post(
        { query: '{ __typename }' },
        {
          'x-forwarded-for': `192.0.2.${n}`,
          forwarded: `for=192.0.2.${n}`,
          'x-real-ip': `192.0.2.${n}`,
        },
      );
      all.push(response.status);
    }
    expect(all).toEqual([200, 200, 200, 429, 429]);
  });
});

describe('limits of 0', () => {
  const api = serving('unlimited', {
    RATE_LIMIT_PER_MINUTE: '0',
    RATE_LIMIT_ANONYMOUS_PER_MINUTE: '0',
    RATE_LIMIT_SIGN_IN_PER_MINUTE: '0',
  });

  test('are none', async () => {
    const response = await api.post({ query: '{ __typename }' });
    expect(response.status).toBe(200);
    expect(response.headers.has('ratelimit')).toBe(false);
    await api.post({ query: `mutation { ${signIn()} }` });
    const { rows } = await api.database.pool().query('select from security.rate_limits');
    expect(rows).toHaveLength(0);
  });
});
