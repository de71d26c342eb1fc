import type { PoolClient } from 'pg';
import type { Database } from '../../db/connect.ts';
import { enteringCall } from '../../server/caller.ts';
import type { Sender } from '../../plugins/session/client.ts';

/** Who a test acts as: the claims that a request's token would carry. */
export type Caller = {
  readonly userId?: string;
  readonly organizationId?: string;
  readonly sessionId?: string;
  readonly requestId?: string;
  /** The SHA-256 of an API key, in hex: then nothing of a person counts. */
  readonly apiKey?: string;
  /** What the server tells the database with calls about accounts. */
  readonly client?: Sender;
};

/** Nobody: a caller without a session. */
export const ANONYMOUS: Caller = {};

/** Enters as the server does: the role and the claims, for the rest of the transaction. */
export async function enter(client: PoolClient, caller: Caller): Promise<void> {
  const { userId, organizationId = null, sessionId, apiKey, requestId = 'test' } = caller;
  const { name, values } =
    userId === undefined && apiKey === undefined
      ? // Nobody may claim an organization, and gets nothing by it.
        {
          name: 'authz.enter',
          values: [JSON.stringify({ organization_id: organizationId, request_id: requestId })],
        }
      : enteringCall({
          requestId,
          session: userId === undefined ? undefined : { userId, organizationId, sessionId },
          apiKey: apiKey === undefined ? undefined : { hash: apiKey },
        });
  const placeholders = values.map((_value, index) => `$${index + 2}`).join(', ');
  await client.query(`select set_config('role', $1, true), ${name}(${placeholders})`, [
    userId || apiKey ? 'callboard_member' : 'callboard_anonymous',
    ...values,
  ]);
}

async function enteredAs<T>(
  database: Database,
  caller: Caller,
  end: 'commit' | 'rollback',
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await database.pool('callboard_authenticator').connect();
  try {
    await client.query('begin');
    await enter(client, caller);
    const result = await work(client);
    await client.query(end);
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

/** Lets `work` act as a caller, in a transaction that is rolled back. */
export const as = <T>(
  database: Database,
  caller: Caller,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> => enteredAs(database, caller, 'rollback', work);

/** The same, but what it does stays. */
export const actAs = <T>(
  database: Database,
  caller: Caller,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> => enteredAs(database, caller, 'commit', work);

/** Works as the login that migrates, for whom no policy holds, and undoes it. */
export async function undone<T>(
  database: Database,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await database.pool().connect();
  try {
    await client.query('begin');
    return await work(client);
  } finally {
    await client.query('rollback');
    client.release();
  }
}

/** Signs a caller in for good, as if on a device: requests over HTTP are refused without a session that lives. */
export async function withSession<T extends Caller>(
  database: Database,
  caller: T,
): Promise<T & { readonly sessionId: string }> {
  const { rows } = await database.pool().query<{ id: string }>(
    `insert into identity.session_families (user_id, organization_id, expires_at)
       values ($1, $2, now() + interval '1 day') returning id`,
    [caller.userId, caller.organizationId ?? null],
  );
  return { ...caller, sessionId: rows[0]?.id ?? '' };
}

/** The SQLSTATE that `work` fails with, undoing what it did; undefined when it succeeds. */
export async function sqlstateOf(
  client: PoolClient,
  work: () => Promise<unknown>,
): Promise<string | undefined> {
  await client.query('savepoint attempt');
  try {
    await work();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  } finally {
    await client.query('rollback to savepoint attempt');
  }
}

/** The role that a user has in an organization. */
export type RoleKey = 'owner' | 'admin' | 'member' | 'guest';

/**
 * Two organizations with the same cast: an owner, an admin, a member and a guest each, a shared workspace, a private one
 * that only the guest and the owner are listed in, and somebody who has left.
 */
export type Cast = {
  readonly organizationId: string;
  readonly workspaceId: string;
  readonly privateWorkspaceId: string;
  readonly owner: Caller;
  readonly admin: Caller;
  readonly member: Caller;
  readonly guest: Caller;
  readonly left: Caller;
};

/** Makes an organization with its cast; `name` keeps e-mail addresses apart. */
export async function makeCast(database: Database, name: string): Promise<Cast> {
  const client = await database.pool().connect();
  try {
    const { rows } = await client.query<{ organization_id: string; users: Record<string, string> }>(
      `with people as (
         insert into identity.users (email, name)
         select p.role || '@' || $1 || '.test', initcap(p.role) || ' of ' || initcap($1)
           from unnest('{owner,admin,member,guest,left}'::text[]) as p (role)
         returning id, email
       )
       select tenancy.create_organization(initcap($1), (select id from people where email like 'owner@%'))
                as organization_id,
              (select jsonb_object_agg(split_part(email, '@', 1), id) from people) as users`,
      [name],
    );
    const made = rows[0];
    if (!made) throw new Error('No organization was made.');
    const { organization_id: organizationId, users } = made;
    // Limits are for the tests about them.
    await client.query(
      `select billing.start_subscription($1, p.id, arranged => true)
         from billing.subscription_plans p
        where p.key = 'enterprise'`,
      [organizationId],
    );
    await client.query(
      `insert into tenancy.organization_members (organization_id, user_id, role_id, status)
       select r.organization_id, ($2::jsonb ->> m.who)::uuid, r.id, m.status
         from (values ('admin', 'admin', 'active'), ('member', 'member', 'active'), ('guest', 'guest', 'active'),
                      ('left', 'owner', 'left')) as m (who, role, status)
         join tenancy.roles r on r.organization_id = $1 and r.key = m.role`,
      [organizationId, JSON.stringify(users)],
    );
    const workspaces = await client.query<{ id: string; is_private: boolean }>(
      `with made as (
         insert into tenancy.workspaces (organization_id, name, slug, is_private)
         values ($1, 'Client room', 'client-room', true)
         returning id, is_private
       ),
       listed as (
         insert into tenancy.workspace_members (organization_id, workspace_id, user_id)
         select $1, made.id, $2 from made
       )
       select id, is_private from made
       union all
       select id, is_private from tenancy.workspaces where organization_id = $1 and slug = 'general'`,
      [organizationId, users['guest']],
    );
    const workspace = (isPrivate: boolean) => {
      const id = workspaces.rows.find((row) => row.is_private === isPrivate)?.id;
      if (!id) throw new Error('A workspace is missing.');
      return id;
    };
    const caller = (who: string): Caller => {
      const userId = users[who];
      if (!userId) throw new Error(`Nobody is ${who}.`);
      return { userId, organizationId };
    };
    return {
      organizationId,
      workspaceId: workspace(false),
      privateWorkspaceId: workspace(true),
      owner: caller('owner'),
      admin: caller('admin'),
      member: caller('member'),
      guest: caller('guest'),
      left: caller('left'),
    };
  } finally {
    client.release();
  }
}
