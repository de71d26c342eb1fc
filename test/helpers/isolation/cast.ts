import { createHash } from 'node:crypto';
import type { Database } from '../../../db/connect.ts';
import { actAs, ANONYMOUS, makeCast, type Caller, type Cast } from '../callers.ts';

/** Who tries what: the columns of the matrix. */
export type Player = {
  /** The head of the column. */
  readonly name: string;
  /** For the legend. */
  readonly explanation: string;
  readonly caller: Caller;
};

export type Stage = {
  readonly ours: Cast;
  readonly theirs: Cast;
  readonly players: readonly Player[];
};

const BOOKKEEPER = ['finance.read', 'finance.write', 'tenancy.read', 'workspaces.shared'];

async function keyOf(database: Database, cast: Cast, scopes: string): Promise<Caller> {
  return actAs(database, cast.owner, async (client) => {
    const { rows } = await client.query<{ token: string }>(
      `select token from tenancy.create_api_key($1, array(
         select p.key from unnest(authz.permissions()) as p (key)
          where p.key !~ '^(tenancy\\.(own|manage_)|workspaces\\.)' and p.key ~ $1))`,
      [scopes],
    );
    return {
      apiKey: createHash('sha256')
        .update(rows[0]?.token ?? '')
        .digest('hex'),
    };
  });
}

/** Two organizations, and everybody who could come to the door of the first. */
export async function makeStage(database: Database): Promise<Stage> {
  const ours = await makeCast(database, 'ours');
  const theirs = await makeCast(database, 'theirs');
  const pool = database.pool();
  const { rows } = await pool.query<{ id: string; name: string }>(
    `insert into identity.users (email, name)
     values ('books@ours.test', 'books'), ('operator@platform.test', 'operator') returning id, name`,
  );
  const idOf = (name: string) => rows.find((row) => row.name === name)?.id ?? '';
  await pool.query(
    `with role as (
       insert into tenancy.roles (organization_id, key, name, permissions)
       values ($1, 'bookkeeper', 'Bookkeeper', $2) returning organization_id, id
     )
     insert into tenancy.organization_members (organization_id, user_id, role_id)
     select organization_id, $3, id from role`,
    [ours.organizationId, BOOKKEEPER, idOf('books')],
  );
  await pool.query("insert into identity.platform_roles (user_id, role) values ($1, 'admin')", [
    idOf('operator'),
  ]);
  const { organizationId } = ours;
  const players: Player[] = [
    { name: 'owner', explanation: 'an owner of the organization', caller: ours.owner },
    { name: 'admin', explanation: 'an admin', caller: ours.admin },
    { name: 'member', explanation: 'a member', caller: ours.member },
    {
      name: 'guest',
      explanation: 'a guest, listed in the private workspace alone',
      caller: ours.guest,
    },
    {
      name: 'own role',
      explanation: `a member with a role of the organization's own: ${BOOKKEEPER.join(', ')}`,
      caller: { userId: idOf('books'), organizationId },
    },
    {
      name: 'left',
      explanation:
        'somebody who was an owner and has left; their token still names the organization',
      caller: ours.left,
    },
    {
      name: 'platform',
      explanation:
        'an administrator of the platform, who belongs to no organization and claims this one',
      caller: { userId: idOf('operator'), organizationId },
    },
    { name: 'nobody', explanation: 'a caller who is not signed in', caller: ANONYMOUS },
    {
      name: 'key, reads',
      explanation: 'an API key of the owner with every scope that ends in .read',
      caller: await keyOf(database, ours, '\\.read$'),
    },
    {
      name: 'key, all',
      explanation: 'an API key of the owner with every scope that a key can have',
      caller: await keyOf(database, ours, '.'),
    },
  ];
  return { ours, theirs, players };
}
