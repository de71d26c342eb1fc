/** The program that a request came from, as the server sees it. Nothing in it is for clients to choose. */
export type RequestClient = {
  /** Its IP address, in a form that Postgres takes for `inet`. */
  readonly address?: string | undefined;
  /** What it calls itself. */
  readonly userAgent?: string | undefined;
};

/** The setting `callboard.client`, for `identity.client_address()` and its like. */
export const clientSetting = (client: RequestClient | null | undefined): string =>
  JSON.stringify({ address: client?.address, user_agent: client?.userAgent });
