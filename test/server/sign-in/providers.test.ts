import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readSettings, SettingsError } from '../../../server/settings.ts';
import { ProviderError, Providers } from '../../../server/sign-in/providers.ts';
import { journeyOf, newJourneySecret } from '../../../server/sign-in/state.ts';
import { freePort } from '../../helpers/free-port.ts';

const BASE = {
  OIDC_PROVIDERS: 'studio',
  OIDC_STUDIO_ISSUER: 'https://id.studio.test',
  OIDC_STUDIO_CLIENT_ID: 'callboard',
};
const CALLBACK = 'https://callboard.test/auth/studio/callback';

describe('settings of providers', () => {
  test('have defaults', () => {
    expect(readSettings({ OIDC_PROVIDERS: '' }).providers).toEqual([]);
    expect(readSettings(BASE).providers).toEqual([
      {
        key: 'studio',
        name: 'Studio',
        issuer: 'https://id.studio.test',
        clientId: 'callboard',
        clientSecret: undefined,
        scopes: ['openid', 'email', 'profile'],
        parameters: {},
        trustsEmail: false,
        endpoints: undefined,
      },
    ]);
  });

  test('are read for each', () => {
    const { providers } = readSettings({
      ...BASE,
      OIDC_PROVIDERS: 'studio, github',
      OIDC_STUDIO_PARAMETERS: 'access_type=offline&prompt=consent',
      OIDC_STUDIO_TRUST_EMAIL: 'on',
      OIDC_STUDIO_NAME: 'The Studio',
      OIDC_GITHUB_ISSUER: 'https://github.com',
      OIDC_GITHUB_CLIENT_ID: 'x',
      OIDC_GITHUB_SCOPES: 'read:user,user:email',
      OIDC_GITHUB_AUTHORIZATION_URL: 'https://github.com/login/oauth/authorize',
      OIDC_GITHUB_TOKEN_URL: 'https://github.com/login/oauth/access_token',
      OIDC_GITHUB_USERINFO_URL: 'https://api.github.com/user',
    });
    expect(providers).toMatchObject([
      {
        name: 'The Studio',
        parameters: { access_type: 'offline', prompt: 'consent' },
        trustsEmail: true,
      },
      {
        key: 'github',
        scopes: ['read:user', 'user:email'],
        endpoints: { userinfo: 'https://api.github.com/user' },
      },
    ]);
  });

  test.each([
    ['OIDC_PROVIDERS', { OIDC_PROVIDERS: 'Studio!' }],
    ['OIDC_PROVIDERS', { OIDC_PROVIDERS: 'studio,studio' }],
    ['OIDC_STUDIO_ISSUER', { OIDC_STUDIO_ISSUER: '' }],
    ['OIDC_STUDIO_ISSUER', { OIDC_STUDIO_ISSUER: 'http://id.studio.test' }],
    ['OIDC_STUDIO_ISSUER', { OIDC_STUDIO_ISSUER: 'studio' }],
    ['OIDC_STUDIO_CLIENT_ID', { OIDC_STUDIO_CLIENT_ID: ' ' }],
    ['OIDC_STUDIO_SCOPES', { OIDC_STUDIO_SCOPES: 'email' }],
    ['OIDC_STUDIO_PARAMETERS', { OIDC_STUDIO_PARAMETERS: 'redirect_uri=https://evil.test' }],
    ['OIDC_STUDIO_TRUST_EMAIL', { OIDC_STUDIO_TRUST_EMAIL: 'perhaps' }],
    ['OIDC_STUDIO_AUTHORIZATION_URL', { OIDC_STUDIO_TOKEN_URL: 'https://id.studio.test/token' }],
  ])('refuse a wrong %s in one line that names it', (name, environment) => {
    const read = () => readSettings({ ...BASE, ...environment });
    expect(read).toThrow(SettingsError);
    expect(read).toThrow(new RegExp(`^${name}[^\\n]*$`));
  });
});

