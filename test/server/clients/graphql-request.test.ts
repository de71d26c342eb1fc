import { beforeAll, describe, expect, test } from '@jest/globals';
import { ClientError, gql, GraphQLClient } from 'graphql-request';
import { serving } from '../../helpers/serving.ts';

const api = serving('graphql-request');
const EMAIL = 'ines@graphql-request.test';
const PASSWORD = 'a password for clients';

const SIGN_UP = gql`
  mutation SignUp($input: SignUpInput!) {
    signUp(input: $input) {
      session {
        accessToken
        refreshToken
      }
    }
  }
`;
const SIGN_IN = gql`
  mutation SignIn($email: String!, $password: String!) {
    signIn(input: { email: $email, password: $password }) {
      session {
        accessToken
        refreshToken
      }
    }
  }
`;
const REFRESH = gql`
  mutation Refresh($token: String!) {
    refreshSession(input: { refreshToken: $token }) {
      session {
        accessToken
        refreshToken
      }
    }
  }
`;
const ME = gql`
  {
    me {
      email
    }
  }
`;
const CREATE = gql`
  mutation Create($name: String!) {
    createProject(input: { project: { name: $name } }) {
      project {
        rowId
        name
      }
    }
  }
`;
const PAGE = gql`
  query Page($after: Cursor) {
    projects(first: 2, after: $after) {
      nodes {
        rowId
        name
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

type Session = { accessToken: string; refreshToken: string };
type Page = {
  projects: {
    nodes: { rowId: string; name: string }[];
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
  };
};

/** A front end's session: its tokens, and a client that sends the one that is there at the moment. */
class FrontEnd {
  session: Session | undefined;
  refreshed = 0;
  readonly #client = new GraphQLClient(`${api.url()}/graphql`, {
    headers: () =>
      this.session
        ? { authorization: `Bearer ${this.session.accessToken}` }
        : ({} as Record<string, string>),
  });

  async signIn(email: string, password: string): Promise<void> {
    const { signIn } = await this.#client.request<{ signIn: { session: Session } }>(SIGN_IN, {
      email,
      password,
    });
    this.session = signIn.session;
  }

  /** Asks; when the access token has run out, refreshes and asks again, as front ends do. */
  async ask<T>(document: string, variables: Record<string, unknown> = {}): Promise<T> {
    try {
      return await this.#client.request<T>(document, variables);
    } catch (error) {
      const isOver = error instanceof ClientError && error.response.status === 401;
      if (!isOver || !this.session) throw error;
      const token = this.session.refreshToken;
      this.session = undefined;
      const answer = await this.#client.request<{ refreshSession: { session: Session } }>(REFRESH, {
        token,
      });
      this.session = answer.refreshSession.session;
      this.refreshed += 1;
      return this.#client.request<T>(document, variables);
    }
  }
}

/** The same token as it is an hour later. */
function outdated({ accessToken, refreshToken }: Session): Session {
  const { userId, organizationId, sessionId } = api.tokens.verify(accessToken);
  const issued = api.tokens.issue(
    { userId, organizationId, sessionId },
    new Date(Date.now() - 3_600_000),
  );
  return { accessToken: issued.token, refreshToken };
}

async function errorOf(asked: Promise<unknown>): Promise<ClientError> {
  const error: unknown = await asked.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ClientError)) throw new Error('It was not refused.', { cause: error });
  return error;
}

describe('graphql-request', () => {
  beforeAll(async () => {
    await new GraphQLClient(`${api.url()}/graphql`).request(SIGN_UP, {
      input: { email: EMAIL, password: PASSWORD, name: 'Ines', organizationName: 'Ines & Co' },
    });
  });

  async function signedIn(): Promise<FrontEnd> {
    const frontEnd = new FrontEnd();
    await frontEnd.signIn(EMAIL, PASSWORD);
    return frontEnd;
  }

  test('signs in', async () => {
    const frontEnd = await signedIn();
    expect(await frontEnd.ask(ME)).toEqual({ me: { email: EMAIL } });
    expect(frontEnd.refreshed).toBe(0);
  });

  test('learns by HTTP 401 that the access token has run out, and refreshes', async () => {
    const frontEnd = await signedIn();
    const first = frontEnd.session!;
    frontEnd.session = outdated(first);
    expect(await frontEnd.ask(ME)).toEqual({ me: { email: EMAIL } });
    expect(frontEnd.refreshed).toBe(1);
    expect(frontEnd.session.refreshToken).not.toBe(first.refreshToken);
  });

  test('is told when the session itself is over, and which field says so', async () => {
    const frontEnd = await signedIn();
    await frontEnd.ask('mutation { signOut { signedOut } }');
    const error = await errorOf(frontEnd.ask(ME));
    expect(error.response.errors?.[0]?.extensions).toMatchObject({
      code: 'INVALID_CREDENTIALS',
      field: 'refreshToken',
    });
  });

  test('reads all pages, no row twice and none left out', async () => {
    const frontEnd = await signedIn();
    const names = Array.from({ length: 5 }, (_, index) => `Paged ${index}`);
    for (const name of names) await frontEnd.ask(CREATE, { name });
    const read: { rowId: string; name: string }[] = [];
    const sizes: number[] = [];
    let after: string | null = null;
    for (;;) {
      const { projects }: Page = await frontEnd.ask<Page>(PAGE, { after });
      read.push(...projects.nodes);
      sizes.push(projects.nodes.length);
      if (!projects.pageInfo.hasNextPage) break;
      after = projects.pageInfo.endCursor;
    }
    expect(sizes).toEqual([2, 2, 1]);
    expect(read.map(({ name }) => name)).toEqual(names);
    expect(new Set(read.map(({ rowId }) => rowId)).size).toBe(names.length);
  });

  test('meets an error that has a code and names the field', async () => {
    const frontEnd = await signedIn();
    const error = await errorOf(frontEnd.ask(CREATE, { name: '' }));
    expect(error.response.status).toBe(200);
    expect(error.response.errors?.[0]).toMatchObject({
      path: ['createProject'],
      extensions: { code: 'CHECK_FAILED', field: 'name' },
    });
    const wrong = await errorOf(new FrontEnd().signIn(EMAIL, 'not the password'));
    expect(wrong.response.errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_CREDENTIALS' });
  });
});
