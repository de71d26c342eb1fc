/** The program that a request came from, as the server sees it. Nothing in it is for clients to choose. */
export type RequestClient = {
  /** Its IP address, in a form that Postgres takes for `inet`. */
  readonly address?: string | undefined;
  /** What it calls itself. */
  readonly userAgent?: string | undefined;
};

/** What the server tells the database with a call about accounts (`client` in the context of an operation). */
export type Sender = RequestClient & {
  /** The cost of bcrypt; undefined: what the database says. */
  readonly passwordCost?: number | undefined;
  /** Days that a session lasts at most, however often it is refreshed; undefined: what the database says. */
  readonly sessionDays?: number | undefined;
};

/** The setting `callboard.client`, for `identity.client_address()` and its like. */
export const clientSetting = (sender: Sender | null | undefined): string =>
  JSON.stringify({
    address: sender?.address,
    user_agent: sender?.userAgent,
    password_cost: sender?.passwordCost,
    session_days: sender?.sessionDays,
  });
