import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { as, makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { addPlan, NOWHERE, refusalOf } from './fixtures.ts';

const database = testDatabase();
let cast: Cast;
beforeAll(async () => {
  cast = await makeCast(database, 'ours');
});

const CYCLE = { code: 'CB007', field: 'parent_task_id' };

/** A with its part B, and B with its part C. */
const inPlan = (
  work: (client: PoolClient, id: (title: string) => string, projectId: string) => Promise<void>,
) =>
  as(database, cast.member, async (client) => {
    const { projectId, taskIds } = await addPlan(client, { tasks: { A: 1, B: 1, C: 1, D: 1 } });
    const id = (title: string) => taskIds[title] ?? NOWHERE;
    await setParent(client, id('B'), id('A'));
    await setParent(client, id('C'), id('B'));
    await work(client, id, projectId);
  });

const setParent = (client: PoolClient, task: string, parent: string | null) =>
  client.query('update projects.project_tasks set parent_task_id = $2 where id = $1', [
    task,
    parent,
  ]);

describe('a task is not part of one of its own parts', () => {
  test.each([
    ['its part', 'B', 'A → B → A'],
    ["its part's part", 'C', 'A → C → B → A'],
  ])('%s', async (_name, parent, detail) => {
    await inPlan(async (client, id) => {
      const refusal = await refusalOf(client, () => setParent(client, id('A'), id(parent)));
      expect(refusal).toMatchObject({ ...CYCLE, detail });
    });
  });

  test('itself', async () => {
    await inPlan(async (client, id) => {
      const refusal = await refusalOf(client, () => setParent(client, id('A'), id('A')));
      expect(refusal?.code).toBe('23514');
    });
  });

  test('by two changes in one statement', async () => {
    await inPlan(async (client, id) => {
      const refusal = await refusalOf(client, () =>
        client.query(
          `update projects.project_tasks t set parent_task_id = n.parent
             from (values ($1::uuid, $2::uuid), ($2, $1)) as n (task, parent)
            where t.id = n.task`,
          [id('A'), id('D')],
        ),
      );
      expect(refusal).toMatchObject(CYCLE);
    });
  });

  test('by tasks that come into being as parts of each other', async () => {
    await inPlan(async (client, _id, projectId) => {
      const refusal = await refusalOf(client, () =>
        client.query(
          `insert into projects.project_tasks (id, project_id, title, parent_task_id)
           values ('00000000-0000-7000-8000-00000000000a', $1, 'X', '00000000-0000-7000-8000-00000000000b'),
                  ('00000000-0000-7000-8000-00000000000b', $1, 'Y', '00000000-0000-7000-8000-00000000000a')`,
          [projectId],
        ),
      );
      expect(refusal).toMatchObject({ ...CYCLE, detail: 'Y → X → Y' });
    });
  });

  test('but it can change places within the tree', async () => {
    await inPlan(async (client, id) => {
      await setParent(client, id('C'), id('A'));
      await setParent(client, id('B'), id('C'));
      const { rows } = await client.query<{ title: string; parent: string }>(
        `select t.title, p.title as parent from projects.project_tasks t
           left join projects.project_tasks p on p.id = t.parent_task_id order by t.title`,
      );
      expect(rows.map((row) => [row.title, row.parent])).toEqual([
        ['A', null],
        ['B', 'C'],
        ['C', 'A'],
        ['D', null],
      ]);
    });
  });

  test("nor of another project's", async () => {
    await inPlan(async (client, id) => {
      const other = await addPlan(client, { tasks: { Elsewhere: 1 } });
      const refusal = await refusalOf(client, () =>
        setParent(client, id('D'), other.taskIds['Elsewhere'] ?? ''),
      );
      expect(refusal?.code).toBe('23503');
    });
  });
});
