import jwt from 'jsonwebtoken';
import { SafeError } from 'postgraphile/grafast';

const ALGORITHM = 'HS256';
const ISSUER = 'callboard';
const AUDIENCE = 'callboard-api';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

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

/** The error for a token that is no token of ours, or out of date: code UNAUTHENTICATED. */
export const invalidToken = (message: string, hint?: string): SafeError =>
  new SafeError(message, { code: 'UNAUTHENTICATED', ...(hint ? { hint } : {}) });

function claimsOf(token: string, secret: string): jwt.JwtPayload {
  try {
    const claims = jwt.verify(token, secret, {
      algorithms: [ALGORITHM],
      issuer: ISSUER,
      audience: AUDIENCE,
    });
    if (typeof claims !== 'string') return claims;
  } catch (error) {
    if (error instanceof jwt.TokenExpiredError) {
      throw invalidToken('The access token is out of date.', 'Call refreshSession.');
    }
  }
  throw invalidToken('The access token is not valid.');
}

/** Makes and checks access tokens (JWT, HS256). They say who, not what for: rights are looked up at each request. */
export class AccessTokens {
  readonly #secret: string;
  readonly #minutes: number;

  /** @param minutes for which a token serves */
  constructor(secret: string, minutes: number) {
    this.#secret = secret;
    this.#minutes = minutes;
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
      this.#secret,
      { algorithm: ALGORITHM, issuer: ISSUER, audience: AUDIENCE, subject: userId },
    );
    return { token, expiresAt: new Date(expiresAt * 1000) };
  }

  /** @throws SafeError UNAUTHENTICATED when it is not one of ours, or out of date */
  verify(token: string): VerifiedToken {
    const { sub, exp, sid, org } = claimsOf(token, this.#secret) as Record<string, unknown>;
    const isId = (value: unknown): value is string => typeof value === 'string' && UUID.test(value);
    if (!isId(sub) || !isId(sid) || !(org === undefined || isId(org)) || typeof exp !== 'number') {
      throw invalidToken('The access token is not valid.');
    }
    return {
      userId: sub,
      sessionId: sid,
      organizationId: org ?? null,
      expiresAt: new Date(exp * 1000),
    };
  }
}
