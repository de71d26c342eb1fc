import type { NextFunction, Request, Response } from 'express';
import { notesOf } from '../../plugins/notes.ts';
import { inLogScope, type Log } from '../log/log.ts';
import type { Requests } from '../requests.ts';

/** Asked every few seconds by those who watch over the process: not worth a line. */
const WATCHED = new Set(['/healthz', '/readyz']);

/** Statuses that somebody should look at; of the second, only when they go on. */
const LEVELS: Readonly<Record<number, 'error' | 'warn'>> = { 500: 'error', 503: 'warn' };

/** The longest path that is logged. */
const PATH_LENGTH = 200;

/** The path as it came, without the query: that may be a whole document with its variables. */
function pathOf(url: string): string {
  const end = url.indexOf('?');
  const path = (end < 0 ? url : url.slice(0, end)).slice(0, PATH_LENGTH);
  // Whoever has the link of a mail may unsubscribe its reader.
  return path.replace(/^(\/mail\/(?:open|click|unsubscribe)\/).*/, '$1…');
}

/**
 * One line for each request, when its answer is out or its connection gone: who asked for what, how it ended, how long it
 * took. Never what was sent or answered.
 */
export function logRequests(log: Log, requests: Requests) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const begun = performance.now();
    const path = pathOf(request.url);
    const caller = requests.senderOf(request);
    response.once('close', () => {
      const { statusCode, writableFinished } = response;
      const level = WATCHED.has(path) ? 'debug' : (LEVELS[statusCode] ?? 'info');
      if (!log.isLevelEnabled(level)) return;
      const { session } = requests.senderOf(request);
      const { operation, operationName, errors, errorIds } = notesOf(request);
      log[level](
        {
          requestId: caller.requestId,
          method: request.method,
          path,
          status: statusCode,
          ms: Math.round((performance.now() - begun) * 10) / 10,
          ...(writableFinished ? {} : { aborted: true }),
          ...(session ? { userId: session.userId, organizationId: session.organizationId } : {}),
          ...(operation ? { operation } : {}),
          ...(operationName ? { operationName } : {}),
          ...(errors.length > 0 ? { errors } : {}),
          ...(errorIds.length > 0 ? { errorIds } : {}),
        },
        'request',
      );
    });
    inLogScope(caller, next);
  };
}
