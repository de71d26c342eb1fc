import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect } from '@jest/globals';
import type { Database } from '../../../db/connect.ts';
import type { Unexpected } from '../../../plugins/errors/mask.ts';
import { startServer, type RunningServer } from '../../../server/http.ts';
import { readSettings } from '../../../server/settings.ts';
import { Browser } from '../../helpers/browser.ts';
import { freePort } from '../../helpers/free-port.ts';
import { LocalProvider } from '../../helpers/provider.ts';

export const EXCHANGE = `mutation ($input: ExchangeSignInCodeInput!) {
  exchangeSignInCode(input: $input) {
    session { accessToken organizationId }
    challenge { token }
    me { userId email name }
  }
}`;

/** An answer of the API. */
export type Answer = {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into whatever they asked for
  readonly data?: any;
  readonly errors?: { message: string; extensions: { code: string; field?: string } }[];
};

/** What a front end keeps to itself, and what it sends. */
export const pkce = () => {
  const codeVerifier = randomBytes(32).toString('base64url');
  return { codeVerifier, challenge: createHash('sha256').update(codeVerifier).digest('base64url') };
};

export const codeOf = ({ errors }: Answer) => errors?.[0]?.extensions.code;

/** The key that the server encrypts with, in hexadecimal. */
export const KEY = 'ab'.repeat(32);

/** A server and a local provider that know each other, both over HTTP. */
export class Journeys {
  readonly #database: Database;
  /** What the server reported, in this test. */
  readonly reported: Unexpected[] = [];
  provider!: LocalProvider;
  server!: RunningServer;
  origin = '';

  constructor(database: Database) {
    this.#database = database;
    beforeAll(() => this.#start());
    afterAll(async () => {
      await this.server.close();
      await this.provider.stop();
    });
    beforeEach(() => {
      this.provider.trouble = undefined;
      this.reported.length = 0;
      this.person('ada', 'ada@studio.test', true);
      this.person('unverified', 'unverified@studio.test', false);
    });
  }

  async #start(): Promise<void> {
    const port = await freePort();
    this.origin = `http://127.0.0.1:${port}`;
    this.provider = await LocalProvider.start(() => `${this.origin}/auth/studio/callback`);
    this.server = await startServer({
      database: this.#database,
      settings: readSettings({
        NODE_ENV: 'test',
        PORT: String(port),
        JWT_SECRET: 'a secret for tests, which is long enough',
        ENCRYPTION_KEY: KEY,
        PASSWORD_COST: '4',
        APP_URL: 'http://front.test',
        RATE_LIMIT_ANONYMOUS_PER_MINUTE: '100000',
        ...this.provider.settings('studio'),
      }),
      report: (error) => this.reported.push(error),
    });
  }

  /** Somebody with an account at the provider. */
  person(subject: string, email: string, emailVerified: boolean): void {
    this.provider.accounts.set(subject, {
      subject,
      email,
      emailVerified,
      name: `${subject} of Studio`,
    });
  }

  async ask(query: string, variables: object, token?: string): Promise<Answer> {
    const response = await fetch(`${this.origin}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as Answer;
  }

  readonly isProvider = (url: URL) => url.origin === this.provider.issuer;
  readonly isServer = (url: URL) => url.origin === this.origin;

  /** Sends a browser to the provider, and says where its sign-in page is. */
  async leave(browser: Browser, query = ''): Promise<string> {
    const { address } = await browser.follow(`${this.origin}/auth/studio${query}`, this.isProvider);
    return address;
  }

  /** Signs in at the provider, and says where it sends the browser back to. */
  async signInThere(browser: Browser, page: string, subject: string): Promise<string> {
    const { address } = await browser.follow(`${page}?as=${subject}`, this.isProvider, {
      method: 'POST',
    });
    expect(address).toMatch(`${this.origin}/auth/studio/callback?`);
    return address;
  }

  /** All of it: where the browser ends up in the front end. */
  async travel(subject: string, query = '', browser = new Browser()): Promise<URL> {
    const callback = await this.signInThere(browser, await this.leave(browser, query), subject);
    const { address, response } = await browser.follow(callback, this.isServer);
    expect(response.status).toBe(303);
    return new URL(address);
  }

  /** What a front end gets that exchanges the code. */
  async exchange(subject: string): Promise<Answer> {
    const code = (await this.travel(subject)).searchParams.get('sign_in_code');
    return this.ask(EXCHANGE, { input: { code } });
  }
}
