import type { PoolClient } from 'pg';
import type { Database } from '../../db/connect.ts';
import type { Caller, Cast, RoleKey } from '../helpers/callers.ts';

export { undone } from '../helpers/callers.ts';

type Row = Record<string, unknown>;

/** Calls a function with named arguments, and returns its row. Undefined arguments are left out. */
export async function call(
  client: PoolClient,
  name: string,
  given: Record<string, unknown> = {},
): Promise<Row> {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  const list = entries.map(([key], index) => `${key} => $${index + 1}`).join(', ');
  const { rows } = await client.query<Row>(
    `select * from ${name}(${list})`,
    entries.map(([, value]) => value),
  );
  return rows[0] ?? {};
}

/** Lets what follows in the transaction act as somebody else; `undefined`: as the owner of the schema again. */
export async function turnInto(client: PoolClient, caller: Caller | undefined): Promise<void> {
  await client.query('reset role');
  if (!caller) return;
  await client.query("select authz.enter($1), set_config('role', 'callboard_member', true)", [
    JSON.stringify({
      user_id: caller.userId,
      organization_id: caller.organizationId,
      session_id: caller.sessionId,
      request_id: 'test',
    }),
  ]);
}

/** Makes a role of the organization's own and gives it to some, as the back office would. Returns its id. */
export async function giveRole(
  client: PoolClient,
  organizationId: string,
  permissions: readonly string[],
  members: readonly Caller[],
  key = 'own',
): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `with made as (
       insert into tenancy.roles (organization_id, key, name, permissions) values ($1, $2, $2, $3) returning id
     ), given as (
       update tenancy.organization_members set role_id = made.id from made where organization_id = $1 and user_id = any ($4)
     )
     select id from made`,
    [organizationId, key, permissions, members.map(({ userId }) => userId)],
  );
  return rows[0]!.id;
}

/** The ids of the organization's roles, by key, and of its members, by user. */
export async function idsOf(database: Database, cast: Cast) {
  const { rows } = await database.pool().query<{
    roles: Record<RoleKey, string>;
    members: Record<string, string>;
  }>(
    `select (select jsonb_object_agg(key, id) from tenancy.roles where organization_id = $1) as roles,
            (select jsonb_object_agg(user_id, id) from tenancy.organization_members where organization_id = $1) as members`,
    [cast.organizationId],
  );
  const { roles, members } = rows[0]!;
  return {
    role: (key: RoleKey): string => roles[key],
    member: ({ userId }: Caller): string => {
      const id = members[userId ?? ''];
      if (!id) throw new Error(`${userId} is no member.`);
      return id;
    },
  };
}
