import { createHash, timingSafeEqual } from 'node:crypto';
import { Router, type Request } from 'express';
import type { Registry } from 'prom-client';
import { onlyMethods, refuse } from '../http/answers.ts';
import { storeNothing } from '../http/headers.ts';

export type EndpointOptions = {
  readonly settings: {
    readonly production: boolean;
    /** What readers show; absent: whoever reaches it may read, in development. */
    readonly metricsToken: string | undefined;
  };
  /** What there is to tell, as text for Prometheus. */
  readonly read: () => Promise<string>;
  readonly contentType: Registry['contentType'];
};

const digest = (text: string) => createHash('sha256').update(text).digest();

/** Whether a request shows the token. How long this takes says nothing about it. */
function shows(request: Request, token: string): boolean {
  const shown = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  return shown !== undefined && timingSafeEqual(digest(shown), digest(token));
}

/**
 * `/metrics`, for Prometheus. It is not there by accident, wherever the process listens: in production somebody has to have
 * chosen a token.
 */
export function metricsEndpoint({ settings, read, contentType }: EndpointOptions): Router {
  const { production, metricsToken: token } = settings;
  const router = Router();
  if (production && token === undefined) return router;
  router.all('/metrics', storeNothing, onlyMethods('GET', 'HEAD'), async (request, response) => {
    if (token !== undefined && !shows(request, token)) {
      response.setHeader('www-authenticate', 'Bearer realm="metrics"');
      refuse(response, 401, 'Show the token of METRICS_TOKEN as Authorization: Bearer ….', {
        code: 'UNAUTHENTICATED',
      });
      return;
    }
    response.type(contentType).send(await read());
  });
  return router;
}
