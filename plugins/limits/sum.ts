/** What the variables of a request are; absent: null. */
export type VariableValues = (name: string) => unknown;

/** A number that depends on variables. */
export type Factor = {
  /** What it is at most, whatever is sent. */
  readonly most: number;
  of(values: VariableValues): number;
};

type Part = { readonly factor: Factor | number; readonly sum: Sum };

/** Beyond it numbers are not exact, and nobody cares. */
const MANY = Number.MAX_SAFE_INTEGER;

/** Adds without ever leaving the numbers: fragments that double reach any size. */
export const plus = (a: number, b: number): number => Math.min(a + b, MANY);

const times = (a: number, b: number): number => Math.min(a * b, MANY);

/**
 * A sum whose parts may depend on variables, or be sums of their own. A fragment's sum is shared by all who spread it, so
 * that it takes no more room than the document, and no more time: each sum is evaluated once.
 */
export class Sum {
  #constant = 0;
  readonly #parts: Part[] = [];

  /** A sum of one number. */
  static of(constant: number): Sum {
    const sum = new Sum();
    sum.#constant = constant;
    return sum;
  }

  /** What it is without variables; undefined when they count. */
  get constant(): number | undefined {
    return this.#parts.length === 0 ? this.#constant : undefined;
  }

  add(constant: number): void {
    this.#constant = plus(this.#constant, constant);
  }

  addTimes(factor: Factor | number, sum: Sum): void {
    const { constant } = sum;
    if (factor === 0 || constant === 0) return;
    if (typeof factor === 'number' && constant !== undefined) this.add(times(factor, constant));
    else this.#parts.push({ factor, sum });
  }

  /** What it is with these variables. */
  evaluate(values: VariableValues): number {
    return this.#evaluate((factor) => factor.of(values), new Map());
  }

  /** What it is at most, whatever the variables are. */
  get most(): number {
    return this.#evaluate((factor) => factor.most, new Map());
  }

  #evaluate(valueOf: (factor: Factor) => number, known: Map<Sum, number>): number {
    const before = known.get(this);
    if (before !== undefined) return before;
    let value = this.#constant;
    for (const { factor, sum } of this.#parts) {
      const count = typeof factor === 'number' ? factor : valueOf(factor);
      if (count > 0) value = plus(value, times(count, sum.#evaluate(valueOf, known)));
    }
    known.set(this, value);
    return value;
  }
}
