// The signed-in session: kept in this browser, renewed when its access token runs out, shared by all its tabs.

/** Where the browser keeps it. */
export const SESSION_KEY = 'callboard:session';
const SESSION = 'session { accessToken refreshToken accessTokenExpiresAt }';
const OUTCOME = `${SESSION} challenge { token }`;

/** An answer with errors, as one error. */
class GraphQLRequestError extends Error {
  constructor(errors) {
    super(errors.map((error) => error.message).join(' '));
    this.code = errors[0]?.extensions?.code;
    this.field = errors[0]?.extensions?.field;
  }
}

export class Session {
  #endpoint;
  #renewal = null;

  constructor(endpoint) {
    this.#endpoint = endpoint;
  }

  get tokens() {
    return JSON.parse(localStorage.getItem(SESSION_KEY) ?? 'null');
  }

  #keep(tokens) {
    if (tokens) localStorage.setItem(SESSION_KEY, JSON.stringify(tokens));
    else localStorage.removeItem(SESSION_KEY);
  }

  /** The access token to send: renewed when it is about to run out, null when nobody is signed in. */
  async accessToken() {
    const { tokens } = this;
    if (!tokens) return null;
    if (Date.parse(tokens.accessTokenExpiresAt) - Date.now() > 10_000) return tokens.accessToken;
    // Requests that start together wait for one renewal: a refresh token serves once.
    this.#renewal ??= this.#renew().finally(() => (this.#renewal = null));
    return this.#renewal;
  }

  async #renew() {
    // Another tab may have renewed it in the meantime; tabs take turns.
    return navigator.locks.request(SESSION_KEY, async () => {
      const { tokens } = this;
      if (!tokens) return null;
      if (Date.parse(tokens.accessTokenExpiresAt) - Date.now() > 10_000) return tokens.accessToken;
      try {
        const { refreshSession } = await this.#ask(
          `mutation Refresh($input: RefreshSessionInput!) { refreshSession(input: $input) { ${SESSION} } }`,
          { input: { refreshToken: tokens.refreshToken } },
          null,
        );
        this.#keep(refreshSession.session);
        return refreshSession.session.accessToken;
      } catch (error) {
        // Only its refusal ends the session; a server that is restarting or has too much to do does not.
        if (error.code !== 'INVALID_CREDENTIALS') throw error;
        this.#keep(null);
        return null;
      }
    });
  }

  /** Sends an operation as whoever is signed in, and resolves to its data. */
  async ask(query, variables) {
    return this.#ask(query, variables, await this.accessToken());
  }

  async #ask(query, variables, token) {
    const response = await fetch(this.#endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await response.json();
    if (errors?.length) throw new GraphQLRequestError(errors);
    return data;
  }

  /** Keeps a session that was made elsewhere on the page; false when it is none that can be kept. */
  take(made) {
    const { accessToken, refreshToken, accessTokenExpiresAt } = made ?? {};
    if (!accessToken || !refreshToken || !accessTokenExpiresAt) return false;
    this.#keep({ accessToken, refreshToken, accessTokenExpiresAt });
    return true;
  }

  /** Keeps the session that a sign-in came to, or returns the challenge that comes before it. */
  #taken({ session, challenge }) {
    if (session) this.#keep(session);
    return challenge;
  }

  /** @returns the challenge of the second factor, or null when somebody is signed in now */
  async signIn(email, password) {
    const { signIn } = await this.#ask(
      `mutation SignIn($input: SignInInput!) { signIn(input: $input) { ${OUTCOME} } }`,
      { input: { email, password } },
      null,
    );
    return this.#taken(signIn);
  }

  /** Answers the challenge with a code of the authenticator app or a recovery code. */
  async completeSignIn(challenge, code) {
    const { completeSignIn } = await this.#ask(
      `mutation CompleteSignIn($input: CompleteSignInInput!) { completeSignIn(input: $input) { ${OUTCOME} } }`,
      { input: { challenge, code } },
      null,
    );
    return this.#taken(completeSignIn);
  }

  /** Signs in with the code that came back from a provider; returns what `signIn` does. */
  async exchangeSignInCode(code, codeVerifier) {
    const { exchangeSignInCode } = await this.#ask(
      `mutation Exchange($input: ExchangeSignInCodeInput!) { exchangeSignInCode(input: $input) { ${OUTCOME} } }`,
      { input: { code, codeVerifier } },
      null,
    );
    return this.#taken(exchangeSignInCode);
  }

  /** Where else people may sign in: names and paths. */
  async providers() {
    const { oauthProviders } = await this.#ask(
      '{ oauthProviders { nodes { key name signInPath } } }',
      {},
      null,
    );
    return oauthProviders.nodes;
  }

  async switchOrganization(organizationId) {
    const { switchOrganization } = await this.#ask(
      `mutation Switch($input: SwitchOrganizationInput!) { switchOrganization(input: $input) { ${SESSION} } }`,
      { input: { organizationId } },
      await this.accessToken(),
    );
    this.#keep({ ...this.tokens, ...switchOrganization.session });
  }

  async signOut() {
    const token = await this.accessToken();
    this.#keep(null);
    if (token) {
      await this.#ask('mutation SignOut { signOut { signedOut } }', {}, token);
    }
  }

  /** Who is signed in, where and as what; null when nobody is. */
  async me() {
    const token = await this.accessToken();
    if (!token) return null;
    try {
      const { me } = await this.#ask(
        '{ me { name email role permissions organization { rowId name } organizations { rowId name role } } }',
        {},
        token,
      );
      return me;
    } catch (error) {
      if (error.code !== 'UNAUTHENTICATED') throw error;
      this.#keep(null);
      return null;
    }
  }
}
