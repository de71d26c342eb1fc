import { createSecretKey, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { SafeError } from 'postgraphile/grafast';
import { MAIN_KEY, type TokenKey } from './keys.ts';

const ALGORITHM = 'HS256';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Longer than any token of ours; nobody has to read what is. */
const LONGEST = 4_096;

/** Who an access token is for. */
export type TokenHolder = {
  readonly userId: string;
  /** The active organization, if any. */
  readonly organizationId: string | null;
  readonly sessionId: string;
};

export type IssuedToken = {
  readonly token: string;
  readonly expiresAt: Date;
};

export type VerifiedToken = TokenHolder & { readonly expiresAt: Date };

export type TokenOptions = {
  /** Who tokens say they are from; those from others are refused. */
  readonly issuer?: string;
  /** Whom tokens are for; those for others are refused. */
  readonly audience?: string;
};

/** The error for a token that is no token of ours, or out of date: code UNAUTHENTICATED. */
export const invalidToken = (message: string, hint?: string): SafeError =>
  new SafeError(message, { code: 'UNAUTHENTICATED', ...(hint ? { hint } : {}) });

const notValid = () => invalidToken('The access token is not valid.');

/** What a token says about itself before anybody has checked its signature. */
function headerOf(token: string): Record<string, unknown> | undefined {
  if (token.length > LONGEST || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return undefined;
  try {
    const text = Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString('utf8');
    const header = JSON.parse(text) as unknown;
    return typeof header === 'object' && header !== null && !Array.isArray(header)
      ? (header as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Makes and checks access tokens (JWT, HS256). They say who, not what for: rights are looked up at each request.
 *
 * Each names the key that signed it. To change keys, put the new one first everywhere; what the old ones signed is valid until
 * they are taken away, which may be as soon as the last of those tokens has run out.
 */
export class AccessTokens {
  readonly #keys: ReadonlyMap<string, KeyObject>;
  readonly #signing: string;
  readonly #minutes: number;
  readonly #issuer: string;
  readonly #audience: string;

  /**
   * @param keys the first signs, all verify; a text is the one key without a name
   * @param minutes for which a token serves
   */
  constructor(
    keys: string | readonly TokenKey[],
    minutes: number,
    { issuer = 'callboard', audience = 'callboard-api' }: TokenOptions = {},
  ) {
    const list = typeof keys === 'string' ? [{ kid: MAIN_KEY, secret: keys }] : keys;
    const [first] = list;
    if (!first) throw new Error('Tokens need a key.');
    this.#keys = new Map(
      list.map(({ kid, secret }) => [kid, createSecretKey(Buffer.from(secret, 'utf8'))]),
    );
    this.#signing = first.kid;
    this.#minutes = minutes;
    this.#issuer = issuer;
    this.#audience = audience;
  }

  issue({ userId, organizationId, sessionId }: TokenHolder, now = new Date()): IssuedToken {
    const issuedAt = Math.floor(now.getTime() / 1000);
    const expiresAt = issuedAt + this.#minutes * 60;
    const token = jwt.sign(
      {
        iat: issuedAt,
        exp: expiresAt,
        sid: sessionId,
        ...(organizationId ? { org: organizationId } : {}),
      },
      this.#keys.get(this.#signing)!,
      {
        algorithm: ALGORITHM,
        keyid: this.#signing,
        issuer: this.#issuer,
        audience: this.#audience,
        subject: userId,
      },
    );
    return { token, expiresAt: new Date(expiresAt * 1000) };
  }

  /** @throws SafeError UNAUTHENTICATED when it is not one of ours, or out of date */
  verify(token: string): VerifiedToken {
    const { sub, exp, sid, org, aud } = this.#claimsOf(token);
    const isId = (value: unknown): value is string => typeof value === 'string' && UUID.test(value);
    if (
      !isId(sub) ||
      !isId(sid) ||
      !(org === undefined || isId(org)) ||
      aud !== this.#audience ||
      !Number.isSafeInteger(exp)
    ) {
      throw notValid();
    }
    return {
      userId: sub,
      sessionId: sid,
      organizationId: org ?? null,
      expiresAt: new Date((exp as number) * 1000),
    };
  }

  #claimsOf(token: string): Record<string, unknown> {
    const header = headerOf(token);
    // The name only chooses among keys that are here already. Whatever else the header asks for is not done.
    const key = typeof header?.['kid'] === 'string' ? this.#keys.get(header['kid']) : undefined;
    if (!key || header?.['alg'] !== ALGORITHM || header['crit'] !== undefined) throw notValid();
    try {
      const claims = jwt.verify(token, key, {
        algorithms: [ALGORITHM],
        issuer: this.#issuer,
        audience: this.#audience,
      });
      if (typeof claims !== 'string') return claims;
    } catch (error) {
      if (error instanceof jwt.TokenExpiredError) {
        throw invalidToken('The access token is out of date.', 'Call refreshSession.');
      }
    }
    throw notValid();
  }
}
