import './environment.ts';
import cluster from 'node:cluster';
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import express from 'express';
import { postgraphile } from 'postgraphile';
import { grafserv } from 'postgraphile/grafserv/express/v4';
import type { Database } from '../db/connect.ts';
import type { Unexpected } from '../plugins/errors/mask.ts';
import { MAIL_PATH } from '../worker/marketing/links.ts';
import { mailLinksOf } from '../worker/marketing/marketing.ts';
import { AccessTokens } from '../plugins/session/tokens.ts';
import { KeyUses } from './api-keys.ts';
import { documentOptionsOf } from './documents.ts';
import { queryEmbedder } from './embeddings/queries.ts';
import { encryptionOf } from './encryption.ts';
import { EXPORT_PATH, Exports } from './export/export.ts';
import { answerErrors, onlyMethods, refuseUnknown } from './http/answers.ts';
import { readBody } from './http/body.ts';
import { clientAddress, trustedProxies } from './http/client-address.ts';
import { secureHeaders, storeNothing } from './http/headers.ts';
import { health } from './http/health.ts';
import { hangUpOnSilence, listen, SERVER_OPTIONS } from './http/listen.ts';
import { logRequests } from './http/log-requests.ts';
import { allowOrigins, mayOpenSocket } from './http/origins.ts';
import { Sockets } from './http/sockets.ts';
import { stopGently } from './http/stop.ts';
import { metricsOfAll } from './metrics/cluster.ts';
import { metricsEndpoint } from './metrics/endpoint.ts';
import { measureRequests } from './metrics/measure-requests.ts';
import { Metrics } from './metrics/metrics.ts';
import { Leases } from './limits/leases.ts';
import { Limiter } from './limits/limiter.ts';
import { RequestLimits } from './limits/request-limits.ts';
import { makeLog, type Log } from './log/log.ts';
import { mailRoutes } from './mail/routes.ts';
import { makePreset } from './preset.ts';
import { Requests } from './requests.ts';
import type { Settings } from './settings.ts';
import { Providers } from './sign-in/providers.ts';
import { publishProviders } from './sign-in/publish-providers.ts';
import { PROVIDER_PATH, providerRoutes } from './sign-in/routes.ts';

export { ListenError } from './http/listen.ts';

/** A server that listens. */
export type RunningServer = {
  /** Where people reach it. */
  readonly url: string;
  readonly port: number;
  /** Finishes what has begun, and stops. */
  close(): Promise<void>;
};

export type ServerOptions = {
  readonly database: Database;
  readonly settings: Settings;
  /** More to serve, such as the explorer, before what is not found is refused; `url` is where people reach it all, when it listens. */
  readonly mount?: (app: express.Express, url: () => string) => void;
  /** Absent: a log of its own, as the settings say. */
  readonly log?: Log;
  /** What the process tells Prometheus; absent: requests, the pool and the queue. */
  readonly metrics?: Metrics | undefined;
  /** Told about errors that nobody foresaw; otherwise they go to the log. */
  readonly report?: (error: Unexpected) => void;
};

const GRAPHQL_PATH = '/graphql';

const logUnexpected =
  (log: Log) =>
  ({ id, path, error }: Unexpected): void =>
    log.error({ errorId: id, ...(path ? { field: path } : {}), err: error }, 'Unexpected error.');

