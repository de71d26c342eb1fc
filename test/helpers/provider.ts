import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider, type Context } from 'oidc-provider';

/** Somebody who has an account at the local provider. */
export type ProviderAccount = {
  readonly subject: string;
  readonly email?: string;
  readonly emailVerified?: boolean;
  readonly name?: string;
};

export const CLIENT_ID = 'callboard';
export const CLIENT_SECRET = 'a secret between Callboard and the provider';

/** Seconds for which everything of the provider serves. */
const TTL = Object.fromEntries(
  ['AccessToken', 'Grant', 'IdToken', 'Interaction', 'RefreshToken', 'Session'].map((each) => [
    each,
    3600,
  ]),
);

/** What a request is answered with instead of what the provider would say. */
type Trouble = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * A real OpenID provider on this machine, whose sign-in page has a button for each account. Everything goes over HTTP.
 */
export class LocalProvider {
  /** Those who have an account, by subject. Tests add to it. */
  readonly accounts = new Map<string, ProviderAccount>();
  /** Set, it may answer requests in place of the provider. */
  trouble: Trouble | undefined;
  readonly #server: Server;
  #issuer = '';

  private constructor() {
    this.#server = createServer();
  }

  /** @param callback where it sends people back to */
  static async start(callback: (issuer: string) => string): Promise<LocalProvider> {
    const local = new LocalProvider();
    const { promise, resolve } = Promise.withResolvers<void>();
    local.#server.listen(0, '127.0.0.1', resolve);
    await promise;
    local.#issuer = `http://127.0.0.1:${(local.#server.address() as AddressInfo).port}`;
    // It says at length that it is not for production.
    const { warn } = console;
    console.warn = () => undefined;
    const provider = local.#configured(callback(local.#issuer));
    console.warn = warn;
    const answer = provider.callback();
    local.#server.on('request', (request, response) => {
      if (local.trouble?.(request, response)) return;
      if (request.url === '/favicon.ico') response.writeHead(204).end();
      else if (request.url?.startsWith('/interaction/'))
        void local.#interact(provider, request, response);
      else answer(request, response);
    });
    return local;
  }

  get issuer(): string {
    return this.#issuer;
  }

  /** The settings of a server that offers it under a key. */
  settings(key: string): Record<string, string> {
    const prefix = `OIDC_${key.toUpperCase()}`;
    return {
      OIDC_PROVIDERS: key,
      [`${prefix}_ISSUER`]: this.#issuer,
      [`${prefix}_CLIENT_ID`]: CLIENT_ID,
      [`${prefix}_CLIENT_SECRET`]: CLIENT_SECRET,
      [`${prefix}_SCOPES`]: 'openid email profile offline_access',
      // It gives refresh tokens only to whoever is asked for consent.
      [`${prefix}_PARAMETERS`]: 'prompt=consent',
    };
  }

  async stop(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }

  #configured(callback: string): Provider {
    const provider: Provider = new Provider(this.#issuer, {
      clients: [
        {
          client_id: CLIENT_ID,
          client_secret: CLIENT_SECRET,
          redirect_uris: [callback],
          grant_types: ['authorization_code', 'refresh_token'],
        },
      ],
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      scopes: ['openid', 'offline_access'],
      features: { devInteractions: { enabled: false } },
      cookies: { keys: ['a key of the local provider'] },
      interactions: {
        url: (_context: Context, interaction: { uid: string }) => `/interaction/${interaction.uid}`,
      },
      findAccount: (_context: Context, subject: string) => {
        const account = this.accounts.get(subject);
        return (
          account && {
            accountId: subject,
            claims: () => ({
              sub: subject,
              email: account.email,
              email_verified: account.emailVerified,
              name: account.name,
            }),
          }
        );
      },
      ttl: { ...TTL },
    });
    return provider;
  }

  async #interact(
    provider: Provider,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const subject = new URL(request.url ?? '', this.#issuer).searchParams.get('as');
    const details = (await provider.interactionDetails(request, response)) as {
      prompt: { name: string };
      params: { client_id: string; scope: string };
      session?: { accountId: string };
    };
    if (request.method !== 'POST') {
      const buttons = [...this.accounts.values()].map(
        (account) =>
          `<form method="post" action="?as=${account.subject}"><button>${account.name ?? account.subject}</button></form>`,
      );
      response.setHeader('content-type', 'text/html');
      response.end(
        `<title>Local provider</title><h1>Sign in as</h1>${buttons.join('')}
         <form method="post" action="?as="><button>Cancel</button></form>`,
      );
      return;
    }
    if (!subject) {
      await provider.interactionFinished(request, response, {
        error: 'access_denied',
        error_description: 'The person said no.',
      });
      return;
    }
    const { client_id: clientId, scope } = details.params;
    const grant = new provider.Grant({ clientId, accountId: subject });
    grant.addOIDCScope(scope);
    await provider.interactionFinished(request, response, {
      login: { accountId: subject },
      consent: { grantId: await grant.save() },
    });
  }
}
