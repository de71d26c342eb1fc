import { beforeAll, describe, expect, test } from '@jest/globals';
import { as, makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import type { Link, Plan } from './fixtures.ts';
import { schedule, type Summary } from './timeline.ts';

const database = testDatabase();
let cast: Cast;
beforeAll(async () => {
  cast = await makeCast(database, 'ours');
});

/** Monday. It is worked from Monday to Friday. */
const project = { starts_on: '2026-05-04' };
const scheduled = (plan: Plan) =>
  as(database, cast.member, (client) => schedule(client, { project, ...plan }));

describe('a project', () => {
  test('without tasks has no finish and nothing critical', async () => {
    const { timeline } = await scheduled({ tasks: {} });
    expect(timeline).toMatchObject({
      starts_on: '2026-05-04',
      finishes_on: null,
      working_days: 0,
      ends_on: null,
      days_late: null,
      critical_path: [],
      tasks: [],
    });
  });

  test('with one task is that task', async () => {
    const { timeline } = await scheduled({ tasks: { Shoot: 3 } });
    expect(timeline).toMatchObject({ finishes_on: '2026-05-06', working_days: 3 });
    expect(timeline.tasks).toMatchObject([
      {
        title: 'Shoot',
        status: 'todo',
        duration_days: 3,
        earliest_start: '2026-05-04',
        earliest_finish: '2026-05-06',
        latest_start: '2026-05-04',
        latest_finish: '2026-05-06',
        slack_days: 0,
        is_critical: true,
      },
    ]);
    expect(timeline.critical_path).toEqual([timeline.tasks[0]?.task_id]);
  });
});

describe('a task that takes no time', () => {
  test.each<[string, Plan, Summary]>([
    [
      'alone lies on the first day',
      { tasks: { Go: 0 } },
      {
        tasks: { Go: ['2026-05-04', '2026-05-04', 0] },
        critical: ['Go'],
        finishes_on: '2026-05-04',
      },
    ],
    [
      'lies at the end of what it waits for, and holds up nothing',
      {
        tasks: { Build: 2, Ready: 0, Shoot: 1 },
        links: [
          ['Build', 'Ready'],
          ['Ready', 'Shoot'],
        ],
      },
      {
        tasks: {
          Build: ['2026-05-04', '2026-05-05', 0],
          Ready: ['2026-05-05', '2026-05-05', 0],
          Shoot: ['2026-05-06', '2026-05-06', 0],
        },
        critical: ['Build', 'Ready', 'Shoot'],
        finishes_on: '2026-05-06',
      },
    ],
    [
      'is not before its own day, on which the project then finishes',
      { tasks: { Build: 1, Delivery: { duration_days: 0, starts_on: '2026-05-06' } } },
      {
        tasks: {
          Build: ['2026-05-04', '2026-05-04', 1],
          Delivery: ['2026-05-06', '2026-05-06', 0],
        },
        critical: ['Delivery'],
        finishes_on: '2026-05-06',
      },
    ],
    [
      'is not before an instant that it waits for, nor before the start of work that it starts with',
      {
        tasks: {
          Permit: { duration_days: 0, starts_on: '2026-05-06' },
          Cleared: 0,
          Shoot: { duration_days: 2, starts_on: '2026-05-07' },
          Call: 0,
        },
        links: [
          ['Permit', 'Cleared'],
          ['Shoot', 'Call', 'SS'],
        ],
      },
      {
        tasks: {
          Permit: ['2026-05-06', '2026-05-06', 3],
          Cleared: ['2026-05-06', '2026-05-06', 3],
          Shoot: ['2026-05-07', '2026-05-08', 0],
          Call: ['2026-05-07', '2026-05-07', 2],
        },
        critical: ['Shoot'],
        finishes_on: '2026-05-08',
      },
    ],
  ])('%s', async (_name, plan, expected) => {
    expect((await scheduled(plan)).summary).toEqual(expected);
  });
});

describe('a link', () => {
  // A lasts three days (4 to 6 May), B two; working days: 4 5 6 7 8 | 11 12 13 May.
  test.each<[kind: Link[2], lag: number, start: string, finish: string, slackOfA: number]>([
    ['FS', 0, '2026-05-07', '2026-05-08', 0],
    ['FS', 2, '2026-05-11', '2026-05-12', 0],
    ['FS', -1, '2026-05-06', '2026-05-07', 0],
    ['FS', -3, '2026-05-04', '2026-05-05', 0],
    ['FS', -9, '2026-05-04', '2026-05-05', 0],
    ['SS', 0, '2026-05-04', '2026-05-05', 0],
    ['SS', 2, '2026-05-06', '2026-05-07', 0],
    ['SS', -2, '2026-05-04', '2026-05-05', 0],
    ['FF', 0, '2026-05-05', '2026-05-06', 0],
    ['FF', 3, '2026-05-08', '2026-05-11', 0],
    ['FF', -1, '2026-05-04', '2026-05-05', 0],
    ['SF', 0, '2026-05-04', '2026-05-05', 0],
    ['SF', 4, '2026-05-06', '2026-05-07', 0],
    ['SF', -4, '2026-05-04', '2026-05-05', 0],
  ])('%s with lag %i', async (kind, lag, start, finish, slackOfA) => {
    const { summary } = await scheduled({ tasks: { A: 3, B: 2 }, links: [['A', 'B', kind, lag]] });
    expect(summary.tasks['A']).toEqual(['2026-05-04', '2026-05-06', slackOfA]);
    expect(summary.tasks['B']?.slice(0, 2)).toEqual([start, finish]);
  });

  test('start-to-finish can make a task wait that nothing else holds', async () => {
    const { summary } = await scheduled({
      tasks: { Relief: 1, Watch: 1, Setup: 3 },
      links: [
        ['Setup', 'Relief'],
        ['Relief', 'Watch', 'SF', 1],
      ],
    });
    expect(summary.tasks).toEqual({
      Setup: ['2026-05-04', '2026-05-06', 0],
      Relief: ['2026-05-07', '2026-05-07', 0],
      Watch: ['2026-05-07', '2026-05-07', 0],
    });
  });

  test('finish-to-finish leaves a short predecessor its slack', async () => {
    // B cannot finish before A has; A can finish with B at the latest.
    const { summary } = await scheduled({ tasks: { A: 1, B: 4 }, links: [['A', 'B', 'FF']] });
    expect(summary.tasks).toEqual({
      A: ['2026-05-04', '2026-05-04', 3],
      B: ['2026-05-04', '2026-05-07', 0],
    });
    expect(summary.critical).toEqual(['B']);
  });
});

describe('parallel paths', () => {
  test('have slack where they are shorter, and latest days that use it up', async () => {
    const { timeline, summary } = await scheduled({
      tasks: { Script: 2, Casting: 4, Location: 1, Shoot: 3, Catering: 1 },
      links: [
        ['Script', 'Casting'],
        ['Script', 'Location'],
        ['Casting', 'Shoot'],
        ['Location', 'Shoot'],
      ],
    });
    expect(summary).toEqual({
      tasks: {
        Script: ['2026-05-04', '2026-05-05', 0],
        Catering: ['2026-05-04', '2026-05-04', 8],
        Casting: ['2026-05-06', '2026-05-11', 0],
        Location: ['2026-05-06', '2026-05-06', 3],
        Shoot: ['2026-05-12', '2026-05-14', 0],
      },
      critical: ['Script', 'Casting', 'Shoot'],
      finishes_on: '2026-05-14',
    });
    expect(timeline.tasks.find((task) => task.title === 'Location')).toMatchObject({
      latest_start: '2026-05-11',
      latest_finish: '2026-05-11',
      is_critical: false,
    });
    expect(timeline.tasks.find((task) => task.title === 'Catering')).toMatchObject({
      latest_start: '2026-05-14',
      latest_finish: '2026-05-14',
    });
  });

  test('of the same length are both critical; tasks come in the order of their starts', async () => {
    const { timeline, summary } = await scheduled({
      tasks: { Wrap: 1, Second: 2, First: 2 },
      links: [
        ['First', 'Wrap'],
        ['Second', 'Wrap'],
      ],
    });
    expect(summary.critical).toEqual(['Second', 'First', 'Wrap']);
    expect(timeline.tasks.map((task) => task.title)).toEqual(['Second', 'First', 'Wrap']);
  });

  test('start where the earlier of two not-before days allows, and slip on from there', async () => {
    const { summary } = await scheduled({
      tasks: {
        Permit: { duration_days: 1, starts_on: '2026-05-06' },
        Rig: { duration_days: 2, starts_on: '2026-05-05' },
        Past: { duration_days: 1, starts_on: '2026-04-01' },
      },
      links: [['Permit', 'Rig']],
    });
    expect(summary.tasks).toEqual({
      Past: ['2026-05-04', '2026-05-04', 4],
      Permit: ['2026-05-06', '2026-05-06', 0],
      Rig: ['2026-05-07', '2026-05-08', 0],
    });
  });
});

describe('what does not count', () => {
  test('cancelled and archived tasks, with their links; archived links', async () => {
    await as(database, cast.member, async (client) => {
      const { timeline, summary } = await schedule(client, {
        project,
        tasks: { A: 1, Dropped: { duration_days: 9, status: 'cancelled' }, Gone: 9, B: 1, C: 1 },
        links: [
          ['A', 'Dropped'],
          ['Dropped', 'B'],
          ['A', 'Gone'],
          ['Gone', 'B'],
          ['B', 'C'],
        ],
      });
      expect(summary.finishes_on).toBe('2026-05-19');
      const id = (title: string) => timeline.tasks.find((task) => task.title === title)?.task_id;
      await client.query('select projects.delete_project_task($1)', [id('Gone')]);
      await client.query(
        `select projects.delete_task_dependency(d.id) from projects.task_dependencies d
          where d.predecessor_id = $1`,
        [id('B')],
      );
      const { rows } = await client.query<{ title: string; start: string; slack: number }>(
        `select t.title, t.earliest_start::text as start, t.slack_days as slack
           from unnest((projects.get_production_timeline($1)).tasks) t order by t.title`,
        [timeline.project_id],
      );
      expect(rows).toEqual([
        { title: 'A', start: '2026-05-04', slack: 0 },
        { title: 'B', start: '2026-05-04', slack: 0 },
        { title: 'C', start: '2026-05-04', slack: 0 },
      ]);
    });
  });
});
