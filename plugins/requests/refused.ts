import type { Result } from 'postgraphile/grafserv';
import type { ErrorCode } from '../errors/registry.ts';

/** A request that is refused before anybody looks for a document in it. */
export class RefusedRequest extends Error {
  override readonly name = 'RefusedRequest';
  readonly status: number;
  readonly extensions: { readonly code: ErrorCode };

  constructor(
    status: number,
    message: string,
    extensions: { readonly code: ErrorCode } = { code: 'BAD_REQUEST' },
  ) {
    super(message);
    this.status = status;
    this.extensions = extensions;
  }

  /** The answer. */
  toResult(): Result {
    const { status, message, extensions } = this;
    return {
      type: 'json',
      statusCode: status,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      json: { errors: [{ message, extensions }] },
    };
  }
}
