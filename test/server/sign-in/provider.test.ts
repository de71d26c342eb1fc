import { describe, expect, test } from '@jest/globals';
import { Browser } from '../../helpers/browser.ts';
import { testDatabase } from '../../helpers/database.ts';
import { codeOf, EXCHANGE, Journeys, pkce } from './journeys.ts';

const database = testDatabase();
const journeys = new Journeys(database);

const exchangeWith = (input: object) => journeys.ask(EXCHANGE, { input });

describe('the list of providers', () => {
  test('is for everybody, and has no secrets', async () => {
    const answer = await journeys.ask(
      '{ oauthProviders { nodes { key name signInPath scopes } } }',
      {},
    );
    expect(answer.data.oauthProviders.nodes).toEqual([
      {
        key: 'studio',
        name: 'Studio',
        signInPath: '/auth/studio',
        scopes: ['openid', 'email', 'profile', 'offline_access'],
      },
    ]);
  });

  test('is asked as often as the rest, and no more often', async () => {
    const response = await new Browser().visit(`${journeys.origin}/auth/studio`);
    expect(response.headers.get('ratelimit')).toMatch(/^"address";r=\d+;t=\d+$/);
  });

  test('knows no other provider', async () => {
    const response = await new Browser().visit(`${journeys.origin}/auth/elsewhere`);
    expect(response.status).toBe(404);
  });
});

describe('signing in with a provider', () => {
  test('makes an account for whoever is new, and knows them when they come again', async () => {
    const first = await journeys.exchange('ada');
    expect(first.errors).toBeUndefined();
    expect(first.data.exchangeSignInCode).toMatchObject({
      session: { accessToken: expect.any(String) as unknown, organizationId: null },
      challenge: null,
      me: { email: 'ada@studio.test', name: 'ada of Studio' },
    });
    // The provider's address changes; the account is known by its subject.
    journeys.provider.accounts.set('ada', {
      subject: 'ada',
      email: 'new@studio.test',
      emailVerified: false,
    });
    const again = await journeys.exchange('ada');
    expect(again.data.exchangeSignInCode.me).toEqual(first.data.exchangeSignInCode.me);
  });

  test('goes back to the page it came from, with nothing but a code', async () => {
    const browser = new Browser();
    const address = await journeys.travel('ada', '?return_to=/projects%3Ftab%3D1', browser);
    expect(address.href).toMatch(
      /^http:\/\/front\.test\/projects\?tab=1&sign_in_code=[0-9a-f]{64}$/,
    );
    expect(browser.cookieNames(journeys.origin)).toEqual([]);
  });

  test('a code serves once', async () => {
    const code = (await journeys.travel('ada')).searchParams.get('sign_in_code');
    expect((await exchangeWith({ code })).errors).toBeUndefined();
    expect(codeOf(await exchangeWith({ code }))).toBe('SIGN_IN_EXPIRED');
  });

  test('a code is late after a minute', async () => {
    const code = (await journeys.travel('ada')).searchParams.get('sign_in_code');
    await database
      .pool()
      .query("update identity.provider_sign_ins set expires_at = now() - interval '1 second'");
    expect(codeOf(await exchangeWith({ code }))).toBe('SIGN_IN_EXPIRED');
  });

  test('a code that was asked for with a challenge serves only whoever has the verifier', async () => {
    const { codeVerifier, challenge } = pkce();
    const query = `?code_challenge=${challenge}`;
    const stolen = (await journeys.travel('ada', query)).searchParams.get('sign_in_code');
    expect(codeOf(await exchangeWith({ code: stolen }))).toBe('SIGN_IN_EXPIRED');
    // And is void then, since somebody else has it.
    expect(codeOf(await exchangeWith({ code: stolen, codeVerifier }))).toBe('SIGN_IN_EXPIRED');
    const own = (await journeys.travel('ada', query)).searchParams.get('sign_in_code');
    expect((await exchangeWith({ code: own, codeVerifier })).errors).toBeUndefined();
    // A code that somebody else began without one is not taken by who has one.
    const planted = (await journeys.travel('ada')).searchParams.get('sign_in_code');
    expect(codeOf(await exchangeWith({ code: planted, codeVerifier }))).toBe('SIGN_IN_EXPIRED');
  });

  test('keeps the tokens of the provider, encrypted', async () => {
    await journeys.exchange('ada');
    const { rows } = await database.pool().query(
      `select t.access_token_encrypted, t.refresh_token_encrypted, t.scopes, t.expires_at > now() as is_fresh
         from identity.oauth_tokens t
         join identity.linked_accounts l on l.id = t.linked_account_id
        where l.subject = 'ada'`,
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      access_token_encrypted: expect.any(Buffer) as unknown,
      refresh_token_encrypted: expect.any(Buffer) as unknown,
      scopes: expect.arrayContaining(['offline_access']) as unknown,
      is_fresh: true,
    });
  });
});

