import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { as, makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { RowMaker } from '../helpers/rows.ts';
import { call, giveRole, turnInto, undone } from './calling.ts';

const database = testDatabase();

let cast: Cast;
let other: Cast;
beforeAll(async () => {
  cast = await makeCast(database, 'rooms');
  other = await makeCast(database, 'halls');
});

const remove = (client: PoolClient, row_id: string | null, move_contents_to_id?: string) =>
  call(client, 'tenancy.delete_workspace', { row_id, move_contents_to_id });

describe('deleting a workspace', () => {
  test('takes an empty one away, with who was listed in it', async () => {
    await as(database, cast.admin, async (client) => {
      expect(await remove(client, cast.privateWorkspaceId)).toMatchObject({ slug: 'client-room' });
      expect((await client.query('select from tenancy.workspace_members')).rowCount).toBe(0);
    });
  });

  test('moves all that is in it, of every module, archived rows too', async () => {
    const maker = new RowMaker();
    await undone(database, async (client) => {
      const { rows: tables } = await client.query<{ name: string }>(
        "select table_id::text as name from platform.protected_tables where kind in ('tenant', 'published') order by 1",
      );
      const place = {
        organizationId: cast.organizationId,
        workspaceId: cast.privateWorkspaceId,
        userId: cast.owner.userId!,
      };
      for (const { name } of tables) await maker.insert(client, name, place);
      await client.query(
        'update projects.projects set deleted_at = now() where id = (select min(id::text)::uuid from projects.projects)',
      );
      const inside = async (workspace: string) => {
        await turnInto(client, undefined);
        let count = 0;
        for (const { name } of tables) {
          const { rowCount } = await client.query(`select from ${name} where workspace_id = $1`, [
            workspace,
          ]);
          count += rowCount ?? 0;
        }
        await turnInto(client, cast.admin);
        return count;
      };
      const there = await inside(cast.privateWorkspaceId);
      expect(there).toBeGreaterThanOrEqual(tables.length);
      await client.query('savepoint s');
      await expect(remove(client, cast.privateWorkspaceId)).rejects.toMatchObject({
        code: 'CB005',
        column: 'row_id',
      });
      await client.query('rollback to s');
      await remove(client, cast.privateWorkspaceId, cast.workspaceId);
      expect(await inside(cast.workspaceId)).toBe(there);
      expect(await inside(cast.privateWorkspaceId)).toBe(0);
    });
  });

  test('takes tenancy.write, and to see both', async () => {
    for (const [who, row, to, code, column] of [
      [cast.member, cast.workspaceId, undefined, 'CB003', ''],
      [cast.admin, other.workspaceId, undefined, 'CB004', 'row_id'],
      [cast.admin, null, undefined, 'CB004', 'row_id'],
      [cast.admin, cast.workspaceId, other.workspaceId, 'CB004', 'move_contents_to_id'],
      [cast.admin, cast.workspaceId, cast.workspaceId, 'CB004', 'move_contents_to_id'],
    ] as const) {
      await as(database, who, async (client) => {
        await expect(remove(client, row, to)).rejects.toMatchObject({
          code,
          ...(column ? { column } : {}),
        });
      });
    }
    await undone(database, async (client) => {
      await giveRole(
        client,
        cast.organizationId,
        ['tenancy.write', 'workspaces.shared'],
        [cast.member],
      );
      await turnInto(client, cast.member);
      await client.query('savepoint s');
      await expect(remove(client, cast.privateWorkspaceId)).rejects.toMatchObject({
        code: 'CB004',
        column: 'row_id',
      });
      await client.query('rollback to s');
      await expect(remove(client, cast.workspaceId, cast.privateWorkspaceId)).rejects.toMatchObject(
        { code: 'CB004', column: 'move_contents_to_id' },
      );
    });
  });
});
