import { SafeError } from 'postgraphile/grafast';
import type { ParsedGraphQLBody } from 'postgraphile/grafserv';
import type { TrustedDocuments } from './manifest.ts';

export type TrustedDocumentsOptions = {
  readonly documents: TrustedDocuments;
  /** Whether nothing else runs. */
  readonly only: boolean;
};

const refusal = (code: string, message: string) =>
  new SafeError(message, { code, statusCode: 400 });

/** Where clients put the id: Apollo and urql in the extensions, Relay, graphql-codegen and urql beside the variables. */
function idOf({ extensions, documentId, id }: ParsedGraphQLBody): string | undefined {
  const { persistedQuery } = (extensions ?? {}) as { persistedQuery?: unknown };
  const { sha256Hash } = (persistedQuery ?? {}) as { sha256Hash?: unknown };
  return [sha256Hash, documentId, id].find((each) => typeof each === 'string' && each !== '') as
    string | undefined;
}

const isWritten = (query: unknown): query is string => typeof query === 'string' && query !== '';

/** @throws SafeError when the document may not run, or is not there */
function textOf(body: ParsedGraphQLBody, options: TrustedDocumentsOptions | undefined): unknown {
  const id = idOf(body);
  const { query } = body;
  if (!options) {
    if (id === undefined || isWritten(query)) return query;
    throw refusal('PERSISTED_QUERY_NOT_SUPPORTED', 'No documents are registered: send the query.');
  }
  const { documents, only } = options;
  const text = id === undefined ? undefined : documents.textOf(id);
  if (text !== undefined) return text;
  if (only) {
    if (isWritten(query) && documents.isTrusted(query)) return query;
    throw refusal('DOCUMENT_NOT_TRUSTED', 'Only registered documents run here.');
  }
  if (id === undefined || isWritten(query)) return query;
  throw refusal('PERSISTED_QUERY_NOT_FOUND', 'There is no document of this id: send the query.');
}

/** Lets clients name documents by their id instead of sending them; and, if that is wanted, nothing else. */
export const trustedDocumentsPlugin = (
  options: TrustedDocumentsOptions | undefined,
): GraphileConfig.Plugin => ({
  name: 'CallboardTrustedDocumentsPlugin',
  description: 'Runs registered documents.',
  version: '1.0.0',
  grafserv: {
    middleware: {
      processGraphQLRequestBody(next, { body }) {
        body.query = textOf(body, options);
        return next();
      },
    },
  },
});
