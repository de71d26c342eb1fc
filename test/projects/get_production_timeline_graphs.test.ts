import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { as, makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { add, addLinks, type AddedPlan } from './fixtures.ts';
import { timelineOf } from './timeline.ts';
import { randomGraph, slackByTrial, solve, type Graph } from './timeline_reference.ts';

const database = testDatabase();
let cast: Cast;
beforeAll(async () => {
  cast = await makeCast(database, 'ours');
});

/** It is worked every day, so that the n-th working day is n calendar days after the first. */
const FIRST_DAY = '2028-02-01';
const dayAfter = (days: number) =>
  new Date(Date.parse(FIRST_DAY) + days * 86_400_000).toISOString().slice(0, 10);

async function addGraph(client: PoolClient, graph: Graph): Promise<AddedPlan> {
  const projectId = await add(client, 'projects.projects', {
    name: 'Graph',
    starts_on: FIRST_DAY,
    working_days: [1, 2, 3, 4, 5, 6, 7],
  });
  const { rows } = await client.query<{ id: string; title: string }>(
    `insert into projects.project_tasks (project_id, title, duration_days, starts_on)
     select $1, t.* from jsonb_to_recordset($2) as t (title text, duration int, starts_on date)
     returning id, title`,
    [
      projectId,
      JSON.stringify(
        graph.tasks.map(({ duration, notBefore }, index) => ({
          title: `T${index}`,
          duration,
          starts_on: notBefore > 0 ? dayAfter(notBefore) : null,
        })),
      ),
    ],
  );
  const plan = { projectId, taskIds: Object.fromEntries(rows.map((row) => [row.title, row.id])) };
  await addLinks(client, plan, graph.links);
  return plan;
}

/** What the database says about a graph, in the terms of the reference. */
async function answered(client: PoolClient, graph: Graph) {
  const { projectId, taskIds } = await addGraph(client, graph);
  const timeline = await timelineOf(client, projectId);
  const byId = new Map(timeline.tasks.map((task) => [task.task_id, task]));
  const tasks = graph.tasks.map((_, index) => byId.get(taskIds[`T${index}`] ?? ''));
  return {
    timeline,
    slack: tasks.map((task) => task?.slack_days),
    spans: tasks.map((task) => [task?.earliest_start, task?.earliest_finish]),
    latest: tasks.map((task) => [task?.latest_start, task?.latest_finish]),
  };
}

/** The first and the last day of a task that starts on the n-th working day. */
function daysOf(duration: number, start = 0, floor = 0): [string, string] {
  if (duration > 0) return [dayAfter(start), dayAfter(start + duration - 1)];
  const instant = dayAfter(Math.max(start - 1, floor));
  return [instant, instant];
}

async function compare(client: PoolClient, graph: Graph): Promise<void> {
  const expected = solve(graph);
  const actual = await answered(client, graph);
  expect(actual.timeline.working_days).toBe(expected.finish);
  expect(actual.slack).toEqual(
    expected.latest.map((day, index) => day - (expected.earliest[index] ?? 0)),
  );
  const days = (starts: readonly number[]) =>
    graph.tasks.map(({ duration }, index) =>
      daysOf(duration, starts[index], expected.floors[index]),
    );
  expect(actual.spans).toEqual(days(expected.earliest));
  expect(actual.latest).toEqual(days(expected.latest));
  const critical = new Set(actual.timeline.critical_path);
  expect(critical.size).toBe(actual.slack.filter((slack) => slack === 0).length);
  expect(
    actual.timeline.tasks
      .filter((task) => task.is_critical)
      .every((task) => critical.has(task.task_id)),
  ).toBe(true);
  const starts = actual.timeline.tasks.map((task) => task.earliest_start);
  expect(starts).toEqual([...starts].sort());
}

describe('the reference itself', () => {
  const graph: Graph = {
    tasks: [
      { duration: 2, notBefore: 0 },
      { duration: 4, notBefore: 0 },
      { duration: 1, notBefore: 3 },
    ],
    links: [
      ['T0', 'T1'],
      ['T0', 'T2', 'FS', 1],
    ],
  };

  test('agrees with what a person works out', () => {
    expect(solve(graph)).toEqual({
      earliest: [0, 2, 3],
      latest: [0, 2, 5],
      finish: 6,
      floors: [0, 0, 3],
    });
    expect(slackByTrial(graph)).toEqual([0, 0, 2]);
  });
});

describe('random graphs', () => {
  test.each(Array.from({ length: 40 }, (_, index) => index + 1))(
    'seed %i: days and slack are those of the reference, and those found by holding tasks back',
    async (seed) => {
      const graph = randomGraph(seed, 1 + (seed % 17), seed % 40);
      await as(database, cast.member, async (client) => {
        await compare(client, graph);
        expect((await answered(client, graph)).slack).toEqual(slackByTrial(graph));
      });
    },
  );

  test('of 2 000 tasks and 6 000 links', async () => {
    await as(database, cast.member, async (client) => {
      await expect(compare(client, randomGraph(7, 2000, 6000))).resolves.toBeUndefined();
    });
  });
});

test('a chain of 1 000 tasks is critical from end to end', async () => {
  const graph: Graph = {
    tasks: Array.from({ length: 1000 }, () => ({ duration: 2, notBefore: 0 })),
    links: Array.from({ length: 999 }, (_, index) => [`T${index}`, `T${index + 1}`] as const),
  };
  await as(database, cast.member, async (client) => {
    const { timeline } = await answered(client, graph);
    expect(timeline.working_days).toBe(2000);
    // 2028-02-01 and 1 999 days
    expect(timeline.finishes_on).toBe('2033-07-23');
    const titles = new Map(timeline.tasks.map((task) => [task.task_id, task.title]));
    expect(timeline.critical_path.map((id) => titles.get(id))).toEqual(
      graph.tasks.map((_, index) => `T${index}`),
    );
    await compare(client, graph);
  });
});
