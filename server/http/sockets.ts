import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, makeServer } from 'graphql-ws';
import { makeGraphQLWSConfig, type GrafservBase } from 'postgraphile/grafserv';
import { WebSocketServer, type WebSocket } from 'ws';
import { networkOf } from './client-address.ts';
import type { Log } from '../log/log.ts';
import {
  watchOperations,
  type OperationOptions,
  type SocketOfClient,
} from './socket-operations.ts';

/** Sockets that one address may have open to this process: an office shares one, a flood should not. */
const SOCKETS_PER_ADDRESS = 1_000;
/** Milliseconds between two pings; a socket that does not answer is gone. */
const PING_INTERVAL = 15_000;
/** Said to clients when the server stops: they may come back. */
const GOING_AWAY = 1001;

export type SocketOptions = OperationOptions & {
  readonly path: string;
  readonly log: Log;
  readonly maxBytes: number;
  readonly addressOf: (request: IncomingMessage) => string | undefined;
  readonly isAllowed: (request: IncomingMessage) => boolean;
};

function refuseUpgrade(socket: Duplex, status: number): void {
  const text = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`;
  socket.end(text, () => socket.destroy());
}

/** Operations over web sockets, by the protocol graphql-transport-ws: each with an id, a line in the log, and counted. */
export class Sockets {
  readonly #options: SocketOptions;
  readonly #server: WebSocketServer;
  readonly #perAddress = new Map<string, number>();
  readonly #graphql: ReturnType<typeof makeServer>;
  #closed = false;

  constructor(grafserv: GrafservBase, options: SocketOptions) {
    this.#options = options;
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: options.maxBytes,
      perMessageDeflate: false,
    });
    this.#graphql = makeServer(watchOperations(makeGraphQLWSConfig(grafserv), options));
  }

  attachTo(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      const status = this.#refusal(request);
      if (status === undefined) {
        this.#server.handleUpgrade(request, socket, head, (opened) => this.#open(opened, request));
      } else {
        this.#options.log.info({ path: this.#options.path, status }, 'A web socket was refused.');
        refuseUpgrade(socket, status);
      }
    });
  }

  /** Tells everybody that the server goes away, and hangs up. */
  close(): void {
    this.#closed = true;
    for (const socket of this.#server.clients) {
      socket.close(GOING_AWAY, 'The server stops.');
      setTimeout(() => socket.terminate(), 500).unref();
    }
    this.#server.close();
  }

  /** The HTTP status with which an upgrade is refused; undefined when it is not. */
  #refusal(request: IncomingMessage): number | undefined {
    const { path, isAllowed, addressOf } = this.#options;
    if (this.#closed) return 503;
    if (request.url?.split('?', 1)[0] !== path) return 404;
    if (!isAllowed(request)) return 403;
    const open = this.#perAddress.get(networkOf(addressOf(request))) ?? 0;
    return open >= SOCKETS_PER_ADDRESS ? 429 : undefined;
  }

  #open(socket: WebSocket, request: IncomingMessage): void {
    const address = networkOf(this.#options.addressOf(request));
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    let answers = true;
    const pinging = setInterval(() => {
      if (!answers) socket.terminate();
      answers = false;
      socket.ping();
    }, PING_INTERVAL);
    socket.on('pong', () => {
      answers = true;
    });
    // Of the protocol: too large a message, no UTF-8. The socket closes itself.
    socket.on('error', () => undefined);
    const closed = this.#graphql.opened(
      {
        protocol: socket.protocol,
        send: (data) =>
          new Promise((resolve, reject) => {
            socket.send(data, (error) => {
              // Whoever has hung up does not miss it.
              if (error && socket.readyState === socket.OPEN) reject(error);
              else resolve();
            });
          }),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (take) =>
          socket.on('message', (data: Buffer) => {
            take(data.toString()).catch((error: unknown) => this.#fail(socket, error));
          }),
      },
      { socket, request } satisfies SocketOfClient,
    );
    socket.once('close', (code, reason) => {
      clearInterval(pinging);
      const left = (this.#perAddress.get(address) ?? 1) - 1;
      if (left > 0) this.#perAddress.set(address, left);
      else this.#perAddress.delete(address);
      closed(code, reason.toString()).catch((error: unknown) => {
        this.#options.log.error({ err: error }, 'A subscription did not end well.');
      });
    });
  }

  /** Messages of errors stay here: only their sender's own mistakes would be theirs to know. */
  #fail(socket: WebSocket, error: unknown): void {
    // Whoever has hung up cannot be sent anything.
    if (socket.readyState !== socket.OPEN) return;
    this.#options.log.error({ err: error }, 'A web socket failed.');
    socket.close(CloseCode.InternalServerError, 'Something went wrong.');
  }
}
