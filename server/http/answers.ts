import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import { noteErrors, notesOf } from '../../plugins/notes.ts';
import type { Log } from '../log/log.ts';

/** Refuses a request that never got as far as GraphQL, in the form of a GraphQL error. */
export function refuse(
  response: Response,
  status: number,
  message: string,
  extensions: Readonly<Record<string, unknown>> = {},
): void {
  const error = { message, extensions: { code: 'BAD_REQUEST', ...extensions } };
  noteErrors(notesOf(response.req), [error]);
  response.status(status).json({ errors: [error] });
}

/** Refuses what nothing else has answered. */
export const refuseUnknown: RequestHandler = (_request, response) =>
  refuse(response, 404, 'There is nothing at this address.');

/** Refuses other methods than those that a path has. */
export const onlyMethods =
  (...methods: readonly string[]): RequestHandler =>
  (request, response, next) => {
    if (methods.includes(request.method)) {
      next();
      return;
    }
    response.setHeader('allow', methods.join(', '));
    refuse(response, 405, `Use ${methods.join(' or ')} here.`);
  };

const MESSAGES: Readonly<Record<number, string>> = {
  400: 'The request is not valid.',
  413: 'The request is too large.',
  415: 'Send JSON as UTF-8, not compressed.',
};

/** How large a request may be, and how large this one is at least. */
function sizesOf(error: unknown) {
  const { limit, length, received } = error as Readonly<Record<string, unknown>>;
  return { code: 'REQUEST_TOO_LARGE', limit, value: length ?? received };
}

/** Answers errors of requests without repeating them; those that are ours are in the log, under an id that the answer has. */
export const answerErrors =
  (log: Log): ErrorRequestHandler =>
  (error: unknown, _request, response, next) => {
    if (response.headersSent) {
      // Too late for an answer: the connection is closed, so that nobody takes half of one for the whole.
      log.error({ err: error }, 'An answer broke off.');
      next(error);
      return;
    }
    const said = (error as { status?: unknown } | null)?.status;
    const status = typeof said === 'number' && said >= 400 && said < 500 ? said : 500;
    if (status === 413) {
      refuse(response, status, MESSAGES[status] ?? '', sizesOf(error));
      return;
    }
    if (status < 500) {
      refuse(response, status, MESSAGES[status] ?? 'The request is not valid.');
      return;
    }
    const id = crypto.randomUUID();
    log.error({ errorId: id, err: error }, 'A request failed.');
    refuse(response, 500, `Something went wrong. Error id ${id}.`, { code: 'INTERNAL_ERROR', id });
  };
