import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { NextFunction, Request, Response } from 'express';
import { isSafeError, type SafeError } from 'postgraphile/grafast';
import type { RequestClient } from '../plugins/session/client.ts';
import { invalidToken, type AccessTokens } from '../plugins/session/tokens.ts';
import { CHALLENGE } from '../plugins/errors/http.ts';
import { presentedKey } from './api-keys.ts';
import type { Caller } from './caller.ts';
import { refuse } from './http/answers.ts';
import { logScope } from './log/log.ts';

/** Finds the address of the client, behind whatever proxies there are; undefined when the connection has gone. */
type AddressOf = (request: IncomingMessage) => string | undefined;

export type RequestsOptions = {
  readonly tokens: AccessTokens;
  readonly addressOf: AddressOf;
};

const REQUEST_ID = /^[\w.:-]{1,128}$/;

/** Who sent a request: told once, when it comes in, and asked for when its operation runs. */
export class Requests {
  readonly #tokens: AccessTokens;
  readonly #addressOf: AddressOf;
  readonly #callers = new WeakMap<IncomingMessage, Caller>();
  readonly #invalid = new WeakMap<IncomingMessage, SafeError>();

  constructor({ tokens, addressOf }: RequestsOptions) {
    this.#tokens = tokens;
    this.#addressOf = addressOf;
  }

  /** Gives a request its id: the sender's own, when it is a sane one. Answers carry it too. */
  readonly identify = (request: Request, response: Response, next: NextFunction): void => {
    const own = request.headers['x-request-id'];
    const requestId = typeof own === 'string' && REQUEST_ID.test(own) ? own : randomUUID();
    response.setHeader('x-request-id', requestId);
    this.#callers.set(request, { requestId, client: this.#clientOf(request) });
    next();
  };

  /** Finds out who is calling. Whether the token was a valid one is for `refuseInvalid`, once the request is counted. */
  readonly authenticate = (request: Request, _response: Response, next: NextFunction): void => {
    const { requestId } = this.#known(request);
    try {
      this.#callers.set(request, this.#caller(requestId, request, authorizationOf(request)));
    } catch (error) {
      if (!(error instanceof Error) || !isSafeError(error)) throw error;
      this.#invalid.set(request, error);
    }
    next();
  };

  /** A wrong token is HTTP 401: never is its sender taken for somebody without one. */
  readonly refuseInvalid = (request: Request, response: Response, next: NextFunction): void => {
    const invalid = this.#invalid.get(request);
    if (!invalid) {
      next();
      return;
    }
    response.setHeader('www-authenticate', CHALLENGE['www-authenticate']);
    refuse(response, 401, invalid.message, invalid.extensions);
  };

  /** The sender of a request as far as it is known: whoever has a token that is not valid is nobody, at an address. */
  readonly senderOf = (request: IncomingMessage): Caller => this.#known(request);

  /**
   * The caller of an operation, over HTTP or a web socket (which names its token in `connectionParams.authorization`).
   *
   * @throws SafeError UNAUTHENTICATED when the token of a socket is not valid any more
   */
  readonly callerOf = ({ node, ws }: Partial<Grafast.RequestContext>): Caller => {
    if (node) {
      const invalid = this.#invalid.get(node.req);
      if (invalid) throw invalid;
      return this.#known(node.req);
    }
    if (!ws) throw new Error('An operation came from nowhere.');
    const { connectionParams, request } = ws;
    const requestId = logScope()?.requestId ?? randomUUID();
    const named = Object.entries(connectionParams ?? {}).filter(
      ([name]) => name.toLowerCase() === 'authorization',
    );
    if (named.length > 1) throw ambiguous();
    const authorization = named[0]?.[1] ?? (request && authorizationOf(request));
    return this.#caller(requestId, request, authorization);
  };

  #known(request: IncomingMessage): Caller {
    const caller = this.#callers.get(request);
    if (!caller) throw new Error('The request has not been identified.');
    return caller;
  }

  #clientOf(request: IncomingMessage): RequestClient {
    return { address: this.#addressOf(request), userAgent: request.headers['user-agent'] };
  }

  #caller(requestId: string, request: IncomingMessage | undefined, authorization: unknown): Caller {
    const nobody = { requestId, ...(request ? { client: this.#clientOf(request) } : {}) };
    if (authorization === undefined || authorization === null) return nobody;
    const token =
      typeof authorization === 'string' ? /^Bearer +(\S+)$/i.exec(authorization)?.[1] : undefined;
    if (token === undefined) {
      throw invalidToken('The authorization is not of the form "Bearer …".');
    }
    const apiKey = presentedKey(token);
    if (!apiKey) return { ...nobody, session: this.#tokens.verify(token) };
    return { ...nobody, apiKey };
  }
}

const ambiguous = () => invalidToken('There is more than one authorization.');

/**
 * The `Authorization` header of a request.
 *
 * @throws SafeError UNAUTHENTICATED when there are two: Node would drop the second without a word, and another server on the
 * way may have looked at the other one
 */
function authorizationOf({ headers, rawHeaders }: IncomingMessage): string | undefined {
  const { authorization } = headers;
  if (authorization === undefined) return undefined;
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 13 && name.toLowerCase() === 'authorization') count += 1;
  }
  if (count > 1) throw ambiguous();
  return authorization;
}
