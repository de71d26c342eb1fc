import { createHash, createHmac, randomBytes } from 'node:crypto';

/**
 * What belongs to one journey to a provider. All of it is made of one secret that only the browser keeps, in a cookie: a
 * state from another browser fits no cookie, and neither the database nor a log has what could complete the journey.
 */
export type JourneySecrets = {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** SHA-256 of the state, which is what the database knows the journey by. */
  readonly stateHash: Buffer;
};

const FORM = /^[A-Za-z0-9_-]{43}$/;

/** A new secret: 32 random bytes. */
export const newJourneySecret = (): string => randomBytes(32).toString('base64url');

/** Whether it has the form of a secret that this server gives out. */
export const isJourneySecret = (text: string): boolean => FORM.test(text);

export function journeyOf(secret: string): JourneySecrets {
  const derived = (what: string) =>
    createHmac('sha256', Buffer.from(secret, 'base64url')).update(what).digest('base64url');
  const state = derived('state');
  return {
    state,
    nonce: derived('nonce'),
    codeVerifier: derived('code verifier'),
    stateHash: createHash('sha256').update(state).digest(),
  };
}

/** The name of the cookie: one for each journey, so that two tabs do not take each other's. */
export const cookieNameOf = (state: string): string => `callboard_sign_in_${state.slice(0, 8)}`;
