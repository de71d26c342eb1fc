import { timingSafeEqual } from 'node:crypto';
import express, { type Request, type Response, type Router } from 'express';
import type { Database } from '../../db/connect.ts';
import type { Encryption } from '../encryption.ts';
import { sendFailure, type Failure } from './failure-page.ts';
import { tokenPlace } from './provider-tokens.ts';
import type { ProviderSettings } from '../settings/providers.ts';
import { ProviderError, type ProviderAnswer, type Providers } from './providers.ts';
import { returnAddress, withParameter } from './return-address.ts';
import {
  cookieNameOf,
  isJourneySecret,
  journeyOf,
  newJourneySecret,
  type JourneySecrets,
} from './state.ts';

export type ProviderRoutesOptions = {
  readonly database: Database;
  readonly providers: Providers;
  /** Asked for when there are tokens to keep. */
  readonly encryption: () => Encryption;
  /** Where people reach this server; asked for when it listens. */
  readonly publicUrl: () => string;
  /** Where the front end is; asked for when the server listens. */
  readonly appUrl: () => string;
  /** Told about what a provider did wrong, and about everything that nobody foresaw. */
  readonly report: (error: unknown) => void;
};

/** Milliseconds for a journey to the provider and back: as long as the database knows of it. */
const COOKIE_LIFETIME = 10 * 60 * 1000;
/** Below it are the addresses of all providers. */
export const PROVIDER_PATH = '/auth';

const EXPIRED: Failure = {
  status: 400,
  code: 'SIGN_IN_EXPIRED',
  message: 'This sign-in was begun elsewhere, took too long, or has served already. Begin again.',
};
const STATUS = { PROVIDER_UNAVAILABLE: 503, PROVIDER_FAILED: 502, SIGN_IN_EXPIRED: 400 } as const;

/** A failure as an exception, for what ends a request on the way. */
class Refused extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

const badRequest = (message: string) =>
  new Refused({ status: 400, code: 'INVALID_INPUT', message });

function cookieOf(request: Request, name: string): string | undefined {
  for (const part of (request.get('cookie') ?? '').split(';')) {
    const [key, value] = part.trim().split('=', 2);
    if (key === name) return value;
  }
  return undefined;
}

const isSame = (one: string, other: string) => {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
};

/** The secrets of the journey that a browser comes back from; they are its own only if it has the cookie. */
function journeyBehind(request: Request): JourneySecrets {
  const { state } = request.query;
  if (typeof state !== 'string') throw new Refused(EXPIRED);
  const secret = cookieOf(request, cookieNameOf(state));
  if (secret === undefined || !isJourneySecret(secret)) throw new Refused(EXPIRED);
  const journey = journeyOf(secret);
  if (!isSame(journey.state, state)) throw new Refused(EXPIRED);
  return journey;
}

type Journey = {
  readonly journey_id: string | null;
  readonly intent: 'sign_in' | 'link';
  readonly return_to: string;
};

/**
 * `GET /auth/:provider` sends a browser to a provider; `GET /auth/:provider/callback` takes it back and sends it to the front
 * end with `sign_in_code` or `link_code`, for `exchangeSignInCode` or `linkAccount`, or with `sign_in_error`.
 *
 * Parameters of the first: `return_to`, a path of the front end; `intent`, `sign_in` or `link`; `code_challenge`, the
 * base64url of the SHA-256 of a secret that the front end keeps and hands in with the code.
 */
