import { DEMO_ACCOUNTS, DEMO_PASSWORD } from '../db/demo/load.ts';

type Place = {
  /** Where the server is reached. */
  readonly url: string;
  /** Which database it is, for people. */
  readonly database: string;
  /** Whether there are demo accounts. */
  readonly demo: boolean;
  /** Whether there are pages to open: the explorer and the dashboards. */
  readonly hasPages: boolean;
  /** Whether the server runs queries that it does not know already. */
  readonly takesQueries: boolean;
};

/** What `npm start` says when everything is there: where it is, who to sign in as, what to try first. */
export function welcome({ url, database, demo, hasPages, takesQueries }: Place): string {
  const account = DEMO_ACCOUNTS[0];
  const lines = [
    '',
    ...(hasPages ? [`  Callboard   ${url}`] : []),
    `  GraphQL     ${url}/graphql`,
    `  Database    ${database}`,
  ];
  if (demo && account) {
    lines.push('', `  Demo accounts, all with the password ${DEMO_PASSWORD}:`);
    for (const { email, role, what } of DEMO_ACCOUNTS) {
      lines.push(`    ${email.padEnd(24)}${role.padEnd(8)}${what}`);
    }
  }
  if (demo && account && takesQueries) {
    const query = `mutation { signIn(input: {email: \\"${account.email}\\", password: \\"${DEMO_PASSWORD}\\"}) { session { accessToken } me { name organization { name } } } }`;
    lines.push(
      '',
      '  Try:',
      `    curl ${url}/graphql -H 'content-type: application/json' \\`,
      `      -d '{"query": "${query}"}'`,
    );
  }
  return [...lines, '', '  Ctrl-C stops it.', ''].join('\n');
}
