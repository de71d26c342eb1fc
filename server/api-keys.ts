import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import { invalidToken } from '../plugins/session/tokens.ts';
import type { PresentedKey } from './caller.ts';

const FORM = /^cb_live_[0-9a-f]{8}_[0-9a-f]{64}$/;

/**
 * The API key that a bearer token is; undefined when it is a token of another kind.
 *
 * @throws SafeError UNAUTHENTICATED when it begins like a key and is none
 */
export function presentedKey(token: string): PresentedKey | undefined {
  if (!token.startsWith('cb_')) return undefined;
  if (!FORM.test(token)) throw invalidToken('The API key is not valid.');
  return { hash: createHash('sha256').update(token).digest('hex') };
}

/** Milliseconds within which a key's use is written down once. */
const MINUTE = 60_000;
/** Milliseconds for which uses are collected before they are written. */
const COLLECTING = 1_000;
/** Keys that are remembered at most: made-up ones must not fill the memory. */
const CAPACITY = 10_000;

/** Writes down when API keys were used: apart from the requests, in one statement for many, once a minute for each. */
export class KeyUses {
  readonly #pool: Pool;
  /** When each key was noted last, oldest first. */
  readonly #noted = new Map<string, number>();
  #waiting = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  /** @param pool of `callboard_authenticator` */
  constructor(pool: Pool) {
    this.#pool = pool;
  }

  note({ hash }: PresentedKey): void {
    const now = Date.now();
    const last = this.#noted.get(hash);
    if (last !== undefined && now - last < MINUTE) return;
    this.#noted.delete(hash);
    this.#noted.set(hash, now);
    if (this.#noted.size > CAPACITY) this.#forgetOldest();
    this.#waiting.add(hash);
    this.#timer ??= setTimeout(() => void this.flush(), COLLECTING).unref();
  }

  /** Writes down what has been collected. A database that does not answer makes no difference: it is only a note. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const hashes = [...this.#waiting];
    this.#waiting = new Set();
    if (hashes.length === 0) return;
    await this.#pool.query('select authz.note_api_key_uses($1)', [hashes]).catch(() => undefined);
  }

  #forgetOldest(): void {
    const [oldest] = this.#noted.keys();
    if (oldest === undefined) return;
    this.#noted.delete(oldest);
    this.#waiting.delete(oldest);
  }
}
