import type { Share, Wish } from './leases.ts';

/** What may be asked for, how often. */
export type Limit = {
  /** What it limits; also the name of the policy in answers. */
  readonly name: string;
  readonly maxRequests: number;
  /** Not less than 10: a sixth of it has to be much longer than the database takes to answer. */
  readonly windowSeconds: number;
};

/** Whether a request may go on. */
export type Verdict = {
  readonly admitted: boolean;
  readonly limit: Limit;
  /** How many more there may be now, as far as this process knows. */
  readonly remaining: number;
  /** Seconds until there may be more. */
  readonly resetAfter: number;
  /** False: it is about an API key that there is not. */
  readonly known: boolean;
};

/** Where shares come from. */
export type ShareSource = { ask(wish: Wish): Promise<Share> };

export type LimiterOptions = {
  /** Told when the source does not answer, at most once in a while. */
  readonly onFailure: (error: unknown) => void;
  /** Callers that are remembered; beyond that, those that were counted longest ago are asked about again. */
  readonly capacity?: number;
  /** Milliseconds that have passed, of a clock that is never set. */
  readonly clock?: () => number;
};

/** A share of one caller's limit. */
type Holding = {
  readonly key: string;
  readonly identifier: string;
  readonly apiKey: string | undefined;
  readonly limit: Limit;
  /** What of the share is left. */
  left: number;
  /** Until when it may be used. */
  until: number;
  slot: string | undefined;
  remaining: number;
  resetAt: number;
  /** Until when there is no use in asking. */
  refusedUntil: number;
  /** How much was asked for the last time. */
  wanted: number;
  asking: Promise<void> | undefined;
  /** How many wait for the answer. */
  waiting: number;
  known: boolean;
};

const CAPACITY = 50_000;
/** The first share is this part of a limit, and none is larger than that part. */
const FIRST = 1 / 60;
const LARGEST = 1 / 10;
/** A share may be used for this part of the window. */
const HELD = 1 / 6;
/** Milliseconds between two looks for shares that nobody uses. */
const SWEEP = 1_000;
/** Milliseconds between two complaints that the source does not answer. */
const COMPLAINTS = 10_000;

/**
 * Counts requests against limits that hold for all processes together, without asking for each: a process takes a share of a
 * caller's limit and admits so many by itself. Shares are small at first and grow with what is asked, are of use for a sixth
 * of the window, and what is left of them is given back.
 *
 * Never are more admitted than the limit allows, whatever processes do or how they end: what is shared out counts until a
 * window after it may last be used. At most what is left of a share in each process is out of reach for the others meanwhile.
 *
 * When the source does not answer, each process admits what its next share would have been in each second: the limits fail
 * open, but not wide. (An operation needs the same database, so little is admitted to anything then.)
 */
export class Limiter {
  readonly #source: ShareSource;
  readonly #onFailure: (error: unknown) => void;
  readonly #capacity: number;
  readonly #clock: () => number;
  readonly #holdings = new Map<string, Holding>();
  readonly #sweeping: NodeJS.Timeout;
  #complained = -Infinity;

  constructor(source: ShareSource, options: LimiterOptions) {
    this.#source = source;
    this.#onFailure = options.onFailure;
    this.#capacity = options.capacity ?? CAPACITY;
    this.#clock = options.clock ?? (() => performance.now());
    this.#sweeping = setInterval(() => this.sweep(), SWEEP).unref();
  }

  /** Callers that are remembered. */
  get size(): number {
    return this.#holdings.size;
  }

  /**
   * Counts one request of `identifier`. Answers at once when a share is at hand, as it mostly is.
   *
   * @param apiKey the hash of the key that it came with: one that there is not gets nothing
   */
  take(limit: Limit, identifier: string, apiKey?: string): Verdict | Promise<Verdict> {
    const holding = this.#holdingOf(limit, identifier, apiKey);
    return this.#takeAtHand(holding) ?? this.#takeLater(holding);
  }

  /** Gives back what is left of shares whose time is over, and forgets whoever has not been heard of. */
  sweep(): void {
    const now = this.#clock();
    for (const [key, holding] of this.#holdings) {
      if (holding.asking || now < holding.until || now < holding.refusedUntil) continue;
      this.#holdings.delete(key);
      if (holding.left > 0 && holding.slot !== undefined) {
        this.#source.ask(this.#wish(holding, 0)).catch((error: unknown) => this.#complain(error));
      }
    }
  }

