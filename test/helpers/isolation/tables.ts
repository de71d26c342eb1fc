import type { PoolClient } from 'pg';
import type { Cast } from '../callers.ts';
import { RowMaker } from '../rows.ts';

/** A table as the matrix sees it. */
export type Table = {
  readonly name: string;
  readonly module: string;
  readonly kind: string;
  readonly columns: readonly string[];
  readonly key: readonly string[];
  /** Columns that callers may set in an insert, and in an update the least harmful one first. */
  readonly insertable: readonly string[];
  readonly updatable: readonly string[];
  /** The first that anybody could change. */
  readonly changeable: string;
  /** The function that archives a row; null where there is none. */
  readonly archive: string | null;
};

export type Place = 'shared' | 'private';
export type Row = Readonly<Record<string, unknown>>;

/** Every table that callers can get at in some way. */
export async function tablesOf(client: PoolClient): Promise<Table[]> {
  const { rows } = await client.query<Table>(
    `select t.table_id::text as name, t.module, t.kind,
            array(select a.attname::text from pg_attribute a
                   where a.attrelid = t.table_id and a.attnum > 0 and not a.attisdropped order by a.attnum) as columns,
            array(select a.attname::text
                    from pg_index i
                   cross join lateral unnest(i.indkey) with ordinality as k (attnum, position)
                    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
                   where i.indrelid = t.table_id and i.indisprimary
                   order by k.position) as key,
            array(select a.attname::text from pg_attribute a
                   where a.attrelid = t.table_id and a.attnum > 0 and not a.attisdropped
                     and has_column_privilege('callboard_member', t.table_id, a.attnum, 'insert')) as insertable,
            array(select a.attname::text from pg_attribute a
                   where a.attrelid = t.table_id and a.attnum > 0 and not a.attisdropped
                     and has_column_privilege('callboard_member', t.table_id, a.attnum, 'update')
                   order by a.attname in ('workspace_id', 'status'), a.attname <> 'deleted_at', a.attnum) as updatable,
            (select a.attname::text from pg_attribute a
              where a.attrelid = t.table_id and a.attnum > 0 and not a.attisdropped
                and a.attidentity = '' and a.attgenerated = ''
              order by a.attnum limit 1) as changeable,
            (select p.oid::regproc::text
               from pg_proc p
               join pg_class c on c.oid = t.table_id and c.relnamespace = p.pronamespace and c.reltype = p.prorettype
              where p.proname like 'delete\\_%' and p.proargnames = '{row_id}'
                and t.kind in ('tenant', 'published')) as archive
       from platform.protected_tables t
      where t.kind <> 'internal'
      order by t.module, t.table_id::text`,
  );
  return rows;
}

const placeOf = (cast: Cast, where: Place) => ({
  organizationId: cast.organizationId,
  workspaceId: where === 'private' ? cast.privateWorkspaceId : null,
  userId: cast.owner.userId ?? '',
});

/** Finds or makes the rows that are tried: the organization's own, or its owner's. */
export class Samples {
  readonly #maker = new RowMaker();
  readonly #client: PoolClient;

  /** @param client of the back office */
  constructor(client: PoolClient) {
    this.#client = client;
  }

  async rowOf(table: Table, cast: Cast, where: Place): Promise<Row> {
    const isPlaced = table.columns.includes('workspace_id');
    const found = isPlaced ? undefined : await this.#find(table, cast);
    if (found) return found;
    const place = placeOf(cast, where);
    return this.#maker.insert(this.#client, table.name, place, {
      user_id: place.userId,
      created_by: place.userId,
    });
  }

  /** What a caller would insert: without the organization, and without what callers may not set. */
  async newRow(table: Table, cast: Cast, where: Place): Promise<Row> {
    const values = await this.#maker.values(this.#client, table.name, placeOf(cast, where));
    if (table.insertable.length === 0) return values;
    return Object.fromEntries(
      Object.entries(values).filter(([name]) => table.insertable.includes(name)),
    );
  }

  async #find({ name, columns }: Table, cast: Cast): Promise<Row | undefined> {
    const owner = cast.owner.userId ?? '';
    const scopes: [boolean, string, string][] = [
      [name === 'tenancy.organizations', 'id', cast.organizationId],
      [name === 'identity.users', 'id', owner],
      [columns.includes('organization_id'), 'organization_id', cast.organizationId],
      [columns.includes('user_id'), 'user_id', owner],
    ];
    const scope = scopes.find(([fits]) => fits);
    const { rows } = scope
      ? await this.#client.query<Row>(
          `select * from ${name} where ${scope[1]} = $1 order by 1, 2 limit 1`,
          [scope[2]],
        )
      : await this.#client.query<Row>(`select * from ${name} order by 1 limit 1`);
    return rows[0];
  }
}

/** Whether the table's rows belong to an organization or a person, so that others have some of their own. */
export const isSomebodys = ({ name, columns }: Table): boolean =>
  ['tenancy.organizations', 'identity.users'].includes(name) ||
  columns.includes('organization_id') ||
  columns.includes('user_id');