/**
 * Serves GraphQL over HTTP and web sockets at `/graphql`, and `/healthz`, `/readyz` and `/metrics` for those who watch over the
 * process.
 *
 * @throws {ListenError} when the address cannot be had
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { database, settings, mount } = options;
  const { publicUrl, corsOrigins, maxRequestBytes, statementTimeoutMs } = settings;
  const log = options.log ?? makeLog(settings);
  const tokens = new AccessTokens(settings.jwtKeys(), settings.accessTokenMinutes, {
    issuer: settings.jwtIssuer,
    audience: settings.jwtAudience,
  });
  const trust = trustedProxies(settings.trustProxy);
  const addressOf = (request: IncomingMessage) => clientAddress(request, trust);
  const keyUses = new KeyUses(database.pool('callboard_authenticator'), {
    onFailure: (error) => log.error({ err: error }, 'Requests with API keys cannot be counted.'),
  });
  const requests = new Requests({ tokens, addressOf });
  const encryption = encryptionOf(settings);
  const report = options.report ?? logUnexpected(log);
  await publishProviders(database, settings.providers);
  // Known when the server listens; nobody asks before.
  let url = publicUrl ?? '';
  const mailLinks = mailLinksOf(settings, () => url);
  const limiter = new Limiter(new Leases(database.pool('callboard_authenticator')), {
    onFailure: (error) => log.error({ err: error }, 'Limits cannot be looked up.'),
  });
  const limits = new RequestLimits(limiter, settings.rateLimits, keyUses);
  const api = postgraphile(
    makePreset({
      pool: database.pool('callboard_authenticator'),
      // It keeps one connection, which operations are not to miss, and does nothing but listen.
      listenPool: database.pool(),
      tokens,
      encryption,
      mailLinks,
      statementTimeoutMs,
      passwordCost: settings.passwordCost,
      sessionDays: settings.sessionDays,
      embedQuery: queryEmbedder(settings.embeddings, log),
      callerOf: requests.callerOf,
      documents: documentOptionsOf(settings),
      report,
      admitAttempt: (what, request) =>
        limits.admitAttempt(what, requests.callerOf(request), request.node?.res),
      admitMore: (count, request) =>
        limits.admitMore(count, requests.callerOf(request), request.node?.res),
    }),
  );
  // A schema that cannot be built is an error of the start, not of the first request.
  await api.getSchema();

  const metrics = options.metrics ?? new Metrics({ database, roles: ['callboard_authenticator'] });

  const app = express();
  app.disable('x-powered-by').disable('etag');
  const server = createServer(SERVER_OPTIONS, app);
  hangUpOnSilence(server, statementTimeoutMs);
  const graphql = api.createServ(grafserv);
  const sockets = new Sockets(graphql, {
    path: GRAPHQL_PATH,
    log,
    maxBytes: maxRequestBytes,
    addressOf,
    isAllowed: (request) => mayOpenSocket(request, corsOrigins, publicUrl),
    callerOf: requests.callerOf,
    admit: limits.admit,
  });
  sockets.attachTo(server);

  app.use(requests.identify, logRequests(log, requests), measureRequests(metrics));
  app.use(secureHeaders(publicUrl?.startsWith('https:') ?? false));
  app.use(health(database));
  const { registry } = metrics;
  app.use(
    metricsEndpoint({
      settings,
      read: () => (cluster.isWorker ? metricsOfAll() : registry.metrics()),
      contentType: registry.contentType,
    }),
  );
  app.use(
    GRAPHQL_PATH,
    storeNothing,
    allowOrigins(corsOrigins),
    onlyMethods('GET', 'HEAD', 'POST', 'OPTIONS'),
    requests.authenticate,
    limits.count(requests.senderOf),
    requests.refuseInvalid,
    ...readBody(maxRequestBytes),
  );
  await graphql.addTo(app, server, false);
  app.use(
    EXPORT_PATH,
    storeNothing,
    allowOrigins(corsOrigins),
    onlyMethods('GET', 'OPTIONS'),
    requests.authenticate,
    limits.count(requests.senderOf),
    requests.refuseInvalid,
    new Exports({
      database,
      callerOf: requests.senderOf,
      statementTimeoutMs,
      ...settings.exports,
      report: (error) => report({ id: randomUUID(), path: EXPORT_PATH, error }),
    }).routes(),
  );
  app.use(PROVIDER_PATH, limits.count(requests.senderOf));
  app.use(
    providerRoutes({
      database,
      providers: new Providers(settings.providers),
      encryption,
      publicUrl: () => url,
      appUrl: () => settings.appUrl ?? url,
      report: (error) => report({ id: randomUUID(), path: undefined, error }),
    }),
  );
  app.use(
    MAIL_PATH,
    mailRoutes({
      database,
      links: mailLinks,
      maxRequestBytes,
      isNoted: (request) => limits.admitVisit(requests.senderOf(request)),
      countReports: limits.countReports(requests.senderOf),
      report: (error) => report({ id: randomUUID(), path: undefined, error }),
    }),
  );
  mount?.(app, () => url);
  app.use(refuseUnknown, answerErrors(log));

  let port: number;
  try {
    ({ port } = await listen(server, settings.port, settings.host));
  } catch (error) {
    await api.release();
    throw error;
  }
  const host = settings.host === '0.0.0.0' ? 'localhost' : settings.host;
  url = publicUrl ?? `http://${host}:${port}`;
  return {
    url,
    port,
    async close() {
      sockets.close();
      await stopGently(server);
      limiter.close();
      await api.release();
      for (const service of api.getResolvedPreset().pgServices ?? []) await service.release?.();
      await keyUses.close();
    },
  };
}
