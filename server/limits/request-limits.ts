import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NextFunction, Request, Response } from 'express';
import { SafeError } from 'postgraphile/grafast';
import { isAttempt } from '../../plugins/attempts.ts';
import { CHALLENGE } from '../../plugins/errors/http.ts';
import type { KeyUses } from '../api-keys.ts';
import type { Caller, PresentedKey } from '../caller.ts';
import { refuse } from '../http/answers.ts';
import { networkOf } from '../http/client-address.ts';
import type { RateLimitSettings } from '../settings.ts';
import type { Limit, Limiter, Verdict } from './limiter.ts';

const WINDOW_SECONDS = 60;

/** As the database says it. */
const NO_KEY = 'The API key is not valid, or not any more.';

/** Undefined: there is no limit. */
const limitOf = (name: string, maxRequests: number): Limit | undefined =>
  maxRequests === 0 ? undefined : { name, maxRequests, windowSeconds: WINDOW_SECONDS };

/** What became of a request. */
type Decision = {
  /** Absent where there is no limit. */
  readonly verdict?: Verdict | undefined;
  /** Whether it came with an API key that there is not. Where keys have no limit, the database says so. */
  readonly isKeyUnknown?: boolean;
};

const messageOf = ({ limit, resetAfter }: Verdict) =>
  `Too many requests: no more than ${limit.maxRequests} in ${limit.windowSeconds} seconds. Try again in ${resetAfter} seconds.`;

const extensionsOf = ({ limit, resetAfter }: Verdict) => ({
  code: 'RATE_LIMITED',
  limit: limit.maxRequests,
  windowSeconds: limit.windowSeconds,
  retryAfter: Math.max(1, resetAfter),
});

/** Says in an answer what the limit is and how much of it is left (draft-ietf-httpapi-ratelimit-headers). */
function describe(response: ServerResponse, { admitted, limit, remaining, resetAfter }: Verdict) {
  const { name, maxRequests, windowSeconds } = limit;
  response.setHeader('ratelimit-policy', `"${name}";q=${maxRequests};w=${windowSeconds}`);
  response.setHeader('ratelimit', `"${name}";r=${remaining};t=${resetAfter}`);
  if (!admitted) response.setHeader('retry-after', Math.max(1, resetAfter));
}

/** Lets a request go on, or refuses it. */
function answer(
  decision: Decision | Promise<Decision>,
  response: Response,
  next: NextFunction,
): void {
  const decide = ({ verdict, isKeyUnknown = false }: Decision) => {
    if (verdict) describe(response, verdict);
    if (verdict?.admitted === false) {
      refuse(response, 429, messageOf(verdict), extensionsOf(verdict));
    } else if (isKeyUnknown) {
      response.setHeader('www-authenticate', CHALLENGE['www-authenticate']);
      refuse(response, 401, NO_KEY, { code: 'UNAUTHENTICATED' });
    } else next();
  };
  if (decision instanceof Promise) decision.then(decide, next);
  else decide(decision);
}

/**
 * How often callers may ask: a user, or an API key, wherever the requests come from; whoever is not signed in, or says so with
 * a token that is not valid, by the network of the address.
 */
export class RequestLimits {
  readonly #limiter: Limiter;
  readonly #user: Limit | undefined;
  readonly #key: Limit | undefined;
  readonly #address: Limit | undefined;
  readonly #signIn: number;
  readonly #visits: Limit | undefined;
  readonly #reports: Limit | undefined;
  readonly #keyUses: KeyUses;

  /** @param keyUses told about each request with an API key that goes on */
  constructor(limiter: Limiter, settings: RateLimitSettings, keyUses: KeyUses) {
    this.#limiter = limiter;
    this.#keyUses = keyUses;
    this.#user = limitOf('user', settings.perMinute);
    this.#key = limitOf('key', settings.perMinute);
    this.#address = limitOf('address', settings.anonymousPerMinute);
    this.#signIn = settings.signInPerMinute;
    // Apart, so that a proxy with many readers does not keep the reports of its mail service away.
    this.#visits = limitOf('mail_visits', settings.mailPerMinute);
    this.#reports = limitOf('mail_reports', settings.mailPerMinute);
  }

