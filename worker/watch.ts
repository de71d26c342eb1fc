import { createServer } from 'node:http';
import express from 'express';
import { answerErrors, onlyMethods, refuseUnknown } from '../server/http/answers.ts';
import { listen, SERVER_OPTIONS } from '../server/http/listen.ts';
import { stopGently } from '../server/http/stop.ts';
import type { Log } from '../server/log/log.ts';
import { metricsEndpoint } from '../server/metrics/endpoint.ts';
import type { Metrics } from '../server/metrics/metrics.ts';
import type { Settings } from '../server/settings.ts';

export type WatchOptions = {
  readonly settings: Pick<Settings, 'host' | 'production' | 'metricsToken'>;
  /** 0 takes any that is free. */
  readonly port: number;
  readonly metrics: Metrics;
  readonly log: Log;
};

/**
 * `/metrics` and `/healthz` of a worker that has a process of its own, on a port that somebody has chosen for it. In production
 * `/metrics` is there with a token alone, as that of the server.
 *
 * @throws {ListenError} when the address cannot be had
 */
export async function watchWorker({ settings, port, metrics, log }: WatchOptions) {
  const { registry } = metrics;
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.all('/healthz', onlyMethods('GET', 'HEAD'), (_request, response) => {
    response.json({ status: 'alive' });
  });
  const read = () => registry.metrics();
  app.use(metricsEndpoint({ settings, read, contentType: registry.contentType }));
  if (settings.production && settings.metricsToken === undefined) {
    log.warn('There is no METRICS_TOKEN, so the worker does not answer /metrics.');
  }
  app.use(refuseUnknown, answerErrors(log));
  const server = createServer(SERVER_OPTIONS, app);
  const listening = await listen(server, port, settings.host);
  return { port: listening.port, close: () => stopGently(server) };
}