describe('a callback', () => {
  test('is refused with the state of another browser', async () => {
    const victim = new Browser();
    const attacker = new Browser();
    const page = await journeys.leave(attacker);
    const callback = await journeys.signInThere(attacker, page, 'ada');
    await journeys.leave(victim);
    const response = await victim.visit(callback);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('SIGN_IN_EXPIRED');
    // The attacker's own journey still stands: nobody else can end it.
    expect((await attacker.visit(callback)).status).toBe(303);
  });

  test.each([
    ['no state', (url: URL) => url.searchParams.delete('state')],
    ['another state', (url: URL) => url.searchParams.set('state', 'A'.repeat(43))],
    [
      'a state that is the same at its beginning',
      (url: URL) =>
        url.searchParams.set('state', `${url.searchParams.get('state')?.slice(0, 10)}xxxxx`),
    ],
  ])('with %s is refused', async (_what, change) => {
    const browser = new Browser();
    const callback = new URL(
      await journeys.signInThere(browser, await journeys.leave(browser), 'ada'),
    );
    change(callback);
    const response = await browser.visit(callback.href, {
      headers: { accept: 'application/json' },
    });
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { errors: [{ extensions: { code: 'SIGN_IN_EXPIRED' } }] },
    ]);
  });

  test('serves once, also for a browser that kept its cookie', async () => {
    const browser = new Browser();
    const callback = await journeys.signInThere(browser, await journeys.leave(browser), 'ada');
    const copy = browser.copy();
    expect((await browser.visit(callback)).status).toBe(303);
    expect((await copy.visit(callback)).status).toBe(400);
  });

  test('of another provider is refused', async () => {
    const browser = new Browser();
    const callback = await journeys.signInThere(browser, await journeys.leave(browser), 'ada');
    await database.pool().query(
      `insert into identity.oauth_providers (key, name, issuer, client_id)
       values ('other', 'Other', 'https://other.test', 'x') on conflict do nothing`,
    );
    expect((await browser.visit(callback.replace('/studio/', '/other/'))).status).toBe(404);
  });

  test('with an ID token for another nonce is refused', async () => {
    const browser = new Browser();
    const there = await browser.visit(`${journeys.origin}/auth/studio`);
    const address = new URL(there.headers.get('location') ?? '');
    address.searchParams.set('nonce', 'somebody else’s');
    const { address: page } = await browser.follow(address.href, journeys.isProvider);
    const response = await browser.visit(await journeys.signInThere(browser, page, 'ada'));
    expect(response.status).toBe(502);
    expect(await response.text()).toContain('PROVIDER_FAILED');
    expect(journeys.reported).toHaveLength(1);
  });

  test('with the code of another journey is refused', async () => {
    const mine = new Browser();
    const theirs = new Browser();
    const callback = new URL(await journeys.signInThere(mine, await journeys.leave(mine), 'ada'));
    const other = new URL(
      await journeys.signInThere(theirs, await journeys.leave(theirs), 'unverified'),
    );
    callback.searchParams.set('code', other.searchParams.get('code') ?? '');
    const response = await mine.visit(callback.href);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('SIGN_IN_EXPIRED');
  });

  test('of somebody who said no tells the front end', async () => {
    const address = await journeys.travel('', '?return_to=/welcome');
    expect(address.href).toBe('http://front.test/welcome?sign_in_error=PROVIDER_REFUSED');
  });
});

