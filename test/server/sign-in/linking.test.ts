import { describe, expect, test } from '@jest/globals';
import { Encryption } from '../../../server/encryption.ts';
import {
  NoProviderTokenError,
  providerAccessToken,
  tokenPlace,
} from '../../../server/sign-in/provider-tokens.ts';
import { ProviderError, Providers } from '../../../server/sign-in/providers.ts';
import { readSettings } from '../../../server/settings.ts';
import { onServer, testDatabase } from '../../helpers/database.ts';
import { codeOf, Journeys, KEY, pkce } from './journeys.ts';

const database = testDatabase();
const journeys = new Journeys(database);
const PASSWORD = 'correct horse battery';

const LINK = `mutation ($input: LinkAccountInput!) {
  linkAccount(input: $input) { linkedAccount { rowId subject email provider { key } user { name } } }
}`;
const UNLINK = `mutation ($rowId: UUID!) {
  unlinkAccount(input: { rowId: $rowId }) { linkedAccount { subject } }
}`;
const MINE = `{
  linkedAccounts { nodes { rowId subject } }
  connectedApps { nodes { name isDeclared } }
  oauthTokens { nodes { scopes } }
}`;

async function signUp(email: string): Promise<string> {
  const answer = await journeys.ask(
    `mutation ($email: String!) {
      signUp(input: { email: $email, password: "${PASSWORD}", name: "Ada" }) { session { accessToken } }
    }`,
    { email },
  );
  return String(answer.data.signUp.session.accessToken);
}

/** The code that somebody comes back with who wants to link, and the verifier that goes with it. */
async function linkCode(subject: string) {
  const { codeVerifier, challenge } = pkce();
  const address = await journeys.travel(subject, `?intent=link&code_challenge=${challenge}`);
  expect(address.searchParams.get('sign_in_code')).toBeNull();
  return { code: address.searchParams.get('link_code'), codeVerifier };
}

const link = async (token: string, subject: string) =>
  journeys.ask(LINK, { input: await linkCode(subject) }, token);

describe('linking an account', () => {
  test('lets it sign in as the user from then on, also with an address that nobody verified', async () => {
    const token = await signUp('link@front.test');
    const answer = await link(token, 'unverified');
    expect(answer.data.linkAccount.linkedAccount).toMatchObject({
      subject: 'unverified',
      provider: { key: 'studio' },
      user: { name: 'Ada' },
    });
    const signedIn = await journeys.exchange('unverified');
    expect(signedIn.data.exchangeSignInCode.me.email).toBe('link@front.test');
    const mine = await journeys.ask(MINE, {}, token);
    expect(mine.data).toMatchObject({
      linkedAccounts: { nodes: [{ subject: 'unverified' }] },
      connectedApps: { nodes: [{ name: 'Studio', isDeclared: false }] },
      oauthTokens: { nodes: [{ scopes: expect.arrayContaining(['openid']) }] },
    });
  });

  test('is not for an account that is another user’s', async () => {
    await link(await signUp('first@front.test'), 'ada');
    const second = await signUp('second@front.test');
    expect(codeOf(await link(second, 'ada'))).toBe('CONFLICT');
    expect((await journeys.ask(MINE, {}, second)).data.linkedAccounts.nodes).toEqual([]);
  });

  test('takes a session, a challenge, the verifier, and the right kind of code', async () => {
    journeys.person('linus', 'linus@studio.test', true);
    const token = await signUp('linus@front.test');
    const direct = await fetch(`${journeys.origin}/auth/studio?intent=link`, {
      redirect: 'manual',
    });
    expect(direct.status).toBe(400);
    expect(codeOf(await journeys.ask(LINK, { input: await linkCode('linus') }))).toBe(
      'UNAUTHENTICATED',
    );
    const planted = { ...(await linkCode('linus')), codeVerifier: pkce().codeVerifier };
    expect(codeOf(await journeys.ask(LINK, { input: planted }, token))).toBe('SIGN_IN_EXPIRED');
    const { codeVerifier, challenge } = pkce();
    const signIn = await journeys.travel('linus', `?code_challenge=${challenge}`);
    const code = signIn.searchParams.get('sign_in_code');
    expect(codeOf(await journeys.ask(LINK, { input: { code, codeVerifier } }, token))).toBe(
      'SIGN_IN_EXPIRED',
    );
  });

  test('takes the password when the sign-in was long ago', async () => {
    journeys.person('late', 'late@studio.test', true);
    const token = await signUp('late@front.test');
    await database
      .pool()
      .query("update identity.session_families set created_at = now() - interval '11 minutes'");
    const input = await linkCode('late');
    expect(codeOf(await journeys.ask(LINK, { input }, token))).toBe('REAUTHENTICATION_REQUIRED');
    const wrong = { ...input, password: 'wrong' };
    expect(codeOf(await journeys.ask(LINK, { input: wrong }, token))).toBe('INVALID_CREDENTIALS');
    // Neither refusal has spent the code.
    const right = { ...input, password: PASSWORD };
    expect((await journeys.ask(LINK, { input: right }, token)).errors).toBeUndefined();
  });
});

