import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Secret, TOTP } from 'otpauth';
import type { Browser, Page } from 'playwright-core';
import { explorer } from '../../server/explorer/explorer.ts';
import { startServer, type RunningServer } from '../../server/http.ts';
import { readSettings } from '../../server/settings.ts';
import { inBrowser, openBrowser } from '../helpers/chromium.ts';
import { testDatabase } from '../helpers/database.ts';
import { freePort } from '../helpers/free-port.ts';
import { LocalProvider } from '../helpers/provider.ts';

const PASSWORD = 'correct horse battery';

inBrowser('signing in to the explorer in Chromium', () => {
  const database = testDatabase();
  let provider: LocalProvider;
  let server: RunningServer;
  let browser: Browser;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    provider = await LocalProvider.start(() => `${origin}/auth/studio/callback`);
    server = await startServer({
      database,
      settings: readSettings({
        NODE_ENV: 'test',
        PORT: String(port),
        JWT_SECRET: 'a secret for tests, which is long enough',
        ENCRYPTION_KEY: 'ab'.repeat(32),
        ...provider.settings('studio'),
      }),
      mount: (app) => app.use(explorer({})),
    });
    ({ browser, page, problems } = await openBrowser({ width: 1400, height: 900 }));
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await provider?.stop();
  });

  async function ask(query: string, variables: object, token?: string) {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as {
      data: Record<string, Record<string, never>>;
      errors?: unknown;
    };
    expect(errors).toBeUndefined();
    return data;
  }

  /** An account with a second factor; its codes, `away` spans of 30 seconds from now. */
  async function account(email: string): Promise<(away: number) => string> {
    const { signUp } = await ask(
      `mutation ($email: String!) {
        signUp(input: { email: $email, password: "${PASSWORD}", name: "Ada" }) { session { accessToken } }
      }`,
      { email },
    );
    const { accessToken } = signUp?.['session'] as unknown as { accessToken: string };
    const { enrollSecondFactor } = await ask(
      'mutation { enrollSecondFactor(input: {}) { secret } }',
      {},
      accessToken,
    );
    const secret = Secret.fromBase32(String(enrollSecondFactor?.['secret']));
    const code = (away: number) =>
      new TOTP({ secret }).generate({ timestamp: Date.now() + away * 30_000 });
    await ask(
      'mutation ($code: String!) { confirmSecondFactor(input: { code: $code }) { recoveryCodes } }',
      { code: code(-1) },
      accessToken,
    );
    return code;
  }

  const alertOf = async (id: string) => {
    await page.locator(id).getByText(/./).waitFor();
    return page.locator(id).textContent();
  };

  test('asks for the code of the second factor, and says what is wrong with one', async () => {
    const code = await account('ada@explorer.test');
    await page.goto(server.url);
    await page.getByLabel('E-mail').fill('ada@explorer.test');
    await page.getByLabel('Password').fill(PASSWORD);
    await page
      .locator('#sign-in-form')
      .getByRole('button', { name: 'Sign in', exact: true })
      .click();
    await page.getByRole('heading', { name: 'Second factor' }).waitFor();
    await page.getByLabel(/Code of your authenticator/).fill('000 000');
    await page.locator('#code-form').getByRole('button', { name: 'Sign in' }).click();
    expect(await alertOf('#code-error')).toBe('The code is wrong, or has served already.');
    await page.getByLabel(/Code of your authenticator/).fill(code(0));
    await page.locator('#code-form').getByRole('button', { name: 'Sign in' }).click();
    await page.locator('#who').getByText('Ada').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.locator('#who').getByText('Nobody is signed in').waitFor();
    expect(problems).toEqual([]);
  }, 60_000);

  test('goes to the provider and back, and leaves nothing in the address', async () => {
    provider.accounts.set('grace', {
      subject: 'grace',
      email: 'grace@explorer.test',
      emailVerified: true,
      name: 'Grace of Studio',
    });
    await page.getByRole('button', { name: 'Sign in', exact: true }).first().click();
    await page.getByRole('button', { name: 'Sign in with Studio' }).click();
    await page.waitForURL(`${provider.issuer}/**`);
    await page.getByRole('button', { name: 'Grace of Studio' }).click();
    await page.locator('#who').getByText('Grace of Studio').waitFor();
    expect(page.url()).toBe(`${server.url}/`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.locator('#who').getByText('Nobody is signed in').waitFor();
    expect(problems).toEqual([]);
  }, 60_000);

  test('asks for the second factor after the provider too', async () => {
    const code = await account('both@explorer.test');
    await database
      .pool()
      .query(
        "update identity.users set email_verified_at = now() where email = 'both@explorer.test'",
      );
    const both = { subject: 'both', email: 'both@explorer.test', emailVerified: true };
    provider.accounts.set('both', { ...both, name: 'Both of Studio' });
    await page.getByRole('button', { name: 'Sign in', exact: true }).first().click();
    await page.getByRole('button', { name: 'Sign in with Studio' }).click();
    await page.waitForURL(`${provider.issuer}/**`);
    await page.getByRole('button', { name: 'Both of Studio' }).click();
    await page.getByLabel(/Code of your authenticator/).fill(code(0));
    await page.locator('#code-form').getByRole('button', { name: 'Sign in' }).click();
    await page.locator('#who').getByText('Ada').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.locator('#who').getByText('Nobody is signed in').waitFor();
    expect(problems).toEqual([]);
  }, 60_000);

  test('says that the provider let nobody in', async () => {
    await page.getByRole('button', { name: 'Sign in', exact: true }).first().click();
    await page.getByRole('button', { name: 'Sign in with Studio' }).click();
    await page.waitForURL(`${provider.issuer}/**`);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.waitForURL(`${server.url}/**`);
    expect(await alertOf('#sign-in-error')).toBe('The provider did not let you in.');
    expect(page.url()).toBe(`${server.url}/`);
    expect(problems).toEqual([]);
  }, 60_000);
});
