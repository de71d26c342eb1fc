import type { RequestClient } from '../plugins/session/client.ts';

/** An API key that came with a request. The key itself goes no further than this. */
export type PresentedKey = {
  /** SHA-256, in hex. */
  readonly hash: string;
};

/** Who a request acts for. Only what the token says: what they may do is looked up by the database each time. */
export type Caller = {
  readonly requestId: string;
  /** Undefined: nobody is signed in. */
  readonly session?:
    | {
        readonly userId: string;
        readonly organizationId: string | null;
        /** Absent only where nobody signed in, such as in tests: then the account alone has to be active. */
        readonly sessionId?: string | undefined;
        /** Until when the access token serves. */
        readonly expiresAt?: Date;
      }
    | undefined;
  /** A program with an API key. */
  readonly apiKey?: PresentedKey | undefined;
  /** What sent the request, as the server sees it. */
  readonly client?: RequestClient | undefined;
};

/** Tells callers apart: people, API keys, and for those who are not signed in the addresses they call from. */
export const callerKeyOf = ({ session, apiKey, client }: Caller): string =>
  session?.userId ?? apiKey?.hash ?? client?.address ?? 'nobody';

/** Whether a transaction may write. */
export type Access = 'read only' | 'read write';

/**
 * What opens a transaction (`pgSettings`, as PostGraphile calls them): the role, and who is entered.
 */
export type Entry = {
  readonly role: 'callboard_member' | 'callboard_anonymous';
  /** Absent only where the catalog is read: then nothing but the role is set, and no row is visible. */
  readonly caller?: Caller;
  readonly access: Access;
};

/** How a caller enters the database. */
export const entryOf = (caller: Caller, access: Access): Entry => ({
  role: caller.session || caller.apiKey ? 'callboard_member' : 'callboard_anonymous',
  caller,
  access,
});

/** A call that enters somebody: the function of SQL, and its arguments. */
export type EnteringCall = {
  readonly name: 'authz.enter' | 'authz.enter_session';
  readonly values: readonly (string | null)[];
};

/** The call that enters a caller. Sessions have one of their own, whose arguments need no parsing: it is asked all the time. */
export function enteringCall({ requestId, session, apiKey }: Caller): EnteringCall {
  if (session?.sessionId && !apiKey) {
    const { userId, organizationId, sessionId } = session;
    return { name: 'authz.enter_session', values: [userId, organizationId, sessionId, requestId] };
  }
  const claims = apiKey
    ? { api_key: apiKey.hash, request_id: requestId }
    : {
        user_id: session?.userId,
        organization_id: session?.organizationId,
        request_id: requestId,
      };
  return { name: 'authz.enter', values: [JSON.stringify(claims)] };
}

/** How the schema is built: with the eyes of a member, who may see whatever anybody may see through the API. */
export const CATALOG_ENTRY: Entry = { role: 'callboard_member', access: 'read only' };

/**
 * Reads an entry out of what PostGraphile hands over.
 *
 * @throws Error when there is none: a request without a caller must not reach the database
 */
export function checkedEntry(settings: unknown): Entry {
  const { role, caller, access } = (settings ?? {}) as Partial<Entry>;
  const isApiRole = role === 'callboard_member' || role === 'callboard_anonymous';
  const isAccess = access === 'read only' || access === 'read write';
  if (!isApiRole || !isAccess || (caller === undefined && settings !== CATALOG_ENTRY)) {
    throw new Error('A query without a caller was refused.');
  }
  return { role, access, ...(caller === undefined ? {} : { caller }) };
}