  /**
   * Counts a request over HTTP, and answers 429 where there were too many, or 401 when its API key is none: otherwise a
   * request that never gets to the database would not hear of it. Its caller has to be known.
   */
  readonly count =
    (callerOf: (request: IncomingMessage) => Caller) =>
    (request: Request, response: Response, next: NextFunction): void =>
      answer(this.#take(callerOf(request)), response, next);

  /** Counts a request with reports about mails, and answers 429 where there were too many, before anything of it is read. */
  readonly countReports =
    (callerOf: (request: IncomingMessage) => Caller) =>
    (request: Request, response: Response, next: NextFunction): void =>
      answer(this.#countAddress(this.#reports, callerOf(request)), response, next);

  /** Counts somebody who follows a link of a mail. False: whoever asks gets an answer, but it is not written down. */
  readonly admitVisit = async (caller: Caller): Promise<boolean> => {
    const { verdict } = await this.#countAddress(this.#visits, caller);
    return verdict?.admitted !== false;
  };

  /**
   * Counts an operation over a web socket.
   *
   * @throws SafeError RATE_LIMITED
   */
  readonly admit = async (caller: Caller): Promise<void> => {
    const { verdict } = await this.#take(caller);
    if (verdict?.admitted === false) throw new SafeError(messageOf(verdict), extensionsOf(verdict));
  };

  /**
   * Counts operations that came with one that has been counted.
   *
   * @param response to be told, where there is one
   * @throws SafeError RATE_LIMITED
   */
  readonly admitMore = async (
    count: number,
    caller: Caller,
    response: ServerResponse | undefined,
  ): Promise<void> => {
    let verdict: Verdict | undefined;
    for (let index = 0; index < count && verdict?.admitted !== false; index += 1) {
      ({ verdict } = await this.#take(caller));
    }
    if (!verdict) return;
    if (response && !response.headersSent) describe(response, verdict);
    if (!verdict.admitted) throw new SafeError(messageOf(verdict), extensionsOf(verdict));
  };

  /**
   * Counts a mutation that tries to get into an account, by which it is and from where.
   *
   * @param response to be told, where there is one
   * @throws SafeError RATE_LIMITED
   */
  readonly admitAttempt = async (
    mutation: string,
    caller: Caller,
    response: ServerResponse | undefined,
  ): Promise<void> => {
    const limit = limitOf(mutation, this.#signIn);
    if (!limit || !isAttempt(mutation, Boolean(caller.session ?? caller.apiKey))) return;
    const verdict = await this.#limiter.take(limit, `address:${networkOf(caller.client?.address)}`);
    if (verdict.admitted) return;
    if (response && !response.headersSent) describe(response, verdict);
    throw new SafeError(messageOf(verdict), extensionsOf(verdict));
  };

  #take(caller: Caller): Decision | Promise<Decision> {
    const { session, apiKey } = caller;
    if (session) return this.#count(this.#user, `user:${session.userId}`);
    if (!apiKey) return this.#countAddress(this.#address, caller);
    const noted = (decision: Decision): Decision => {
      if (decision.verdict?.admitted !== false && !decision.isKeyUnknown)
        this.#keyUses.note(apiKey);
      return decision;
    };
    const decision = this.#takeOfKey(apiKey, caller);
    return decision instanceof Promise ? decision.then(noted) : noted(decision);
  }

  #takeOfKey(apiKey: PresentedKey, caller: Caller): Decision | Promise<Decision> {
    if (!this.#key) return {};
    // A key that is made up is one more request of its address.
    const decide = (verdict: Verdict): Decision | Promise<Decision> => {
      if (verdict.known) return { verdict };
      const decision = this.#countAddress(this.#address, caller);
      const unknown = (counted: Decision) => ({ ...counted, isKeyUnknown: true });
      return decision instanceof Promise ? decision.then(unknown) : unknown(decision);
    };
    const verdict = this.#limiter.take(this.#key, `key:${apiKey.hash}`, apiKey.hash);
    return verdict instanceof Promise ? verdict.then(decide) : decide(verdict);
  }

  #countAddress(limit: Limit | undefined, { client }: Caller): Decision | Promise<Decision> {
    return this.#count(limit, `address:${networkOf(client?.address)}`);
  }

  #count(limit: Limit | undefined, identifier: string): Decision | Promise<Decision> {
    if (!limit) return {};
    const verdict = this.#limiter.take(limit, identifier);
    return verdict instanceof Promise ? verdict.then((given) => ({ verdict: given })) : { verdict };
  }
}
