import { randomBytes } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import { AccessTokens } from '../../../plugins/session/tokens.ts';
import { Encryption } from '../../../server/encryption.ts';
import type { Caller } from '../../helpers/callers.ts';
import { dataOf, type Answer, type Within } from '../../helpers/graphql.ts';

export const PASSWORD = 'correct horse battery';
export const tokens = new AccessTokens('a secret for tests, which is long enough', 15);
export const encryption = new Encryption([randomBytes(32)]);
/** For `testApi`. */
export const OPTIONS = { tokens, encryption: () => encryption };

const SESSION = 'session { accessToken refreshToken } challenge { token expiresAt } me { email }';
export const SIGN_UP = `mutation ($email: String!) {
  signUp(input: { email: $email, password: "${PASSWORD}", name: "Ada" }) { session { accessToken } }
}`;
export const SIGN_IN = `mutation ($email: String!, $password: String!) {
  signIn(input: { email: $email, password: $password }) { ${SESSION} }
}`;
export const COMPLETE = `mutation ($challenge: String!, $code: String!) {
  completeSignIn(input: { challenge: $challenge, code: $code }) { ${SESSION} }
}`;
export const ENROLL = `mutation ($password: String) {
  enrollSecondFactor(input: { password: $password }) { uri secret }
}`;
export const CONFIRM = `mutation ($code: String!) {
  confirmSecondFactor(input: { code: $code }) {
    recoveryCodes me { secondFactor { isEnabled recoveryCodesLeft } }
  }
}`;
export const DISABLE = `mutation ($code: String!, $password: String) {
  disableSecondFactor(input: { code: $code, password: $password }) { me { secondFactor { isEnabled } } }
}`;
export const REGENERATE = `mutation ($code: String!) {
  regenerateRecoveryCodes(input: { code: $code }) { recoveryCodes }
}`;
export const STATUS = '{ me { secondFactor { isEnabled confirmedAt recoveryCodesLeft } } }';

/** Who a session is of. */
export function holderOf(accessToken: string): Caller {
  const { userId, organizationId, sessionId } = tokens.verify(accessToken);
  return { userId, sessionId, ...(organizationId ? { organizationId } : {}) };
}

/** An authenticator app: its codes, `away` spans of 30 seconds from now. */
export const authenticator = (secret: string) => (away: number) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({
    timestamp: Date.now() + away * 30_000,
  });

type Enrolled = {
  readonly caller: Caller;
  readonly code: (away: number) => string;
  readonly recoveryCodes: readonly string[];
};

/** An account with the second factor on, which the code of the span before this one switched on. */
export async function enrolled({ ask }: Pick<Within, 'ask'>, email: string): Promise<Enrolled> {
  const up = dataOf(await ask({}, SIGN_UP, { email }));
  const caller = holderOf(String(up.signUp.session.accessToken));
  const { secret } = dataOf(await ask(caller, ENROLL)).enrollSecondFactor as { secret: string };
  const code = authenticator(secret);
  const confirmed = dataOf(await ask(caller, CONFIRM, { code: code(-1) })).confirmSecondFactor as {
    recoveryCodes: string[];
  };
  return { caller, code, recoveryCodes: confirmed.recoveryCodes };
}

/** The challenge that a sign-in with the right password is answered with. */
export async function challenge({ ask }: Pick<Within, 'ask'>, email: string): Promise<string> {
  const answer: Answer = await ask({}, SIGN_IN, { email, password: PASSWORD });
  const { signIn } = dataOf(answer) as { signIn: { challenge: { token: string } } };
  return signIn.challenge.token;
}
