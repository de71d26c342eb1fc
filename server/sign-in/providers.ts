import * as client from 'openid-client';
import type { JourneySecrets } from './state.ts';
import type { ProviderSettings } from '../settings/providers.ts';

/** Why a provider did not answer as it has to. The message is for whoever signs in, and one line. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly code: 'PROVIDER_UNAVAILABLE' | 'PROVIDER_FAILED' | 'SIGN_IN_EXPIRED';

  constructor(code: ProviderError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export type ProviderTokens = {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  readonly tokenType: string;
  readonly scopes: readonly string[];
  /** Undefined: the provider does not say. */
  readonly expiresAt: Date | undefined;
};

/** Who a provider says somebody is. Everything in it has been checked. */
export type ProviderAnswer = {
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | undefined;
  readonly emailVerified: boolean;
  readonly name: string | undefined;
  readonly tokens: ProviderTokens;
};

type Claims = Readonly<Record<string, unknown>>;

/** Seconds that a provider has for each answer. */
const PATIENCE = 10;
/** Milliseconds for which what a provider says about itself is believed. */
const DISCOVERY_LIFETIME = 60 * 60 * 1000;

/** As the provider wants it: in the body when it says that it can, else in the header, which all have to understand. */
const authenticationOf = (secret: string): client.ClientAuth => {
  const inBody = client.ClientSecretPost(secret);
  const inHeader = client.ClientSecretBasic(secret);
  return (server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const authenticate = methods.includes('client_secret_post') ? inBody : inHeader;
    return authenticate(server, ...rest);
  };
};

/** An error and what caused it, the innermost last. */
function* causesOf(
  error: unknown,
): Generator<{ code?: unknown; message?: string; status?: unknown }> {
  let each = error;
  for (let depth = 0; typeof each === 'object' && each !== null && depth < 10; depth += 1) {
    yield each;
    each = (each as { cause?: unknown }).cause;
  }
}

/** Nobody answered, or somebody who says that they are in trouble. */
const isSilence = (error: unknown): boolean =>
  [...causesOf(error)].some(
    ({ code, message, status }) =>
      message === 'fetch failed' ||
      code === 'OAUTH_TIMEOUT' ||
      code === 'OAUTH_ABORT' ||
      (typeof status === 'number' && status >= 500),
  );

function translated(provider: ProviderSettings, cause: unknown): ProviderError {
  const { name } = provider;
  if (cause instanceof client.ResponseBodyError && cause.error === 'invalid_grant') {
    const message = `${name} does not know this sign-in any more. Begin again.`;
    return new ProviderError('SIGN_IN_EXPIRED', message, { cause });
  }
  return isSilence(cause)
    ? new ProviderError('PROVIDER_UNAVAILABLE', `${name} does not answer. Try again later.`, {
        cause,
      })
    : new ProviderError('PROVIDER_FAILED', `${name} gave an answer that does not hold.`, { cause });
}

const textOf = (claims: Claims, ...names: string[]): string | undefined => {
  for (const name of names) {
    const value = claims[name];
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
    if (typeof value === 'number') return String(value);
  }
  return undefined;
};

type TokenAnswer = Awaited<ReturnType<typeof client.authorizationCodeGrant>>;

function tokensOf(answer: TokenAnswer, asked: readonly string[]): ProviderTokens {
  const seconds = answer.expiresIn();
  return {
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token,
    tokenType: answer.token_type,
    // A provider that says nothing has granted what was asked for (RFC 6749, 5.1).
    scopes: answer.scope?.split(/[\s,]+/).filter(Boolean) ?? asked,
    expiresAt: seconds === undefined ? undefined : new Date(Date.now() + seconds * 1000),
  };
}

/** The providers of the settings: where to send somebody, and what to make of what they come back with. */
export class Providers {
  readonly #settings: ReadonlyMap<string, ProviderSettings>;
  readonly #known = new Map<string, { configuration: client.Configuration; until: number }>();

  constructor(settings: readonly ProviderSettings[]) {
    this.#settings = new Map(settings.map((each) => [each.key, each]));
  }

  get all(): readonly ProviderSettings[] {
    return [...this.#settings.values()];
  }

  find(key: string): ProviderSettings | undefined {
    return this.#settings.get(key);
  }

  /**
   * The address that begins a sign-in at the provider.
   *
   * @throws {ProviderError}
   */
  async addressFor(
    provider: ProviderSettings,
    { state, nonce, codeVerifier }: JourneySecrets,
    callback: string,
  ): Promise<URL> {
    return this.#ask(provider, async (configuration) =>
      client.buildAuthorizationUrl(configuration, {
        ...provider.parameters,
        redirect_uri: callback,
        scope: provider.scopes.join(' '),
        state,
        ...(provider.endpoints ? {} : { nonce }),
        code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
      }),
    );
  }

