import { createServer } from 'node:http';
import express from 'express';
import { answerErrors, onlyMethods, refuseUnknown } from '../server/http/answers.ts';
import { listen, SERVER_OPTIONS } from '../server/http/listen.ts';
import { stopGently } from '../server/http/stop.ts';
import type { Log } from '../server/log/log.ts';
import { metricsEndpoint } from '../server/metrics/endpoint.ts';
import type { Metrics } from '../server/metrics/metrics.ts';

export type WatchOptions = {
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  readonly metricsToken: string | undefined;
  readonly metrics: Metrics;
  readonly log: Log;
};

/**
 * `/metrics` and `/healthz` of a worker that has a process of its own, on a port that somebody has chosen for it.
 *
 * @throws {ListenError} when the address cannot be had
 */
export async function watchWorker({ host, port, metricsToken, metrics, log }: WatchOptions) {
  const { registry } = metrics;
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.all('/healthz', onlyMethods('GET', 'HEAD'), (_request, response) => {
    response.json({ status: 'alive' });
  });
  const read = () => registry.metrics();
  app.use(metricsEndpoint({ token: metricsToken, read, contentType: registry.contentType }));
  app.use(refuseUnknown, answerErrors(log));
  const server = createServer(SERVER_OPTIONS, app);
  const listening = await listen(server, port, host);
  return { port: listening.port, close: () => stopGently(server) };
}
