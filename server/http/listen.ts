import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The port is taken, or the address is not one of this machine. The message is one line. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/** Milliseconds in which a client has to have sent its headers, and its whole request. */
const HEADERS_PATIENCE = 15_000;
const REQUEST_PATIENCE = 30_000;
/** Longer than load balancers keep idle connections, so that it is they who close them and no request meets a closed one. */
const IDLE_PATIENCE = 65_000;
/** Milliseconds between two looks for connections that take too long. */
const CHECKS = 5_000;
/** Milliseconds in which nothing at all goes over a connection on which something is to be sent, beyond the time of a statement. */
const SILENCE = 60_000;

/** Options of `createServer` that end connections whose clients are slow on purpose, or gone. */
export const SERVER_OPTIONS = {
  headersTimeout: HEADERS_PATIENCE,
  requestTimeout: REQUEST_PATIENCE,
  keepAliveTimeout: IDLE_PATIENCE,
  connectionsCheckingInterval: CHECKS,
  // Other upgrades than to a web socket, such as h2c, are offers: the request is answered as it is.
  shouldUpgradeCallback: ({ headers }: { headers: { upgrade?: string | undefined } }) =>
    headers.upgrade?.toLowerCase() === 'websocket',
};

/** Ends connections whose client does not take its answer. */
export function hangUpOnSilence(server: Server, statementTimeoutMs: number): void {
  server.timeout = statementTimeoutMs + SILENCE;
}

/** @throws {ListenError} when the address cannot be had */
export function listen(server: Server, port: number, host: string): Promise<AddressInfo> {
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