  /**
   * Checks what somebody came back with, exchanges the code, and reads who it is: out of the ID token, whose signature,
   * issuer, audience, times and nonce are checked, and where it leaves something out, from the user info.
   *
   * @param address where they came back to, with all of its query
   * @throws {ProviderError}
   */
  async answerAt(
    provider: ProviderSettings,
    address: URL,
    { state, nonce, codeVerifier }: JourneySecrets,
  ): Promise<ProviderAnswer> {
    return this.#ask(provider, async (configuration) => {
      const answer = await client.authorizationCodeGrant(configuration, address, {
        pkceCodeVerifier: codeVerifier,
        expectedState: state,
        ...(provider.endpoints ? {} : { expectedNonce: nonce, idTokenExpected: true }),
      });
      const claims = provider.endpoints
        ? await this.#plainClaims(configuration, provider.endpoints.userinfo, answer.access_token)
        : await this.#claims(configuration, answer);
      const subject = textOf(claims, 'sub', 'id');
      if (!subject) throw new client.ClientError('There is no subject.');
      const verified = claims['email_verified'];
      return {
        issuer: provider.endpoints ? provider.issuer : (textOf(claims, 'iss') ?? provider.issuer),
        subject,
        email: textOf(claims, 'email'),
        emailVerified: verified === true || verified === 'true' || provider.trustsEmail,
        name: textOf(claims, 'name', 'preferred_username', 'login'),
        tokens: tokensOf(answer, provider.scopes),
      };
    });
  }

  /**
   * New tokens for old.
   *
   * @throws {ProviderError} SIGN_IN_EXPIRED when the provider does not take the refresh token any more
   */
  async renew(provider: ProviderSettings, refreshToken: string): Promise<ProviderTokens> {
    return this.#ask(provider, async (configuration) =>
      tokensOf(await client.refreshTokenGrant(configuration, refreshToken), provider.scopes),
    );
  }

  async #claims(configuration: client.Configuration, answer: TokenAnswer): Promise<Claims> {
    const claims = answer.claims();
    if (!claims) throw new client.ClientError('There is no ID token.');
    const isComplete = claims['email'] !== undefined && claims['name'] !== undefined;
    if (isComplete || !configuration.serverMetadata().userinfo_endpoint) return claims;
    const { access_token: accessToken } = answer;
    return {
      ...(await client.fetchUserInfo(configuration, accessToken, claims.sub)),
      ...claims,
    };
  }

  async #plainClaims(
    configuration: client.Configuration,
    address: string,
    accessToken: string,
  ): Promise<Claims> {
    const response = await client.fetchProtectedResource(
      configuration,
      accessToken,
      new URL(address),
      'GET',
      undefined,
      new Headers({ accept: 'application/json', 'user-agent': 'Callboard' }),
    );
    if (!response.ok) {
      throw new client.ClientError('The user info was refused.', { cause: response });
    }
    const claims: unknown = await response.json();
    if (typeof claims !== 'object' || claims === null) {
      throw new client.ClientError('The user info is no object.');
    }
    return claims as Claims;
  }

  async #ask<T>(
    provider: ProviderSettings,
    work: (configuration: client.Configuration) => Promise<T>,
  ): Promise<T> {
    try {
      return await work(await this.#configurationOf(provider));
    } catch (error) {
      throw translated(provider, error);
    }
  }

  async #configurationOf(provider: ProviderSettings): Promise<client.Configuration> {
    const known = this.#known.get(provider.key);
    if (known && known.until > Date.now()) return known.configuration;
    const { issuer, clientId, clientSecret, endpoints } = provider;
    const authentication = clientSecret ? authenticationOf(clientSecret) : client.None();
    let configuration: client.Configuration;
    // The settings take addresses without TLS for this machine alone.
    const isLocal = issuer.startsWith('http:');
    if (endpoints) {
      configuration = new client.Configuration(
        {
          issuer,
          authorization_endpoint: endpoints.authorization,
          token_endpoint: endpoints.token,
          userinfo_endpoint: endpoints.userinfo,
        },
        clientId,
        undefined,
        authentication,
      );
      if (isLocal) client.allowInsecureRequests(configuration);
    } else {
      configuration = await client.discovery(new URL(issuer), clientId, undefined, authentication, {
        timeout: PATIENCE,
        execute: [
          client.enableNonRepudiationChecks,
          ...(isLocal ? [client.allowInsecureRequests] : []),
        ],
      });
    }
    configuration.timeout = PATIENCE;
    this.#known.set(provider.key, { configuration, until: Date.now() + DISCOVERY_LIFETIME });
    return configuration;
  }
}
