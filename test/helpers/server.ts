import type { Database } from '../../db/connect.ts';
import { serving } from './serving.ts';
import { Subscription } from './subscription.ts';

const SIGN_UP = `mutation ($input: SignUpInput!) { signUp(input: $input) { session { accessToken } } }`;

/** An answer over HTTP. */
export type HttpAnswer = {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into whatever they asked for
  readonly json: any;
};

export type TestServer = {
  readonly database: Database;
  /** The address of the API. */
  url(): string;
  /** The header of somebody who has just signed up, with an organization of their own. */
  signUp(name: string): Promise<{ authorization: string }>;
  post(body: unknown, headers?: Record<string, string>): Promise<HttpAnswer>;
  /** Begins an operation over a web socket of its own. */
  subscribe(operation: object, connectionParams?: object): Subscription;
};

/** A server that counts no requests, so that a test may send as many as it likes. */
export function uncounted(environment: Record<string, string> = {}): TestServer {
  const server = serving('documents', {
    RATE_LIMIT_ANONYMOUS_PER_MINUTE: '0',
    RATE_LIMIT_PER_MINUTE: '0',
    RATE_LIMIT_SIGN_IN_PER_MINUTE: '0',
    ...environment,
  });
  const post: TestServer['post'] = async (body, headers) => {
    const response = await server.post(body, headers);
    return { status: response.status, headers: response.headers, json: await response.json() };
  };
  return {
    database: server.database,
    url: () => `${server.url()}/graphql`,
    post,
    async signUp(name) {
      const input = {
        email: `${name.toLowerCase()}@server.test`,
        password: 'a password for tests',
        name,
        organizationName: name,
      };
      const { json } = await post({ query: SIGN_UP, variables: { input } });
      if (json.errors) throw new Error(JSON.stringify(json.errors));
      return { authorization: `Bearer ${json.data.signUp.session.accessToken}` };
    },
    subscribe: (operation, connectionParams = {}) =>
      new Subscription(server.url(), connectionParams, operation),
  };
}
