import { Secret, TOTP } from 'otpauth';

/** Seconds for which a code is shown. */
const PERIOD = 30;
/** Codes of one span before and one after are taken too: clocks differ, and people type slowly. */
const WINDOW = 1;
const ISSUER = 'Callboard';

const totpOf = (secret: Secret, label: string) =>
  // SHA-1 and six digits: what every authenticator app does, whatever it says it can.
  new TOTP({ issuer: ISSUER, label, algorithm: 'SHA1', digits: 6, period: PERIOD, secret });

/** What a person puts into an authenticator app. */
export type Enrollment = {
  /** In base32, for typing. */
  readonly secret: string;
  /** `otpauth://totp/…`, for a QR code. */
  readonly uri: string;
};

/** A new secret of 160 random bits, for the account of that name. */
export function newEnrollment(label: string): Enrollment {
  const secret = new Secret({ size: 20 });
  return { secret: secret.base32, uri: totpOf(secret, label).toString() };
}

/** A code as somebody typed it. */
export type TypedCode =
  | { readonly kind: 'totp'; readonly digits: string }
  | { readonly kind: 'recovery'; readonly code: string };

/** Tells the six digits of an authenticator, in groups or not, from a recovery code. */
export function readCode(typed: string): TypedCode {
  const digits = typed.replaceAll(/[\s-]/g, '');
  return /^\d{6}$/.test(digits) ? { kind: 'totp', digits } : { kind: 'recovery', code: typed };
}

/**
 * Checks a code.
 *
 * @param at the time by the database's clock, which all servers share
 * @returns the span of 30 seconds that the code is of, counted from 1970, or null when it is wrong. Whether that span has
 *   served already is for the database to say.
 */
export function stepOf(secret: string, digits: string, at: Date): number | null {
  const totp = totpOf(Secret.fromBase32(secret), '');
  const timestamp = at.getTime();
  const delta = totp.validate({ token: digits, timestamp, window: WINDOW });
  return delta === null ? null : TOTP.counter({ period: PERIOD, timestamp }) + delta;
}
