/** A refusal that the database hands back as a value, because what it recorded has to stay (`platform.refusal`). */
export type Refusal = {
  /** The SQLSTATE that stands for it. */
  readonly code: string;
  readonly message: string;
  readonly field?: string;
  readonly detail?: string;
  readonly hint?: string;
  /** In seconds. */
  readonly retry_after?: number;
};

/** A refusal as an error, of the same form as those that the database raises. Thrown after the commit. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly code: string;
  readonly column: string | undefined;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  /** Further `extensions` for the client. */
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor({ code, message, field, detail, hint, retry_after: retryAfter }: Refusal) {
    super(message);
    this.code = code;
    this.column = field;
    this.detail = detail;
    this.hint = hint;
    this.extensions = retryAfter === undefined ? {} : { retryAfter };
  }
}

/** Hands an answer on, unless it is a refusal. */
export function unlessRefused<T extends { readonly refusal?: Refusal | null }>(answer: T): T {
  if (answer.refusal) throw new RefusedError(answer.refusal);
  return answer;
}
