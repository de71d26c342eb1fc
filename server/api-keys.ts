import { createHash, randomUUID } from 'node:crypto';
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

/** Milliseconds for which uses are collected before they are reported. */
const COLLECTING = 1_000;
/** Keys that are remembered at most: made-up ones must not fill the memory. */
const CAPACITY = 10_000;

/** What is told at once. Told again as it is until the database has it, which knows it by its number. */
type Report = {
  readonly number: number;
  readonly hashes: readonly string[];
  readonly uses: readonly number[];
};

export type KeyUsesOptions = {
  /** Told when the database does not take a report, once until it takes one again. */
  readonly onFailure: (error: unknown) => void;
};

/**
 * Counts requests with API keys, and reports them apart from the requests: in one statement for many. A report that fails is
 * sent again, and never counted twice. What a process that is killed has not reported yet, at most of a second, is lost.
 */
export class KeyUses {
  readonly #pool: Pool;
  readonly #onFailure: (error: unknown) => void;
  readonly #reporter = randomUUID();
  #number = 0;
  #counts = new Map<string, number>();
  #report: Report | undefined;
  #sending: Promise<void> = Promise.resolve();
  #fails = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param pool of `callboard_authenticator` */
  constructor(pool: Pool, { onFailure }: KeyUsesOptions) {
    this.#pool = pool;
    this.#onFailure = onFailure;
  }

  /** Counts a request. */
  note({ hash }: PresentedKey): void {
    const count = this.#counts.get(hash);
    if (count === undefined && this.#counts.size >= CAPACITY) return;
    this.#counts.set(hash, (count ?? 0) + 1);
    this.#wait();
  }

  /** Reports what has been counted. What the database does not take is kept for the next time. */
  flush(): Promise<void> {
    this.#sending = this.#sending.then(async () => {
      const isOld = this.#report !== undefined;
      // What comes meanwhile waits for the next time, so that there is one report a second however much there is to count.
      if ((await this.#send()) && isOld) await this.#send();
    });
    return this.#sending;
  }

  /** Reports the rest; nothing is reported after that. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.flush();
  }

  async #tick(): Promise<void> {
    await this.flush();
    const isLeft = this.#report !== undefined || this.#counts.size > 0;
    this.#timer = undefined;
    if (isLeft) this.#wait();
  }

  #wait(): void {
    if (this.#isClosed) return;
    this.#timer ??= setTimeout(() => void this.#tick(), COLLECTING).unref();
  }

  /** Sends one report; false when there is none, or it failed. */
  async #send(): Promise<boolean> {
    this.#report ??= this.#nextReport();
    if (!this.#report) return false;
    const { number, hashes, uses } = this.#report;
    try {
      await this.#pool.query('select authz.note_api_key_uses($1, $2, $3, $4)', [
        this.#reporter,
        number,
        hashes,
        uses,
      ]);
    } catch (error) {
      if (!this.#fails) this.#onFailure(error);
      this.#fails = true;
      return false;
    }
    this.#report = undefined;
    this.#fails = false;
    return true;
  }

  #nextReport(): Report | undefined {
    if (this.#counts.size === 0) return undefined;
    const counts = this.#counts;
    this.#counts = new Map();
    this.#number += 1;
    return { number: this.#number, hashes: [...counts.keys()], uses: [...counts.values()] };
  }
}
