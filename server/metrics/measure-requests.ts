import type { RequestHandler } from 'express';
import { notesOf } from '../../plugins/notes.ts';
import type { Metrics } from './metrics.ts';

/** Asked every few seconds by those who watch over the process: they would drown the rest. */
const WATCHED = new Set(['/healthz', '/readyz', '/metrics']);

/** Notes how long each request took, by the kind of its operation. */
export const measureRequests =
  ({ requestEnded }: Metrics): RequestHandler =>
  (request, response, next) => {
    if (!WATCHED.has(request.path)) {
      const begun = performance.now();
      response.once('close', () => {
        const kind = notesOf(request).operation ?? 'other';
        requestEnded(kind, response.statusCode, (performance.now() - begun) / 1_000);
      });
    }
    next();
  };