export function providerRoutes(options: ProviderRoutesOptions): Router {
  const { database, providers, report } = options;
  const router = express.Router();

  const callbackOf = ({ key }: ProviderSettings) =>
    `${options.publicUrl()}${PROVIDER_PATH}/${key}/callback`;
  const cookie = () =>
    ({
      httpOnly: true,
      sameSite: 'lax',
      path: PROVIDER_PATH,
      secure: options.publicUrl().startsWith('https:'),
    }) as const;

  async function query<T>(text: string, values: unknown[]): Promise<T> {
    const { rows } = await database
      .pool('callboard_authenticator')
      .query<{ answer: T }>(text, values);
    const [row] = rows;
    if (!row) throw new Error('The database gave no answer.');
    return row.answer;
  }

  function providerOf(request: Request): ProviderSettings {
    const provider = providers.find(String(request.params['provider']));
    if (provider) return provider;
    throw new Refused({
      status: 404,
      code: 'NOT_FOUND_OR_FORBIDDEN',
      message: 'There is no such provider.',
    });
  }

  async function begin(request: Request, response: Response): Promise<void> {
    const provider = providerOf(request);
    const { return_to: wanted, intent = 'sign_in', code_challenge: challenge } = request.query;
    const returnTo = returnAddress(options.appUrl(), wanted);
    if (returnTo === undefined) throw badRequest('return_to has to be a path of the front end.');
    if (intent !== 'sign_in' && intent !== 'link') {
      throw badRequest('intent has to be sign_in or link.');
    }
    const hasChallenge = typeof challenge === 'string' && /^[A-Za-z0-9_-]{43}$/.test(challenge);
    if (!hasChallenge && (challenge !== undefined || intent === 'link')) {
      throw badRequest('code_challenge has to be the base64url of a SHA-256.');
    }
    const secret = newJourneySecret();
    const journey = journeyOf(secret);
    // The provider is asked first: a journey that cannot begin leaves nothing behind.
    const address = await providers.addressFor(provider, journey, callbackOf(provider));
    const isOpen = await query<boolean>(
      'select identity.begin_provider_sign_in($1, $2, $3, $4, $5) as answer',
      [provider.key, intent, journey.stateHash, returnTo, hasChallenge ? challenge : null],
    );
    if (!isOpen) {
      throw new Refused({
        status: 403,
        code: 'FORBIDDEN',
        message: `Sign-in with ${provider.name} is switched off.`,
      });
    }
    response
      .cookie(cookieNameOf(journey.state), secret, { ...cookie(), maxAge: COOKIE_LIFETIME })
      .redirect(303, address.href);
  }

  async function keep(journeyId: string, answer: ProviderAnswer): Promise<string> {
    const { issuer, subject, tokens } = answer;
    const encryption = options.encryption();
    const code = await query<string | null>(
      'select identity.keep_provider_answer($1, $2, $3, $4) as answer',
      [
        journeyId,
        JSON.stringify({
          issuer,
          subject,
          email: answer.email,
          email_verified: answer.emailVerified,
          name: answer.name,
          token_type: tokens.tokenType,
          scopes: tokens.scopes,
          token_expires_at: tokens.expiresAt,
        }),
        encryption.encrypt(tokens.accessToken, tokenPlace('access', issuer, subject)),
        tokens.refreshToken === undefined
          ? null
          : encryption.encrypt(tokens.refreshToken, tokenPlace('refresh', issuer, subject)),
      ],
    );
    if (code === null) throw new Refused(EXPIRED);
    return code;
  }

  async function comeBack(request: Request, response: Response): Promise<void> {
    const provider = providerOf(request);
    const secrets = journeyBehind(request);
    const { rows } = await database
      .pool('callboard_authenticator')
      .query<Journey>('select * from identity.take_provider_answer($1, $2)', [
        provider.key,
        secrets.stateHash,
      ]);
    const [journey] = rows;
    if (!journey?.journey_id) throw new Refused(EXPIRED);
    response.clearCookie(cookieNameOf(secrets.state), cookie());
    const { error } = request.query;
    if (error !== undefined) {
      const isTrouble = error === 'server_error' || error === 'temporarily_unavailable';
      const code = isTrouble ? 'PROVIDER_UNAVAILABLE' : 'PROVIDER_REFUSED';
      response.redirect(303, withParameter(journey.return_to, 'sign_in_error', code));
      return;
    }
    // Made of the settings, not of what the request says its host is.
    const address = new URL(callbackOf(provider));
    address.search = new URL(request.originalUrl, address).search;
    const code = await keep(
      journey.journey_id,
      await providers.answerAt(provider, address, secrets),
    );
    const parameter = journey.intent === 'link' ? 'link_code' : 'sign_in_code';
    response.redirect(303, withParameter(journey.return_to, parameter, code));
  }

  function failureOf(error: unknown): Failure {
    if (error instanceof Refused) return error.failure;
    report(error);
    if (error instanceof ProviderError) {
      return { status: STATUS[error.code], code: error.code, message: error.message };
    }
    return (error as Error | null)?.name === 'DatabaseUnavailableError'
      ? { status: 503, code: 'DATABASE_UNAVAILABLE', message: 'The database cannot be reached.' }
      : { status: 500, code: 'INTERNAL_ERROR', message: 'Something went wrong.' };
  }

  const handled =
    (work: (request: Request, response: Response) => Promise<void>) =>
    async (request: Request, response: Response): Promise<void> => {
      response.set({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
      try {
        await work(request, response);
      } catch (error) {
        sendFailure(request, response, failureOf(error), options.appUrl());
      }
    };

  router.get(`${PROVIDER_PATH}/:provider`, handled(begin));
  router.get(`${PROVIDER_PATH}/:provider/callback`, handled(comeBack));
  return router;
}
