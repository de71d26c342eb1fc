import type { Result } from 'postgraphile/grafserv';
import { noteErrors, notesOf } from '../notes.ts';
import { graphqlCode } from './mask.ts';
import { statusOf } from './registry.ts';

type FormattedError = {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly locations?: readonly unknown[];
  readonly extensions?: Readonly<Record<string, unknown>>;
};

/** What comes with HTTP 401. */
export const CHALLENGE = { 'www-authenticate': 'Bearer error="invalid_token"' };

type Json = { errors?: readonly FormattedError[] };

/** What the engine refuses before an operation runs has no code yet. */
function withCode(error: FormattedError, status: number | undefined): FormattedError {
  const { statusCode, ...extensions } = error.extensions ?? {};
  if (extensions['code'] !== undefined) return { ...error, extensions };
  const isAboutDocument = error.locations !== undefined || error.path !== undefined;
  // A mutation by GET: the document is right, and the method is not.
  const isAboutRequest = !isAboutDocument || statusCode !== undefined || status === 405;
  const code = isAboutRequest ? 'BAD_REQUEST' : graphqlCode(error);
  return { ...error, extensions: { ...extensions, code } };
}

const firstStatus = (errors: readonly FormattedError[]): number | undefined =>
  errors.map((error) => statusOf(String(error.extensions?.['code']))).find(Boolean);

/** The method for what is no query, for those who have used another. */
const ALLOW = 'POST';

/** What the database says of a session or a key that is over: the client showed something, and it does not serve. */
const isRefused = (errors: readonly FormattedError[]): boolean =>
  errors.some((error) => error.extensions?.['code'] === 'UNAUTHENTICATED');

type Request = {
  /** Whether it came with an `Authorization`. */
  readonly showsCredentials: boolean;
  /** Told about the errors of the answer. */
  readonly note: (errors: readonly FormattedError[]) => void;
};

/** How an answer with errors begins: those come first, unless there is nothing else. */
const WITH_ERRORS = ['{"errors":', '{"data":null'].map((text) => Buffer.from(text));

/** Answers are texts already. One with errors is read again. */
function readErrors(result: Result): Result {
  if (result.type !== 'buffer') return result;
  const { buffer, statusCode, headers } = result;
  if (!WITH_ERRORS.some((start) => buffer.subarray(0, start.length).equals(start))) return result;
  const json = JSON.parse(buffer.toString('utf8')) as never;
  // It will be another text.
  delete headers['content-length'];
  return { type: 'json', statusCode, headers, json };
}

function coded(result: Result, { showsCredentials, note }: Request): Result {
  if (result.type === 'error') {
    const { statusCode, headers, error } = result;
    const errors = [{ message: error.message, extensions: { code: 'BAD_REQUEST' } }];
    note(errors);
    return { type: 'json', statusCode, headers, json: { errors } };
  }
  if (result.type !== 'json') return result;
  const { errors } = result.json as Json;
  if (!errors) return result;
  const named = errors.map((error) => withCode(error, result.statusCode));
  note(named);
  const json = { ...(result.json as object), errors: named } as never;
  if (showsCredentials && isRefused(named)) {
    return { ...result, statusCode: 401, headers: { ...result.headers, ...CHALLENGE }, json };
  }
  const statusCode = firstStatus(named) ?? result.statusCode;
  const headers = statusCode === 405 ? { ...result.headers, allow: ALLOW } : result.headers;
  return { ...result, statusCode, headers, json };
}

/** Gives every error of an HTTP answer its code, and the answer the status that goes with it. */
export const HttpErrorsPlugin: GraphileConfig.Plugin = {
  name: 'CallboardHttpErrorsPlugin',
  description: 'Codes and HTTP statuses of errors.',
  version: '1.0.0',
  grafserv: {
    middleware: {
      async processRequest(next, event) {
        event.requestDigest.preferJSON = true;
        const result = await next();
        if (!result) return result;
        const { node } = event.requestDigest.requestContext;
        return coded(readErrors(result), {
          showsCredentials: node?.req.headers.authorization !== undefined,
          note: (errors) => node && noteErrors(notesOf(node.req), errors),
        });
      },
    },
  },
};
