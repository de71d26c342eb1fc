type Results<T> = AsyncGenerator<T, void, void>;

/** Counts what callers have open, each for itself. */
export class OpenOperations {
  readonly #counts = new Map<string, number>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Notes one more, and how it ends; undefined when the caller has as many as there may be. */
  begin(caller: string): (() => void) | undefined {
    const count = this.#counts.get(caller) ?? 0;
    if (count >= this.#limit) return undefined;
    this.#counts.set(caller, count + 1);
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      const left = (this.#counts.get(caller) ?? 1) - 1;
      if (left > 0) this.#counts.set(caller, left);
      else this.#counts.delete(caller);
    };
  }
}

/** The same results; `end` is told when there are no more, or nobody wants them. */
export function untilEnd<T>(results: Results<T>, end: () => void): Results<T> {
  const ending = async <R>(work: PromiseLike<R>): Promise<R> => {
    end();
    return work;
  };
  const wrapped: Results<T> = {
    [Symbol.asyncIterator]: () => wrapped,
    [Symbol.asyncDispose]: () => ending(results[Symbol.asyncDispose]()),
    async next() {
      try {
        const result = await results.next();
        if (result.done) end();
        return result;
      } catch (error) {
        end();
        throw error;
      }
    },
    return: (value) => ending(results.return(value)),
    throw: (error) => ending(results.throw(error)),
  };
  return wrapped;
}
