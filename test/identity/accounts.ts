import { beforeAll } from '@jest/globals';
import type { PoolClient } from 'pg';
import type { Database } from '../../db/connect.ts';
import { actAs, ANONYMOUS, type Caller } from '../helpers/callers.ts';

export const PASSWORD = 'correct horse battery';

/** What the functions behind sessions return. */
export type Grant = {
  readonly user_id: string;
  readonly organization_id: string | null;
  readonly session_id: string;
  readonly refresh_token: string;
  readonly challenge: Record<string, unknown> | null;
  readonly refusal: Record<string, unknown> | null;
};

/** Lets bcrypt be quick in this database. */
export function cheapPasswords(database: Database): void {
  beforeAll(async () => {
    await database
      .pool()
      .query('alter role callboard_authenticator set callboard.password_cost = 4');
  });
}

export async function call<T = Grant>(
  client: Pick<PoolClient, 'query'>,
  sql: string,
  values: unknown[] = [],
): Promise<T> {
  const { rows } = await client.query(sql, values);
  if (!rows[0]) throw new Error('No row came back.');
  return rows[0] as T;
}

export const signUp = (client: PoolClient, ...values: (string | null)[]) =>
  call(client, 'select * from identity.sign_up($1, $2, $3, $4)', values);

export const signIn = (
  client: PoolClient,
  email: string,
  password: string,
  organizationId?: string,
) =>
  call(client, 'select * from identity.sign_in($1, $2, $3)', [
    email,
    password,
    organizationId ?? null,
  ]);

export const refresh = (client: Pick<PoolClient, 'query'>, token: string) =>
  call(client, 'select * from identity.refresh_session($1)', [token]);

export const switchTo = (client: PoolClient, organizationId: string) =>
  call(client, 'select * from identity.switch_organization($1)', [organizationId]);

/** Signs somebody in for good. */
export const signedIn = (database: Database, email: string, password = PASSWORD) =>
  actAs(database, ANONYMOUS, (client) => signIn(client, email, password));

/** The claims of the access token that goes with a grant. */
export const holderOf = (grant: Grant): Caller => ({
  userId: grant.user_id,
  sessionId: grant.session_id,
  ...(grant.organization_id ? { organizationId: grant.organization_id } : {}),
});