  close(): void {
    clearInterval(this.#sweeping);
  }

  #holdingOf(limit: Limit, identifier: string, apiKey: string | undefined): Holding {
    const key = `${limit.name} ${identifier}`;
    let holding = this.#holdings.get(key);
    if (holding) return holding;
    if (this.#holdings.size >= this.#capacity) {
      const [oldest] = this.#holdings.keys();
      if (oldest !== undefined) this.#holdings.delete(oldest);
    }
    holding = {
      key,
      identifier,
      apiKey,
      limit,
      left: 0,
      until: 0,
      slot: undefined,
      remaining: limit.maxRequests,
      resetAt: 0,
      refusedUntil: 0,
      wanted: 0,
      asking: undefined,
      waiting: 0,
      known: true,
    };
    this.#holdings.set(key, holding);
    return holding;
  }

  #takeAtHand(holding: Holding): Verdict | undefined {
    const now = this.#clock();
    if (now < holding.refusedUntil) return this.#verdict(holding, false);
    if (holding.left === 0 || now >= holding.until) return undefined;
    holding.left -= 1;
    return this.#verdict(holding, true);
  }

  async #takeLater(holding: Holding): Promise<Verdict> {
    // As many may wait as one share has not been enough for.
    for (;;) {
      holding.waiting += 1;
      holding.asking ??= this.#ask(holding);
      await holding.asking;
      const verdict = this.#takeAtHand(holding);
      if (verdict) return verdict;
    }
  }

  async #ask(holding: Holding): Promise<void> {
    // Whoever comes in the same turn of the loop is reckoned with.
    await Promise.resolve();
    const { key, limit } = holding;
    // To the end of those that are forgotten when there are too many.
    if (this.#holdings.delete(key)) this.#holdings.set(key, holding);
    // From before it is granted, so that it is not used later than the database reckons with.
    const asked = this.#clock();
    const wanted = this.#useful(holding);
    const wish = this.#wish(holding, wanted);
    holding.wanted = wanted;
    holding.left = 0;
    try {
      const share = await this.#source.ask(wish);
      holding.left = share.granted;
      holding.slot = share.slot;
      holding.until = asked + limit.windowSeconds * HELD * 1000;
      holding.remaining = share.remaining;
      holding.known = share.known;
      holding.resetAt = this.#clock() + share.resetAfter * 1000;
      if (share.granted === 0) {
        // Others may give something back before. A key that there is not will not be there soon.
        const held = limit.windowSeconds * HELD;
        const patience = share.known ? Math.min(share.resetAfter, held) : held;
        holding.refusedUntil = this.#clock() + patience * 1000;
      }
    } catch (error) {
      this.#complain(error);
      holding.left = Math.max(1, wanted);
      holding.slot = undefined;
      holding.until = this.#clock() + 1_000;
    } finally {
      holding.asking = undefined;
      holding.waiting = 0;
    }
  }

  /** How much to ask for: half of the last time when not all of that was used, otherwise twice as much. */
  #useful({ limit, left, wanted, waiting }: Holding): number {
    const first = Math.ceil(limit.maxRequests * FIRST);
    const next = wanted === 0 ? first : left > 0 ? wanted >> 1 : wanted * 2;
    const largest = Math.max(1, Math.floor(limit.maxRequests * LARGEST));
    return Math.min(Math.max(Math.min(Math.max(next, 1), largest), waiting), limit.maxRequests);
  }

  #wish({ identifier, apiKey, limit, left, slot }: Holding, wanted: number): Wish {
    return {
      identifier,
      apiKey,
      endpoint: limit.name,
      maxRequests: limit.maxRequests,
      windowSeconds: limit.windowSeconds,
      wanted,
      heldSeconds: limit.windowSeconds * HELD,
      returned: left > 0 && slot !== undefined ? { slot, count: left } : undefined,
    };
  }

  #verdict(holding: Holding, admitted: boolean): Verdict {
    const { limit, left, remaining, resetAt, refusedUntil, known } = holding;
    const reset = admitted ? resetAt : Math.max(resetAt, refusedUntil);
    return {
      admitted,
      known,
      limit,
      remaining: admitted ? remaining + left : 0,
      resetAfter: Math.max(0, Math.ceil((reset - this.#clock()) / 1000)),
    };
  }

  #complain(error: unknown): void {
    const now = this.#clock();
    if (now - this.#complained < COMPLAINTS) return;
    this.#complained = now;
    this.#onFailure(error);
  }
}
