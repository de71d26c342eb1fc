import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import WebSocket from 'ws';
import { explorer } from '../../../server/explorer/explorer.ts';
import { pagePolicy } from '../../../server/http/headers.ts';
import { serving, type Serving } from '../../helpers/serving.ts';

const QUERY = { query: '{ __typename }' };

const preflight = (api: Serving, origin: string) =>
  fetch(`${api.url()}/graphql`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    },
  });

/** The HTTP status with which a web socket of a page is refused; 101 when it is opened. */
const opens = (api: Serving, headers: Record<string, string>, path = '/graphql') =>
  new Promise<number>((resolve, reject) => {
    const socket = new WebSocket(
      `${api.url().replace('http', 'ws')}${path}`,
      'graphql-transport-ws',
      {
        headers,
      },
    );
    socket.on('open', () => {
      socket.close();
      resolve(101);
    });
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', reject);
  });

describe('an answer of the API', () => {
  const api = serving('headers', {}, { mount: (app) => app.use(explorer({})) });

  test('lets a browser do nothing with it but read it', async () => {
    const { headers } = await api.post(QUERY);
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none';frame-ancestors 'none'",
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.has('x-powered-by')).toBe(false);
    // Over plain HTTP it would say nothing, and a development machine should not be told to be HTTPS for a year.
    expect(headers.has('strict-transport-security')).toBe(false);
  });

  test('is kept by nobody on the way', async () => {
    expect((await api.post(QUERY)).headers.get('cache-control')).toBe('no-store');
  });

  test.each(['/nothing', '/healthz', '/%', '/graphql?query=x'])(
    'has them at %s too',
    async (path) => {
      const { headers } = await fetch(`${api.url()}${path}`);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toMatch(/default-src/);
    },
  );

  test('that is the explorer runs its own scripts and no others', async () => {
    const response = await fetch(api.url());
    const policy = response.headers.get('content-security-policy') ?? '';
    const scripts = /script-src ([^;]*)/.exec(policy)?.[1] ?? '';
    expect(scripts).toMatch(/^'self'( 'sha256-[\w+/=]+')+$/);
    expect(policy).toContain("object-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("base-uri 'none'");
  });

  test('that is a page names the hash of each inline script, and nothing of those that are files', () => {
    const policy = pagePolicy('<script>one()</script><script src="/two.js"></script>');
    const hash = createHash('sha256').update('one()').digest('base64');
    expect(policy).toContain(`'sha256-${hash}'`);
    expect(policy.match(/sha256-/g)).toHaveLength(1);
  });
});

describe('a server that people reach over HTTPS', () => {
  const api = serving('secure', { PUBLIC_URL: 'https://callboard.test' });

  test('tells browsers never to use anything else', async () => {
    const { headers } = await api.post(QUERY);
    expect(headers.get('strict-transport-security')).toMatch(/max-age=\d{8}/);
  });
});

describe('pages of other origins', () => {
  const api = serving('cors', { CORS_ORIGINS: 'https://app.test,https://admin.test:8443' });

  test('that are listed may call, without credentials, and need not ask again for a while', async () => {
    const answer = await preflight(api, 'https://app.test');
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.test');
    expect(answer.headers.get('access-control-allow-methods')).toContain('POST');
    expect(answer.headers.get('access-control-allow-headers')).toBe('authorization,content-type');
    expect(Number(answer.headers.get('access-control-max-age'))).toBeGreaterThan(600);
    expect(answer.headers.has('access-control-allow-credentials')).toBe(false);
    expect(answer.headers.get('vary')).toMatch(/origin/i);
    const call = await api.post(QUERY, { origin: 'https://admin.test:8443' });
    expect(call.headers.get('access-control-allow-origin')).toBe('https://admin.test:8443');
    expect(call.headers.get('access-control-expose-headers')).toMatch(/x-request-id.*retry-after/i);
  });

  test.each([
    'https://app.test.evil.test',
    'http://app.test',
    'https://app.test:444',
    'https://sub.app.test',
    'null',
    'http://localhost:3000',
  ])('such as %s, which are not listed, may not', async (origin) => {
    expect((await preflight(api, origin)).headers.has('access-control-allow-origin')).toBe(false);
    const call = await api.post(QUERY, { origin });
    expect(call.headers.has('access-control-allow-origin')).toBe(false);
    expect(await opens(api, { origin })).toBe(403);
  });

  test('may read errors, or they could not tell what is wrong', async () => {
    const refused = await api.post(QUERY, {
      origin: 'https://app.test',
      authorization: 'Bearer x',
    });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://app.test');
  });

  test('that are listed may open web sockets, as may the server’s own and programs', async () => {
    const { host } = new URL(api.url());
    const statuses = [];
    for (const headers of [{ origin: 'https://app.test' }, { origin: `http://${host}` }, {}]) {
      statuses.push(await opens(api, headers as Record<string, string>));
    }
    expect(statuses).toEqual([101, 101, 101]);
  });

  test('find no web socket elsewhere', async () => {
    expect(await opens(api, {}, '/other')).toBe(404);
  });
});

describe('CORS_ORIGINS=*', () => {
  const api = serving('open', { CORS_ORIGINS: '*' });

  test('lets every page call', async () => {
    const call = await api.post(QUERY, { origin: 'https://anybody.test' });
    expect(call.headers.get('access-control-allow-origin')).toBe('*');
    expect(await opens(api, { origin: 'https://anybody.test' })).toBe(101);
  });
});

describe('without CORS_ORIGINS', () => {
  const api = serving('local');

  test('pages of this machine may call while it is no production server', async () => {
    const call = await api.post(QUERY, { origin: 'http://localhost:3000' });
    expect(call.headers.get('access-control-allow-origin')).toBe('http://localhost:3000');
    const other = await api.post(QUERY, { origin: 'http://localhost.evil.test' });
    expect(other.headers.has('access-control-allow-origin')).toBe(false);
  });
});
