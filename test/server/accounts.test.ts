import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startServer, type RunningServer } from '../../server/http.ts';
import { devMail } from '../../server/dev-mail/dev-mail.ts';
import { readSettings } from '../../server/settings.ts';
import { mailOf } from '../../worker/mail/mail.ts';
import { runWorker, type RunningWorker } from '../../worker/run.ts';
import { onServer, testDatabase } from '../helpers/database.ts';

const settings = readSettings({
  NODE_ENV: 'test',
  PORT: '0',
  JWT_SECRET: 'a secret for tests, which is long enough',
  PASSWORD_COST: '4',
  RATE_LIMIT_SIGN_IN_PER_MINUTE: '0',
});
const PASSWORD = 'correct horse battery';

type Tokens = { readonly accessToken: string; readonly refreshToken: string };
type Answer = {
  readonly status: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into whatever they asked for
  readonly data: any;
  readonly codes: unknown[];
};

describe('an account over HTTP, with its mails', () => {
  let server: RunningServer;
  let worker: RunningWorker;
  // Before the database is closed, which waits for the connections that listen.
  afterAll(async () => {
    await worker.stop();
    await server.close();
  });
  const database = testDatabase();
  beforeAll(async () => {
    server = await startServer({
      database,
      settings,
      mount: (app, url) => app.use('/dev/mail', devMail(database, url)),
    });
    worker = await runWorker(database, { mail: mailOf(settings, database, server.url) });
  });

  async function ask(query: string, token?: string): Promise<Answer> {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Desk/1.0',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      body: JSON.stringify({ query }),
    });
    const { data, errors = [] } = (await response.json()) as {
      data: unknown;
      errors?: { extensions: { code: string } }[];
    };
    return {
      status: response.status,
      data,
      codes: errors.map((error) => error.extensions.code),
    };
  }
  const SESSION = 'session { accessToken refreshToken }';
  const signUp = async (email: string): Promise<Tokens> =>
    (
      await ask(
        `mutation { signUp(input: { email: "${email}", password: "${PASSWORD}", name: "Ada" }) { ${SESSION} } }`,
      )
    ).data.signUp.session;
  const signIn = (email: string, password = PASSWORD) =>
    ask(
      `mutation { signIn(input: { email: "${email}", password: "${password}" }) { ${SESSION} } }`,
    );
  const refresh = (token: string) =>
    ask(`mutation { refreshSession(input: { refreshToken: "${token}" }) { ${SESSION} } }`);

  /** The token in the link of the newest mail with this subject, read from the page that shows it. */
  async function linkIn(subject: string): Promise<string> {
    for (;;) {
      const list = await (await fetch(`${server.url}/dev/mail/`)).text();
      const path = new RegExp(`href="(/dev/mail/[0-9a-f-]{36})">${subject}`).exec(list)?.[1];
      if (path) {
        const mail = await (await fetch(`${server.url}${path}`)).text();
        const token = /[?]token=([0-9a-f]{64})/.exec(mail)?.[1];
        if (!token) throw new Error(`There is no link in ${mail}`);
        return token;
      }
      await pause(50);
    }
  }

  test('begins, is confirmed, loses its password and gets another', async () => {
    const { accessToken } = await signUp('ada@http.test');
    const verify = await linkIn('Confirm your e-mail address');
    expect(
      (await ask(`mutation { verifyEmail(input: { token: "${verify}" }) { email } }`)).data,
    ).toEqual({ verifyEmail: { email: 'ada@http.test' } });
    expect((await ask('{ me { emailVerified } }', accessToken)).data.me.emailVerified).toBe(true);

    await ask('mutation { requestPasswordReset(input: { email: "ada@http.test" }) { requested } }');
    const reset = await linkIn('Choose a new password');
    const { data } = await ask(
      `mutation { resetPassword(input: { token: "${reset}", password: "a pier in the rain" }) { sessionsEnded } }`,
    );
    expect(data).toEqual({ resetPassword: { sessionsEnded: 1 } });
    // Its access token would serve for a quarter of an hour more.
    expect((await ask('{ me { name } }', accessToken)).codes).toEqual(['UNAUTHENTICATED']);
    expect((await signIn('ada@http.test')).codes).toEqual(['INVALID_CREDENTIALS']);
    expect((await signIn('ada@http.test', 'a pier in the rain')).codes).toEqual([]);
  });

  test('knows where its sessions come from', async () => {
    const { accessToken } = await signUp('where@http.test');
    const { data } = await ask('{ sessions { address userAgent isCurrent } }', accessToken);
    expect(data.sessions).toEqual([
      { address: '127.0.0.1', userAgent: 'Desk/1.0', isCurrent: true },
    ]);
  });

  test('counts a wrong password although it is refused', async () => {
    await signUp('wrong@http.test');
    for (let index = 0; index < 5; index += 1) {
      expect((await signIn('wrong@http.test', 'wrong')).codes).toEqual(['INVALID_CREDENTIALS']);
    }
    expect((await signIn('wrong@http.test')).codes).toEqual(['TOO_MANY_ATTEMPTS']);
  });

  test('ends a session whose token comes twice, and stays ended', async () => {
    const { refreshToken } = await signUp('twice@http.test');
    const next = (await refresh(refreshToken)).data.refreshSession.session as Tokens;
    await database
      .pool()
      .query("update identity.refresh_tokens set used_at = used_at - interval '11 seconds'");
    expect((await refresh(refreshToken)).codes).toEqual(['INVALID_CREDENTIALS']);
    expect((await refresh(next.refreshToken)).codes).toEqual(['INVALID_CREDENTIALS']);
    expect((await ask('{ me { name } }', next.accessToken)).codes).toEqual(['UNAUTHENTICATED']);
  });

  onServer('from several places at once', () => {
    test('refreshes one token for each of two tabs, and both go on', async () => {
      const { refreshToken } = await signUp('tabs@http.test');
      const answers = await Promise.all([refresh(refreshToken), refresh(refreshToken)]);
      for (const { data } of answers) {
        const { session } = data.refreshSession as { session: Tokens };
        expect((await refresh(session.refreshToken)).codes).toEqual([]);
        expect((await ask('{ me { name } }', session.accessToken)).data.me).toEqual({
          name: 'Ada',
        });
      }
    });

    test('answers five of twenty guesses', async () => {
      await signUp('guess@http.test');
      // The sign-up has made this place known, which changes nothing for failures here.
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => signIn('guess@http.test', 'wrong')),
      );
      const codes = answers.flatMap((answer) => answer.codes);
      expect(codes.filter((code) => code === 'INVALID_CREDENTIALS')).toHaveLength(5);
      expect(codes.filter((code) => code === 'TOO_MANY_ATTEMPTS')).toHaveLength(15);
    });
  });
});