describe('an account that is there already', () => {
  async function signUp(email: string, verified: boolean): Promise<string> {
    const { rows } = await database.pool().query<{ id: string }>(
      `insert into identity.users (email, name, email_verified_at)
       values ($1, 'Somebody', case when $2 then now() end) returning id`,
      [email, verified],
    );
    return rows[0]?.id ?? '';
  }

  test('is linked when both sides have verified the address', async () => {
    const id = await signUp('both@studio.test', true);
    const account = { subject: 'both', email: 'Both@Studio.test', emailVerified: true };
    journeys.provider.accounts.set('both', account);
    expect((await journeys.exchange('both')).data.exchangeSignInCode.me).toMatchObject({
      userId: id,
    });
  });

  test('is not linked when the provider has not', async () => {
    await signUp('unverified@studio.test', true);
    const answer = await journeys.exchange('unverified');
    expect(codeOf(answer)).toBe('ACCOUNT_NOT_LINKED');
    expect(answer.data.exchangeSignInCode).toBeNull();
  });

  test('is not linked when we have not', async () => {
    await signUp('ours@studio.test', false);
    journeys.provider.accounts.set('ours', {
      subject: 'ours',
      email: 'ours@studio.test',
      emailVerified: true,
    });
    expect(codeOf(await journeys.exchange('ours'))).toBe('ACCOUNT_NOT_LINKED');
    const { rows } = await database
      .pool()
      .query("select from identity.linked_accounts where subject = 'ours'");
    expect(rows).toHaveLength(0);
  });

  test('is not made out of an address that is not verified, or is none', async () => {
    journeys.provider.accounts.set('fresh', {
      subject: 'fresh',
      email: 'fresh@x.test',
      emailVerified: false,
    });
    journeys.provider.accounts.set('nameless', { subject: 'nameless' });
    expect(codeOf(await journeys.exchange('fresh'))).toBe('ACCOUNT_NOT_LINKED');
    expect(codeOf(await journeys.exchange('nameless'))).toBe('ACCOUNT_NOT_LINKED');
  });

  test('does not come in when it is switched off', async () => {
    const off = { subject: 'off', email: 'off@studio.test', emailVerified: true };
    journeys.provider.accounts.set('off', off);
    expect((await journeys.exchange('off')).errors).toBeUndefined();
    await database
      .pool()
      .query("update identity.users set is_active = false where email = 'off@studio.test'");
    expect(codeOf(await journeys.exchange('off'))).toBe('FORBIDDEN');
  });
});

describe('a return address', () => {
  test.each([
    'https://evil.test',
    '//evil.test',
    '/\\evil.test',
    '/\t/evil.test',
    '\\\\evil.test',
    'javascript:alert(1)',
    'evil.test',
    `/${'x'.repeat(2000)}`,
  ])('outside of the front end is refused: %j', async (address) => {
    const response = await new Browser().visit(
      `${journeys.origin}/auth/studio?return_to=${encodeURIComponent(address)}`,
    );
    expect(response.status).toBe(400);
    expect(response.headers.get('location')).toBeNull();
  });

  test('given twice is refused', async () => {
    const response = await new Browser().visit(
      `${journeys.origin}/auth/studio?return_to=/a&return_to=/b`,
    );
    expect(response.status).toBe(400);
  });
});

describe('a provider in trouble', () => {
  test('that is down while somebody comes back is said so', async () => {
    const browser = new Browser();
    const callback = await journeys.signInThere(browser, await journeys.leave(browser), 'ada');
    journeys.provider.trouble = (request) => {
      request.socket.destroy();
      return true;
    };
    const response = await browser.visit(callback);
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('Studio does not answer. Try again later.');
    expect(journeys.reported).toHaveLength(1);
  });

  test.each([
    ['an error of its own', 503, 500, 'text/html', '<h1>Oops</h1>', 'PROVIDER_UNAVAILABLE'],
    ['nonsense', 502, 200, 'application/json', '{"access_token": 1', 'PROVIDER_FAILED'],
    ['another kind of content', 502, 200, 'text/html', '<h1>Hello</h1>', 'PROVIDER_FAILED'],
    [
      'its refusal of us',
      502,
      401,
      'application/json',
      '{"error": "invalid_client"}',
      'PROVIDER_FAILED',
    ],
  ])('that answers with %s is said so (%i)', async (_what, status, theirs, type, body, code) => {
    const browser = new Browser();
    const callback = await journeys.signInThere(browser, await journeys.leave(browser), 'ada');
    journeys.provider.trouble = (request, response) => {
      if (request.url !== '/token') return false;
      response.writeHead(theirs, { 'content-type': type }).end(body);
      return true;
    };
    const response = await browser.visit(callback, { headers: { accept: 'application/json' } });
    expect([response.status, await response.json()]).toMatchObject([
      status,
      { errors: [{ extensions: { code } }] },
    ]);
  });
});