describe('unlinking an account', () => {
  const accountsOf = async (token: string): Promise<{ rowId: string; subject: string }[]> =>
    (await journeys.ask(MINE, {}, token)).data.linkedAccounts.nodes;

  test('forgets it, its tokens and its app', async () => {
    journeys.person('gone', 'gone@studio.test', true);
    const token = await signUp('gone@front.test');
    await link(token, 'gone');
    const [account] = await accountsOf(token);
    const answer = await journeys.ask(UNLINK, { rowId: account?.rowId }, token);
    expect(answer.data.unlinkAccount.linkedAccount.subject).toBe('gone');
    expect((await journeys.ask(MINE, {}, token)).data).toEqual({
      linkedAccounts: { nodes: [] },
      connectedApps: { nodes: [] },
      oauthTokens: { nodes: [] },
    });
    const { rows } = await database
      .pool()
      .query("select from identity.linked_accounts where subject = 'gone'");
    expect(rows).toHaveLength(0);
  });

  test('is refused when it is the only way to sign in', async () => {
    journeys.person('only', 'only@studio.test', true);
    const { data } = await journeys.exchange('only');
    const token = String(data.exchangeSignInCode.session.accessToken);
    const [account] = await accountsOf(token);
    expect(codeOf(await journeys.ask(UNLINK, { rowId: account?.rowId }, token))).toBe('CONFLICT');
    expect(await accountsOf(token)).toHaveLength(1);
    // A second account at the provider will do.
    journeys.person('spare', 'spare@elsewhere.test', false);
    await link(token, 'spare');
    expect((await journeys.ask(UNLINK, { rowId: account?.rowId }, token)).errors).toBeUndefined();
    expect((await accountsOf(token)).map(({ subject }) => subject)).toEqual(['spare']);
  });

  test('of somebody else is refused, and theirs are not seen', async () => {
    journeys.person('theirs', 'theirs@studio.test', true);
    const theirs = await signUp('theirs@front.test');
    await link(theirs, 'theirs');
    const [account] = await accountsOf(theirs);
    const mine = await signUp('mine@front.test');
    expect(await accountsOf(mine)).toEqual([]);
    expect(codeOf(await journeys.ask(UNLINK, { rowId: account?.rowId }, mine))).toBe(
      'NOT_FOUND_OR_FORBIDDEN',
    );
    expect(await accountsOf(theirs)).toHaveLength(1);
  });

  test('shows no token to anybody', async () => {
    const answer = await journeys.ask('{ oauthTokens { nodes { accessTokenEncrypted } } }', {});
    expect(codeOf(answer)).toBe('GRAPHQL_VALIDATION_FAILED');
  });
});

