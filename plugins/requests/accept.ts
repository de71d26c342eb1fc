const MENTIONED = /\bapplication\/(graphql-response\+)?json\b/i;
const ANYTHING = /(\*|application)\/\*/i;

/** What GraphQL clients get that do not say what they understand. */
const JSON_TYPE = 'application/json';

/** What a client accepts, said so that it is JSON where it could be anything: what is newer is for those who ask for it. */
export function acceptOf(header: string | undefined): string {
  if (header === undefined) return JSON_TYPE;
  return ANYTHING.test(header) && !MENTIONED.test(header) ? JSON_TYPE : header;
}

/** Whether errors are to come as `application/graphql-response+json`. */
export const acceptsResponseJson = (accept: string): boolean =>
  /\bapplication\/graphql-response\+json\b/i.test(accept);
