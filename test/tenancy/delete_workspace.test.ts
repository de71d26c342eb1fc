import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { as, enter, makeCast, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { until } from '../helpers/program.ts';
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

onServer('at the same moment', () => {
  test('two that are to move into each other: one goes, the other stays with all', async () => {
    // More than once, since either may be first everywhere.
    for (let round = 0; round < 10; round += 1) {
      const gate = await database.pool().connect();
      const clients = await Promise.all(
        [1, 2].map(() => database.pool('callboard_authenticator').connect()),
      );
      try {
        const pids: number[] = [];
        for (const client of clients) {
          await client.query('begin');
          await enter(client, cast.owner);
          const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
          pids.push(rows[0]!.pid);
        }
        // Both begin when it opens.
        await gate.query('begin');
        await gate.query('lock table tenancy.workspaces in access exclusive mode');
        const outcomes = clients.map(async (client, index) => {
          const [from, to] = [cast.workspaceId, cast.privateWorkspaceId];
          try {
            await (index === 0 ? remove(client, from, to) : remove(client, to, from));
            return 'moved';
          } catch (error) {
            return (error as { code: string }).code;
          } finally {
            await client.query('rollback');
          }
        });
        await until(async () => {
          const { rows } = await database
            .pool()
            .query(
              'select bool_and(cardinality(pg_blocking_pids(pid)) > 0) as wait from unnest($1::int[]) pid',
              [pids],
            );
          return rows[0].wait;
        });
        await gate.query('commit');
        expect(await Promise.all(outcomes)).toEqual(['moved', 'moved']);
      } finally {
        await gate.query('rollback');
        for (const client of [gate, ...clients]) client.release();
      }
    }
  });
});