describe('a token of a provider', () => {
  const encryption = new Encryption([Buffer.from(KEY, 'hex')]);
  const options = () => ({
    pool: database.pool('callboard_service'),
    providers: new Providers(readSettings(journeys.provider.settings('studio')).providers),
    encryption,
  });

  /** An account whose access token has run out. */
  async function outdated(subject: string): Promise<string> {
    journeys.person(subject, `${subject}@studio.test`, true);
    await journeys.exchange(subject);
    const { rows } = await database.pool().query<{ id: string }>(
      `update identity.oauth_tokens t
          set expires_at = now()
         from identity.linked_accounts l
        where l.id = t.linked_account_id and l.subject = $1
       returning l.id`,
      [subject],
    );
    return rows[0]?.id ?? '';
  }

  const kept = async (id: string) => {
    const { rows } = await database.pool().query<{
      access: Buffer;
      refresh: Buffer;
      subject: string;
      issuer: string;
      failed: boolean;
    }>(
      `select t.access_token_encrypted as access, t.refresh_token_encrypted as refresh, l.subject, l.issuer,
              t.failed_at is not null as failed
         from identity.oauth_tokens t join identity.linked_accounts l on l.id = t.linked_account_id
        where l.id = $1`,
      [id],
    );
    return rows[0]!;
  };

  test('is given as it is while it serves', async () => {
    const id = await outdated('fresh');
    await database
      .pool()
      .query("update identity.oauth_tokens set expires_at = now() + interval '1 hour'");
    const { access, issuer, subject } = await kept(id);
    expect(await providerAccessToken(options(), id)).toBe(
      encryption.decrypt(access, tokenPlace('access', issuer, subject)),
    );
  });

  test('is renewed when it has run out, and serves with the provider', async () => {
    const id = await outdated('renewed');
    const before = await kept(id);
    const token = await providerAccessToken(options(), id);
    const after = await kept(id);
    expect(after.access.equals(before.access)).toBe(false);
    const userinfo = await fetch(`${journeys.provider.issuer}/me`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(await userinfo.json()).toMatchObject({ sub: 'renewed' });
  });

  test('is left alone while the provider does not answer', async () => {
    const id = await outdated('waiting');
    journeys.provider.trouble = (request) => {
      request.socket.destroy();
      return true;
    };
    await expect(providerAccessToken(options(), id)).rejects.toThrow(ProviderError);
    journeys.provider.trouble = undefined;
    expect(await kept(id)).toMatchObject({ failed: false });
    await providerAccessToken(options(), id);
  });

  test('that the provider does not renew any more is said to have failed, until the account is linked again', async () => {
    const id = await outdated('revoked');
    const { issuer } = await kept(id);
    await database
      .pool()
      .query(
        'update identity.oauth_tokens set refresh_token_encrypted = $2 where linked_account_id = $1',
        [id, encryption.encrypt('not a token', tokenPlace('refresh', issuer, 'revoked'))],
      );
    await expect(providerAccessToken(options(), id)).rejects.toThrow(NoProviderTokenError);
    expect(await kept(id)).toMatchObject({ failed: true });
    await expect(providerAccessToken(options(), id)).rejects.toThrow(NoProviderTokenError);
    await journeys.exchange('revoked');
    expect(await kept(id)).toMatchObject({ failed: false });
    await providerAccessToken(options(), id);
  });

  test('of nobody is none', async () => {
    await expect(
      providerAccessToken(options(), '00000000-0000-7000-8000-000000000001'),
    ).rejects.toThrow(NoProviderTokenError);
  });
});

onServer('two at once', () => {
  test('who come for the first time with the same address get one account', async () => {
    journeys.person('twin', 'twin@studio.test', true);
    const travellers = await Promise.all([1, 2, 3].map(() => journeys.travel('twin')));
    const answers = await Promise.all(
      travellers.map((address) =>
        journeys.ask(
          `mutation ($code: String!) { exchangeSignInCode(input: { code: $code }) { me { userId } } }`,
          { code: address.searchParams.get('sign_in_code') },
        ),
      ),
    );
    const ids = answers.map(({ data }) => data.exchangeSignInCode.me.userId as string);
    expect(new Set(ids).size).toBe(1);
  });

  test('with one code: one comes in', async () => {
    const code = (await journeys.travel('ada')).searchParams.get('sign_in_code');
    const answers = await Promise.all(
      [1, 2, 3, 4].map(() =>
        journeys.ask(
          `mutation ($code: String!) { exchangeSignInCode(input: { code: $code }) { session { accessToken } } }`,
          { code },
        ),
      ),
    );
    expect(answers.filter((answer) => codeOf(answer) === 'SIGN_IN_EXPIRED')).toHaveLength(3);
  });

  test('who unlink the last two accounts leave one', async () => {
    journeys.person('one', 'one@studio.test', true);
    journeys.person('two', 'two@elsewhere.test', false);
    const { data } = await journeys.exchange('one');
    const token = String(data.exchangeSignInCode.session.accessToken);
    await link(token, 'two');
    const mine = await journeys.ask(MINE, {}, token);
    const nodes = mine.data.linkedAccounts.nodes as { rowId: string }[];
    const answers = await Promise.all(
      nodes.map(({ rowId }) => journeys.ask(UNLINK, { rowId }, token)),
    );
    expect(answers.map(codeOf).sort()).toEqual(['CONFLICT', undefined]);
  });
});
