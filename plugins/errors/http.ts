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

type Json = { errors?: readonly FormattedError[] };

/** What the engine refuses before an operation runs has no code yet. */
function withCode(error: FormattedError): FormattedError {
  const { statusCode, ...extensions } = error.extensions ?? {};
  if (extensions['code'] !== undefined) return { ...error, extensions };
  const isAboutDocument = error.locations !== undefined || error.path !== undefined;
  const code = isAboutDocument && statusCode === undefined ? graphqlCode(error) : 'BAD_REQUEST';
  return { ...error, extensions: { ...extensions, code } };
}

const firstStatus = (errors: readonly FormattedError[]): number | undefined =>
  errors.map((error) => statusOf(String(error.extensions?.['code']))).find(Boolean);

/** Methods of the API, for those who have used another. */
const ALLOW = 'POST, OPTIONS';

function coded(result: Result, note: (errors: readonly FormattedError[]) => void): Result {
  if (result.type === 'error') {
    const { statusCode, headers, error } = result;
    const errors = [{ message: error.message, extensions: { code: 'BAD_REQUEST' } }];
    note(errors);
    return { type: 'json', statusCode, headers, json: { errors } };
  }
  if (result.type !== 'json') return result;
  const { errors } = result.json as Json;
  if (!errors) return result;
  const named = errors.map(withCode);
  note(named);
  const statusCode = firstStatus(named) ?? result.statusCode;
  const headers = statusCode === 405 ? { ...result.headers, allow: ALLOW } : result.headers;
  return {
    ...result,
    statusCode,
    headers,
    json: { ...(result.json as object), errors: named } as never,
  };
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
        return coded(result, (errors) => node && noteErrors(notesOf(node.req), errors));
      },
    },
  },
};
