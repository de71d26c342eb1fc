import { beforeAll, describe, expect, test } from '@jest/globals';
import { Client, fetchExchange, gql, type AnyVariables, type TypedDocumentNode } from '@urql/core';
import { authExchange } from '@urql/exchange-auth';
import { cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import { serving } from '../../helpers/serving.ts';

const api = serving('urql');
const EMAIL = 'noor@urql.test';
const PASSWORD = 'a password for clients';

type Session = { accessToken: string; refreshToken: string };
type Document<T, V extends AnyVariables = AnyVariables> = TypedDocumentNode<T, V>;
type Node = { id: string; name: string };

const SIGN_UP: Document<{ signUp: { session: Session } }> = gql`
  mutation ($input: SignUpInput!) {
    signUp(input: $input) {
      session {
        accessToken
        refreshToken
      }
    }
  }
`;
const REFRESH: Document<{ refreshSession: { session: Session } | null }> = gql`
  mutation ($token: String!) {
    refreshSession(input: { refreshToken: $token }) {
      __typename
      session {
        __typename
        accessToken
        refreshToken
      }
    }
  }
`;
const PAGE: Document<{
  projects: { nodes: Node[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
}> = gql`
  query ($after: Cursor) {
    projects(first: 3, after: $after) {
      nodes {
        id
        name
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;
const CREATE: Document<{ createProject: { project: Node & { rowId: string } } | null }> = gql`
  mutation ($name: String!) {
    createProject(input: { project: { name: $name } }) {
      project {
        id
        rowId
        name
      }
    }
  }
`;
const RENAME: Document<{ updateProject: { project: Node } | null }> = gql`
  mutation ($rowId: UUID!, $name: String!) {
    updateProject(input: { rowId: $rowId, patch: { name: $name } }) {
      project {
        id
        name
      }
    }
  }
`;
const ME: Document<{ me: { email: string } | null }> = gql`
  {
    me {
      email
    }
  }
`;

/** A front end: a normalizing cache, tokens that renew themselves, and a count of what went over the network. */
class FrontEnd {
  session: Session;
  requests = 0;
  refreshes = 0;
  readonly client: Client;

  constructor(session: Session) {
    this.session = session;
    this.client = new Client({
      url: `${api.url()}/graphql`,
      preferGetMethod: false,
      fetch: (...request) => {
        this.requests += 1;
        return fetch(...request);
      },
      exchanges: [
        cacheExchange({
          keys: { Me: () => null },
          resolvers: { Query: { projects: relayPagination() } },
          updates: {
            Mutation: {
              createProject: (_result, _variables, cache) => cache.invalidate('Query', 'projects'),
            },
          },
        }),
        authExchange((utilities) =>
          Promise.resolve({
            addAuthToOperation: (operation) =>
              this.session.accessToken
                ? utilities.appendHeaders(operation, {
                    authorization: `Bearer ${this.session.accessToken}`,
                  })
                : operation,
            didAuthError: (error) =>
              error.graphQLErrors.some(
                ({ extensions }) => extensions['code'] === 'UNAUTHENTICATED',
              ),
            refreshAuth: async () => {
              this.refreshes += 1;
              const token = this.session.refreshToken;
              // A token that has run out is refused whatever is asked, refreshing too.
              this.session = { accessToken: '', refreshToken: token };
              const { data } = await utilities.mutate(REFRESH, { token });
              if (data?.refreshSession) this.session = data.refreshSession.session;
            },
          }),
        ),
        fetchExchange,
      ],
    });
  }

  async query<T>(document: Document<T>, variables: AnyVariables = {}): Promise<T> {
    const { data, error } = await this.client.query(document, variables).toPromise();
    if (error) throw error;
    return data!;
  }

  mutate<T>(document: Document<T>, variables: AnyVariables = {}) {
    return this.client.mutation(document, variables).toPromise();
  }
}

/** The same token as it is an hour later. */
function outdated({ accessToken, refreshToken }: Session): Session {
  const { userId, organizationId, sessionId } = api.tokens.verify(accessToken);
  const holder = { userId, organizationId, sessionId };
  const issued = api.tokens.issue(holder, new Date(Date.now() - 3_600_000));
  return { accessToken: issued.token, refreshToken };
}

const namesOf = ({ projects }: { projects: { nodes: Node[] } }) =>
  projects.nodes.map(({ name }) => name);

describe('urql with its normalizing cache', () => {
  let frontEnd: FrontEnd;
  beforeAll(async () => {
    const plain = new Client({
      url: `${api.url()}/graphql`,
      preferGetMethod: false,
      exchanges: [fetchExchange],
    });
    const input = { email: EMAIL, password: PASSWORD, name: 'Noor', organizationName: 'Noor & Co' };
    const { data, error } = await plain.mutation(SIGN_UP, { input }).toPromise();
    if (error) throw error;
    frontEnd = new FrontEnd(data!.signUp.session);
    for (const name of ['Ada', 'Bix', 'Cato', 'Dora']) {
      await frontEnd.mutate(CREATE, { name });
    }
  });

  test('refreshes once when the access token has run out, whatever asks at the same time', async () => {
    frontEnd.session = outdated(frontEnd.session);
    const [me, page] = await Promise.all([frontEnd.query(ME), frontEnd.query(PAGE)]);
    expect(me).toMatchObject({ me: { email: EMAIL } });
    expect(namesOf(page)).toEqual(['Ada', 'Bix', 'Cato']);
    expect(frontEnd.refreshes).toBe(1);
  });

  test('joins the pages of a list, and asks for none twice', async () => {
    const first = await frontEnd.query(PAGE);
    const whole = await frontEnd.query(PAGE, { after: first.projects.pageInfo.endCursor });
    expect(namesOf(whole)).toEqual(['Ada', 'Bix', 'Cato', 'Dora']);
    expect(whole.projects.pageInfo.hasNextPage).toBe(false);
    const before = frontEnd.requests;
    expect(namesOf(await frontEnd.query(PAGE))).toEqual(namesOf(whole));
    expect(frontEnd.requests).toBe(before);
  });

  test('sees what it has created, and what it has renamed without asking again', async () => {
    const created = await frontEnd.mutate(CREATE, { name: 'Fern' });
    const project = created.data?.createProject?.project;
    expect(project?.name).toBe('Fern');
    const first = await frontEnd.query(PAGE);
    const whole = await frontEnd.query(PAGE, { after: first.projects.pageInfo.endCursor });
    expect(namesOf(whole)).toContain('Fern');
    await frontEnd.mutate(RENAME, { rowId: project?.rowId, name: 'Fern II' });
    const before = frontEnd.requests;
    expect(namesOf(await frontEnd.query(PAGE))).toContain('Fern II');
    expect(frontEnd.requests).toBe(before);
  });

  test('meets an error that has a code and names the field', async () => {
    const { error } = await frontEnd.mutate(CREATE, { name: '' });
    expect(error?.networkError).toBeUndefined();
    expect(error?.graphQLErrors[0]?.extensions).toMatchObject({
      code: 'CHECK_FAILED',
      field: 'name',
    });
  });
});
