import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { actAs, as, enter, makeCast, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { addLinks, addPlan, refusalOf, type AddedPlan, type Link } from './fixtures.ts';

const database = testDatabase();
let cast: Cast;
beforeAll(async () => {
  cast = await makeCast(database, 'ours');
});

const TASKS = { A: 1, B: 1, C: 1, D: 1 };
const CYCLE = { code: 'CB007', field: 'successor_id' };

function inPlan<T>(
  links: readonly Link[],
  work: (client: PoolClient, plan: AddedPlan) => Promise<T>,
) {
  return as(database, cast.member, async (client) =>
    work(client, await addPlan(client, { tasks: TASKS, links })),
  );
}

/** The same circle, wherever one begins to walk it: the smallest title first. */
function circleOf(detail: string | undefined): string {
  const tasks = (detail ?? '').split(' → ');
  expect(tasks.at(-1)).toBe(tasks[0]);
  const round = tasks.slice(1);
  const first = round.indexOf([...round].sort()[0] ?? '');
  return [...round.slice(first), ...round.slice(0, first)].join(' ');
}

describe('a link that closes a circle is refused, and its tasks are named in working order', () => {
  test.each<[name: string, there: Link[], added: Link[], circle: string]>([
    ['two tasks', [['A', 'B']], [['B', 'A']], 'A B'],
    [
      'three tasks',
      [
        ['A', 'B'],
        ['B', 'C'],
      ],
      [['C', 'A']],
      'A B C',
    ],
    [
      'a tail that is no part of it',
      [
        ['D', 'A'],
        ['A', 'B'],
      ],
      [['B', 'A']],
      'A B',
    ],
    [
      'a task that waits for it',
      [
        ['A', 'B'],
        ['B', 'D'],
      ],
      [['B', 'A']],
      'A B',
    ],
    [
      'several links in one statement',
      [],
      [
        ['A', 'B'],
        ['B', 'C'],
        ['C', 'A'],
      ],
      'A B C',
    ],
    ['links of other kinds', [['A', 'B', 'SS', -5]], [['B', 'A', 'SF', 5]], 'A B'],
  ])('%s', async (_name, there, added, circle) => {
    await inPlan(there, async (client, plan) => {
      const refusal = await refusalOf(client, () => addLinks(client, plan, added));
      expect(refusal).toMatchObject(CYCLE);
      expect(circleOf(refusal?.detail)).toBe(circle);
    });
  });

  test('by changing a link', async () => {
    await inPlan(
      [
        ['A', 'B'],
        ['B', 'C'],
        ['C', 'D'],
      ],
      async (client, { taskIds }) => {
        const refusal = await refusalOf(client, () =>
          client.query(
            'update projects.task_dependencies set successor_id = $2 where predecessor_id = $1',
            [taskIds['C'], taskIds['A']],
          ),
        );
        expect(refusal).toMatchObject(CYCLE);
        expect(circleOf(refusal?.detail)).toBe('A B C');
      },
    );
  });

  test('by turning a link round, it does not', async () => {
    await inPlan(
      [
        ['A', 'B'],
        ['B', 'C'],
      ],
      async (client, { taskIds }) => {
        const { rowCount } = await client.query(
          `update projects.task_dependencies set predecessor_id = successor_id, successor_id = predecessor_id
          where predecessor_id = $1`,
          [taskIds['A']],
        );
        expect(rowCount).toBe(1);
      },
    );
  });

  test('two ways to the same task are no circle', async () => {
    await inPlan(
      [
        ['A', 'B'],
        ['A', 'C'],
        ['B', 'D'],
      ],
      async (client, plan) => {
        await expect(
          addLinks(client, plan, [
            ['C', 'D'],
            ['A', 'D'],
          ]),
        ).resolves.toBeUndefined();
      },
    );
  });
});

describe('an archived link', () => {
  test('closes no circle, but cannot be restored into one', async () => {
    await inPlan([['A', 'B']], async (client, plan) => {
      const { rows } = await client.query<{ id: string }>(
        'select (projects.delete_task_dependency(d.id)).id from projects.task_dependencies d where d.predecessor_id = $1',
        [plan.taskIds['A']],
      );
      await addLinks(client, plan, [['B', 'A']]);
      const refusal = await refusalOf(client, () =>
        client.query('select projects.restore_task_dependency($1)', [rows[0]?.id]),
      );
      expect(refusal).toMatchObject(CYCLE);
      expect(circleOf(refusal?.detail)).toBe('A B');
    });
  });
});

describe('what is no link at all', () => {
  test('from a task to itself', async () => {
    await inPlan([], async (client, plan) => {
      const refusal = await refusalOf(client, () => addLinks(client, plan, [['A', 'A']]));
      expect(refusal?.code).toBe('23514');
    });
  });

  test('between two projects', async () => {
    await inPlan([], async (client, plan) => {
      const other = await addPlan(client, { tasks: { Elsewhere: 1 } });
      const mixed = { ...plan, taskIds: { ...plan.taskIds, ...other.taskIds } };
      const refusal = await refusalOf(client, () => addLinks(client, mixed, [['A', 'Elsewhere']]));
      expect(refusal?.code).toBe('23503');
    });
  });

  test('the same one twice', async () => {
    await inPlan([['A', 'B']], async (client, plan) => {
      const refusal = await refusalOf(client, () => addLinks(client, plan, [['A', 'B', 'SS']]));
      expect(refusal?.code).toBe('23505');
    });
  });
});

onServer('two callers who each add half of a circle', () => {
  test('the second waits for the first, and is refused', async () => {
    const plan = await actAs(database, cast.owner, (client) => addPlan(client, { tasks: TASKS }));
    const [first, second] = await Promise.all([
      database.pool('callboard_authenticator').connect(),
      database.pool('callboard_authenticator').connect(),
    ]);
    try {
      for (const client of [first, second]) {
        await client.query('begin');
        await enter(client, cast.member);
      }
      await addLinks(first, plan, [
        ['A', 'B'],
        ['B', 'C'],
      ]);
      const late = addLinks(second, plan, [['C', 'A']]).then(
        () => 'added',
        (error: { code?: string }) => error.code,
      );
      await first.query('commit');
      expect(await late).toBe('CB007');
    } finally {
      await second.query('rollback');
      first.release();
      second.release();
    }
  });
});
