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

/** Lets bcrypt be quick in this database: the cost that it has without a setting becomes the lowest there is. */
export function cheapPasswords(database: Database): void {
  beforeAll(async () => {
    const { rows } = await database
      .pool()
      .query<{ definition: string }>(
        "select pg_get_functiondef('identity.password_cost()'::regprocedure) as definition",
      );
    await database.pool().query(rows[0]?.definition.replace(/10\)\s*$/m, '4)') ?? '');
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

/** What the server tells the database of whoever sent the request. */
export const comesFrom = (client: PoolClient, address: string, userAgent = 'Tests/1.0') =>
  client.query("select set_config('callboard.client', $1, true)", [
    JSON.stringify({ address, user_agent: userAgent }),
  ]);

/** Signs up for good, without an organization unless one is named. */
export const signedUp = (database: Database, email: string, organization: string | null = null) =>
  actAs(database, ANONYMOUS, (client) =>
    signUp(client, email, PASSWORD, `Name of ${email.split('@')[0] ?? ''}`, organization),
  );

/** The mails that wait in the queue for an address, oldest first. */
export async function mailsTo(
  database: Database,
  email: string,
): Promise<{ template: string; variables: Record<string, string>; token?: object }[]> {
  const { rows } = await database.pool().query(
    `select j.payload ->> 'template' as template, j.payload -> 'variables' as variables, j.payload -> 'token' as token
       from graphile_worker._private_jobs j
       join graphile_worker._private_tasks t on t.id = j.task_id and t.identifier = 'send_mail'
      where j.payload ->> 'to' = $1
      order by j.id`,
    [email],
  );
  return rows;
}

/** The token that a mail of this purpose would have in its link now; undefined when none would be sent. */
export async function linkFor(
  database: Database,
  purpose: string,
  email: string,
  userId?: string,
): Promise<string | undefined> {
  const { rows } = await database
    .pool('callboard_service')
    .query<{ token: string }>('select token from identity.issue_one_time_token($1, $2, $3)', [
      purpose,
      email,
      userId ?? null,
    ]);
  return rows[0]?.token;
}

/** The types of what was noted about a user, oldest first. */
export async function eventsOf(database: Database, userId: string): Promise<string[]> {
  const { rows } = await database
    .pool()
    .query<{ event_type: string }>(
      'select event_type from security.security_events where user_id = $1 order by id',
      [userId],
    );
  return rows.map((row) => row.event_type);
}