describe('a provider that cannot be discovered', () => {
  const providersAt = (issuer: string) => {
    const { providers } = readSettings({ ...BASE, OIDC_STUDIO_ISSUER: issuer });
    return { providers: new Providers(providers), settings: providers[0]! };
  };
  const failure = async (issuer: string) => {
    const { providers, settings } = providersAt(issuer);
    const secrets = journeyOf(newJourneySecret());
    return providers.addressFor(settings, secrets, CALLBACK).then(
      () => undefined,
      (error: unknown) => error,
    );
  };

  test('because nobody is there is unavailable, and asked again the next time', async () => {
    const port = await freePort();
    const issuer = `http://127.0.0.1:${port}`;
    expect(await failure(issuer)).toMatchObject({
      name: 'ProviderError',
      code: 'PROVIDER_UNAVAILABLE',
      message: 'Studio does not answer. Try again later.',
    });
    const { providers, settings } = providersAt(issuer);
    const secrets = journeyOf(newJourneySecret());
    await expect(providers.addressFor(settings, secrets, CALLBACK)).rejects.toThrow(ProviderError);
    const server = createServer((_request, response) => {
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ issuer, authorization_endpoint: `${issuer}/authorize` }));
    }).listen(port, '127.0.0.1');
    try {
      const address = await providers.addressFor(settings, secrets, CALLBACK);
      expect(address.href).toMatch(`${issuer}/authorize?`);
    } finally {
      server.close();
    }
  });

  test('because it says that it is another has failed', async () => {
    const server = createServer((_request, response) => {
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ issuer: 'https://other.test' }));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    try {
      const { port } = server.address() as AddressInfo;
      expect(await failure(`http://127.0.0.1:${port}`)).toMatchObject({ code: 'PROVIDER_FAILED' });
    } finally {
      server.close();
    }
  });
});

describe('a provider of plain OAuth 2', () => {
  let server: Server;
  let issuer: string;
  /** What the token endpoint was last asked with. */
  let asked: URLSearchParams;
  let userinfo: object;

  beforeAll(async () => {
    server = createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      if (request.url === '/user') {
        const isAllowed = request.headers.authorization === 'Bearer the access token';
        response.writeHead(isAllowed ? 200 : 401).end(JSON.stringify(userinfo));
        return;
      }
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        asked = new URLSearchParams(body);
        response.end(
          JSON.stringify({ access_token: 'the access token', token_type: 'bearer', scope: 'a,b' }),
        );
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
  });

  const answer = async () => {
    const { providers: all } = readSettings({
      ...BASE,
      OIDC_STUDIO_ISSUER: issuer,
      OIDC_STUDIO_CLIENT_SECRET: 'hush',
      OIDC_STUDIO_AUTHORIZATION_URL: `${issuer}/authorize`,
      OIDC_STUDIO_TOKEN_URL: `${issuer}/token`,
      OIDC_STUDIO_USERINFO_URL: `${issuer}/user`,
    });
    const providers = new Providers(all);
    const secrets = journeyOf(newJourneySecret());
    const there = await providers.addressFor(all[0]!, secrets, CALLBACK);
    expect(there.searchParams.get('nonce')).toBeNull();
    expect(there.searchParams.get('code_challenge_method')).toBe('S256');
    const back = new URL(CALLBACK);
    back.search = new URLSearchParams({ code: 'the code', state: secrets.state }).toString();
    const given = await providers.answerAt(all[0]!, back, secrets);
    expect(asked.get('code_verifier')).toBe(secrets.codeVerifier);
    expect(asked.get('redirect_uri')).toBe(CALLBACK);
    return given;
  };

  test('is known by the user info, and its address by the provider’s word alone', async () => {
    userinfo = { id: 4711, login: 'ada', email: 'ada@studio.test', name: null };
    expect(await answer()).toMatchObject({
      issuer,
      subject: '4711',
      email: 'ada@studio.test',
      emailVerified: false,
      name: 'ada',
      tokens: { accessToken: 'the access token', scopes: ['a', 'b'], expiresAt: undefined },
    });
  });

  test('that names nobody has failed', async () => {
    userinfo = { email: 'ada@studio.test' };
    await expect(answer()).rejects.toMatchObject({ code: 'PROVIDER_FAILED' });
  });
});
