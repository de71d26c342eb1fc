import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { NextFunction, Request, Response } from 'express';
import { isSafeError } from 'postgraphile/grafast';
import type { RequestClient } from '../plugins/session/client.ts';
import { invalidToken, type AccessTokens } from '../plugins/session/tokens.ts';
import type { Caller } from './caller.ts';

const REQUEST_ID = /^[\w.:-]{1,128}$/;

/** An IP address as Postgres takes it: without the IPv6 dress of an IPv4 address, and without the name of an interface. */
const plainAddress = (address: string | undefined): string | undefined =>
  address?.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '') || undefined;

const clientOf = (request: IncomingMessage, address: string | undefined): RequestClient => ({
  address: plainAddress(address),
  userAgent: request.headers['user-agent'],
});

/** Who sent a request: told once, when it comes in, and asked for when its operation runs. */
export class Requests {
  readonly #tokens: AccessTokens;
  readonly #callers = new WeakMap<IncomingMessage, Caller>();

  constructor(tokens: AccessTokens) {
    this.#tokens = tokens;
  }

  /** Gives a request its id: the sender's own, when it is a sane one. Answers carry it too. */
  readonly identify = (request: Request, response: Response, next: NextFunction): void => {
    const own = request.get('x-request-id');
    const requestId = own !== undefined && REQUEST_ID.test(own) ? own : randomUUID();
    response.set('x-request-id', requestId);
    this.#callers.set(request, { requestId, client: clientOf(request, request.ip) });
    next();
  };

  /** Finds out who is calling. A wrong token is HTTP 401: never is its sender taken for somebody without one. */
  readonly authenticate = (request: Request, response: Response, next: NextFunction): void => {
    try {
      this.#callers.set(request, {
        ...this.#caller(this.#idOf(request), request.get('authorization')),
        client: clientOf(request, request.ip),
      });
    } catch (error) {
      if (!(error instanceof Error) || !isSafeError(error)) throw error;
      response
        .status(401)
        .set('www-authenticate', 'Bearer error="invalid_token"')
        .json({ errors: [{ message: error.message, extensions: error.extensions }] });
      return;
    }
    next();
  };

  /**
   * The caller of an operation, over HTTP or a web socket (which names its token in `connectionParams.authorization`).
   *
   * @throws SafeError UNAUTHENTICATED when the token of a socket is not valid any more
   */
  readonly callerOf = ({ node, ws }: Partial<Grafast.RequestContext>): Caller => {
    if (node) {
      const caller = this.#callers.get(node.req);
      if (!caller) throw new Error('The request has not been authenticated.');
      return caller;
    }
    if (!ws) throw new Error('An operation came from nowhere.');
    const { connectionParams, request } = ws;
    const named = Object.entries(connectionParams ?? {}).find(
      ([name]) => name.toLowerCase() === 'authorization',
    )?.[1];
    return {
      ...this.#caller(randomUUID(), named ?? request?.headers.authorization),
      ...(request ? { client: clientOf(request, request.socket.remoteAddress) } : {}),
    };
  };

  #idOf(request: IncomingMessage): string {
    return this.#callers.get(request)?.requestId ?? randomUUID();
  }

  #caller(requestId: string, authorization: unknown): Caller {
    if (authorization === undefined || authorization === null) return { requestId };
    const token =
      typeof authorization === 'string' ? /^Bearer +(\S+)$/i.exec(authorization)?.[1] : undefined;
    if (token === undefined) {
      throw invalidToken('The authorization is not of the form "Bearer …".');
    }
    return { requestId, session: this.#tokens.verify(token) };
  }
}
