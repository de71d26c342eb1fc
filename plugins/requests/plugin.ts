import { isSafeError } from 'postgraphile/grafast';
import type { JSONValue, RequestDigest, Result } from 'postgraphile/grafserv';
import type { ErrorCode } from '../errors/registry.ts';
import { extensionsOf, messageOf } from '../limits/refusal.ts';
import { noteErrors, notesOf } from '../notes.ts';
import { acceptOf, acceptsResponseJson } from './accept.ts';
import { answerAll } from './batch.ts';
import { readJson } from './body.ts';
import { RefusedRequest } from './refused.ts';

type Next = (digest: RequestDigest) => Promise<Result | null>;

export type RequestsOptions = {
  /** Operations in one request; with 1, a list of them is refused. */
  readonly maximum: number;
  /**
   * Counts so many operations more than the one that a request is counted as; absent: they are not counted.
   *
   * @throws SafeError RATE_LIMITED when there were too many
   */
  readonly admitMore?:
    ((count: number, request: Partial<Grafast.RequestContext>) => Promise<void>) | undefined;
};

const PARAMETERS = ['query', 'variables', 'operationName', 'extensions', 'documentId', 'id'];

async function checkParameters(digest: RequestDigest): Promise<void> {
  const parameters = await digest.getQueryParams();
  for (const name of PARAMETERS) {
    if (Array.isArray(parameters[name])) {
      throw new RefusedRequest(400, `The parameter ${name} is given more than once.`);
    }
  }
}

/** @throws {RefusedRequest} when there were too many: then none of a list is run, and all of it can be sent again later */
async function admitAll(
  operations: number,
  digest: RequestDigest,
  { admitMore }: RequestsOptions,
): Promise<void> {
  if (operations < 2) return;
  try {
    await admitMore?.(operations - 1, digest.requestContext);
  } catch (error) {
    if (!(error instanceof Error) || !isSafeError(error)) throw error;
    throw new RefusedRequest(429, error.message, error.extensions as { code: ErrorCode });
  }
}

async function answerPost(digest: RequestDigest, options: RequestsOptions, next: Next) {
  const { maximum } = options;
  const json = await readJson(digest);
  const asking = (body: JSONValue): RequestDigest => ({
    ...digest,
    // However it was written.
    headers: { ...digest.headers, 'content-type': 'application/json' },
    getBody: () => ({ type: 'json', json: body }),
  });
  if (!Array.isArray(json)) return next(asking(json));
  if (maximum === 1 || json.length > maximum) {
    const excess = { measure: 'batch', limit: maximum, value: json.length } as const;
    throw new RefusedRequest(400, messageOf(excess), extensionsOf(excess));
  }
  await admitAll(json.length, digest, options);
  return answerAll(json.map((body) => () => next(asking(body))));
}

async function answer(
  digest: RequestDigest,
  options: RequestsOptions,
  next: Next,
): Promise<Result | null> {
  if (digest.method === 'POST') return answerPost(digest, options, next);
  await checkParameters(digest);
  const result = await next(digest);
  // Who asks by GET asks as themselves: nobody else is to get the answer.
  if (result) result.headers['cache-control'] = 'no-store';
  return result;
}

/**
 * What GraphQL over HTTP asks of a server before the document is looked at: what a request is made of, and what its answer.
 *
 * Put it before the plugin that gives errors their codes, so that each answer of a batch has gone through that.
 */
export const requestsPlugin = (options: RequestsOptions): GraphileConfig.Plugin => ({
  name: 'CallboardRequestsPlugin',
  description: 'Reads requests: content types, batches.',
  version: '1.0.0',
  grafserv: {
    middleware: {
      async processRequest(next, event) {
        const { requestDigest: digest, resolvedPreset } = event;
        if (digest.path !== resolvedPreset.grafserv?.graphqlPath) return next();
        const accept = acceptOf(digest.headers['accept']);
        const onwards: Next = async (requestDigest) => {
          event.requestDigest = requestDigest;
          return next();
        };
        let result: Result | null;
        try {
          const headers = { ...digest.headers, accept };
          result = await answer({ ...digest, headers }, options, onwards);
        } catch (error) {
          if (!(error instanceof RefusedRequest)) throw error;
          const { node } = digest.requestContext;
          if (node) noteErrors(notesOf(node.req), [error]);
          result = error.toResult();
        }
        if (result && result.type === 'json' && result.statusCode >= 400) {
          if (acceptsResponseJson(accept)) {
            result.headers['content-type'] = 'application/graphql-response+json; charset=utf-8';
          }
        }
        return result;
      },
    },
  },
});
