import './environment.ts';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import express, { type NextFunction, type Request, type Response } from 'express';
import { postgraphile } from 'postgraphile';
import { grafserv } from 'postgraphile/grafserv/express/v4';
import type { Database } from '../db/connect.ts';
import type { Unexpected } from '../plugins/errors/mask.ts';
import { AccessTokens } from '../plugins/session/tokens.ts';
import { makePreset } from './preset.ts';
import { readinessOf } from './readiness.ts';
import { Requests } from './requests.ts';
import type { Settings } from './settings.ts';

/** The port is taken, or the address is not one of this machine. The message is one line. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

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
  /** More to serve, such as the explorer, before what is not found is refused. */
  readonly mount?: (app: express.Express) => void;
  /** Told about errors that nobody foresaw; otherwise they go to the log. */
  readonly report?: (error: Unexpected) => void;
};

/** Milliseconds that requests have to finish when the server stops. */
const PATIENCE = 5_000;

function logUnexpected({ id, path, error }: Unexpected): void {
  console.error(`Error ${id}${path ? ` at ${path}` : ''}:`, error);
}

function refuse(response: Response, status: number, message: string): void {
  response.status(status).json({ errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] });
}

function listen(server: Server, port: number, host: string): Promise<AddressInfo> {
  const { promise, resolve, reject } = Promise.withResolvers<AddressInfo>();
  server.once('error', (error: NodeJS.ErrnoException) => {
    const reason =
      error.code === 'EADDRINUSE'
        ? `port ${port} is in use. Stop what listens there, or set PORT.`
        : `${error.message}. Check HOST and PORT.`;
    reject(new ListenError(`Cannot listen on ${host}:${port}: ${reason}`, { cause: error }));
  });
  server.listen(port, host, () => resolve(server.address() as AddressInfo));
  return promise;
}

/**
 * Serves GraphQL over HTTP and web sockets at `/graphql`, and `/healthz` and `/readyz` for those who watch over the process.
 *
 * @throws {ListenError} when the address cannot be had
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { database, settings, mount, report = logUnexpected } = options;
  const tokens = new AccessTokens(settings.jwtSecret(), settings.accessTokenMinutes);
  const requests = new Requests(tokens);
  const api = postgraphile(
    makePreset({
      pool: database.pool('callboard_authenticator'),
      // It keeps one connection, which operations are not to miss, and does nothing but listen.
      listenPool: database.pool(),
      tokens,
      statementTimeoutMs: settings.statementTimeoutMs,
      callerOf: requests.callerOf,
      report,
    }),
  );
  // A schema that cannot be built is an error of the start, not of the first request.
  await api.getSchema();

  const app = express();
  app.disable('x-powered-by');
  const server = createServer(app);
  // They stay open for as long as somebody is subscribed, so that stopping has to close them.
  const webSockets = new Set<Duplex>();
  server.on('upgrade', (_request, socket) => {
    webSockets.add(socket);
    socket.once('close', () => webSockets.delete(socket));
  });
  app.use(requests.identify);
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'alive' });
  });
  app.get('/readyz', async (_request, response) => {
    const readiness = await readinessOf(database);
    response.status(readiness.status === 'ready' ? 200 : 503).json(readiness);
  });
  app.use('/graphql', requests.authenticate);
  const graphql = api.createServ(grafserv);
  await graphql.addTo(app, server);
  mount?.(app);
  app.use((request, response) => refuse(response, 404, `There is nothing at ${request.path}.`));
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const status = (error as { status?: number }).status ?? 500;
    if (status >= 500) console.error(error);
    refuse(response, status, status >= 500 ? 'Something went wrong.' : 'The request is not valid.');
  });

  let address: AddressInfo;
  try {
    address = await listen(server, settings.port, settings.host);
  } catch (error) {
    await api.release();
    throw error;
  }
  const host = settings.host === '0.0.0.0' ? 'localhost' : settings.host;
  return {
    url: settings.publicUrl ?? `http://${host}:${address.port}`,
    port: address.port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await api.release();
      for (const service of api.getResolvedPreset().pgServices ?? []) await service.release?.();
      for (const socket of webSockets) socket.destroy();
      const patience = setTimeout(() => server.closeAllConnections(), PATIENCE);
      await closed;
      clearTimeout(patience);
    },
  };
}
