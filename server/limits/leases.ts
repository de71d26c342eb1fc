import type { Pool } from 'pg';

/** A share of a caller's limit that is asked for, with what is left of the share before. */
export type Wish = {
  readonly identifier: string;
  readonly endpoint: string;
  readonly maxRequests: number;
  readonly windowSeconds: number;
  /** How much would be useful; less may be granted. 0 only gives back. */
  readonly wanted: number;
  /** Seconds for which the share may be used up. */
  readonly heldSeconds: number;
  /** The hash of the API key that it is for, if it is for one: it is only granted to one that there is. */
  readonly apiKey?: string | undefined;
  readonly returned?: { readonly slot: string; readonly count: number } | undefined;
};

/** What came of a wish. */
export type Share = {
  readonly granted: number;
  /** What is left for others. */
  readonly remaining: number;
  /** Seconds until there is more. */
  readonly resetAfter: number;
  /** Where what is not used is given back to. */
  readonly slot: string;
  /** False: there is no such API key. */
  readonly known: boolean;
};

type Waiting = {
  readonly wish: Wish;
  readonly resolve: (share: Share) => void;
  readonly reject: (error: unknown) => void;
};

/** Wishes that go in one statement. */
const AT_ONCE = 200;
/** Milliseconds in which the database has to answer. Whoever waits for it is a person. */
const PATIENCE = 1_000;

/**
 * Asks the database for shares: one statement at a time, with all the wishes that have come up during the one before. So a
 * process takes one connection for this, however many callers it has.
 */
export class Leases {
  readonly #pool: Pool;
  readonly #waiting: Waiting[] = [];
  /** Nobody waits for what is given back: it goes along where there is room. */
  readonly #returning: Waiting[] = [];
  #asking = false;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** @throws whatever keeps the database from answering */
  ask(wish: Wish): Promise<Share> {
    const { promise, resolve, reject } = Promise.withResolvers<Share>();
    (wish.wanted > 0 ? this.#waiting : this.#returning).push({ wish, resolve, reject });
    if (!this.#asking) {
      this.#asking = true;
      // What else the same turn of the loop brings goes along.
      setImmediate(() => void this.#askForAll());
    }
    return promise;
  }

  async #askForAll(): Promise<void> {
    while (this.#waiting.length + this.#returning.length > 0) {
      const asking = this.#waiting.splice(0, AT_ONCE);
      asking.push(...this.#returning.splice(0, AT_ONCE - asking.length));
      try {
        const shares = await withPatience(this.#shares(asking.map(({ wish }) => wish)));
        for (const [place, { resolve, reject }] of asking.entries()) {
          const share = shares.get(place);
          if (share) resolve(share);
          else reject(new Error('The database forgot a wish.'));
        }
      } catch (error) {
        for (const { reject } of asking) reject(error);
      }
    }
    this.#asking = false;
  }

  async #shares(wishes: readonly Wish[]): Promise<Map<number, Share>> {
    type Row = {
      place: number;
      granted: number;
      remaining: number;
      reset_after: number;
      slot: string;
      known: boolean;
    };
    const { rows } = await this.#pool.query<Row>({
      text: 'select place, granted, remaining, reset_after, slot::text, known from security.lease_rate_limits($1)',
      values: [
        JSON.stringify(
          wishes.map((wish, place) => ({
            place,
            identifier: wish.identifier,
            endpoint: wish.endpoint,
            max_requests: wish.maxRequests,
            window_seconds: wish.windowSeconds,
            wanted: wish.wanted,
            held_seconds: wish.heldSeconds,
            returned_slot: wish.returned?.slot,
            returned: wish.returned?.count,
            api_key: wish.apiKey,
          })),
        ),
      ],
    });
    return new Map(
      rows.map(({ place, granted, remaining, reset_after: resetAfter, slot, known }) => [
        place,
        { granted, remaining, resetAfter, slot, known },
      ]),
    );
  }
}

async function withPatience<T>(work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('The database took too long.')), PATIENCE);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    // Nobody waits for it any more.
    work.catch(() => undefined);
  }
}
