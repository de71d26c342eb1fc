import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { actAs, ANONYMOUS, as, makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { add, NOWHERE, refusalOf } from './fixtures.ts';
import { dayFromNow, healthOf } from './health.ts';

const database = testDatabase();
let ours: Cast;
let theirs: Cast;
beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
});

const addProject = (client: PoolClient) => add(client, 'projects.projects', { name: 'Pilot' });
const addPerson = (client: PoolClient, project_id: string, status: string) =>
  add(client, 'projects.project_resources', { project_id, kind: 'person', name: 'Gaffer', status });
const addHazard = (client: PoolClient, project_id: string, severity: string) =>
  add(client, 'projects.project_safety', { project_id, kind: 'hazard', title: 'Cable', severity });

/** A budget of 100 whose forecast is 110: 10 % too much, so a score of 60. */
async function addBudget(client: PoolClient, project_id: string): Promise<void> {
  const budget_id = await add(client, 'finance.budgets', {
    project_id,
    name: 'Shoot',
    status: 'approved',
  });
  await add(client, 'finance.budget_line_items', {
    budget_id,
    category: 'Camera',
    name: 'Lens',
    unit_cost: 100,
    estimate_to_complete: 110,
  });
}

const weights = (health: Awaited<ReturnType<typeof healthOf>>) =>
  Object.fromEntries(health.parts.map((part) => [part.part, part.effective_weight]));

test('a template has no health: it does not run', async () => {
  await as(database, ours.owner, async (client) => {
    const id = await add(client, 'projects.projects', { name: 'Pattern', is_template: true });
    await addHazard(client, id, 'critical');
    expect(await healthOf(client, id)).toMatchObject({ score: null, grade: null, parts: [] });
  });
});

describe('the health of a project', () => {
  test('without any data has no score', async () => {
    await as(database, ours.owner, async (client) => {
      const health = await healthOf(client, await addProject(client));
      expect(health).toMatchObject({
        score: null,
        grade: null,
        as_of: await dayFromNow(client, 0),
      });
      expect(
        health.parts.map((part) => [
          part.part,
          part.score,
          part.weight,
          part.effective_weight,
          part.has_data,
        ]),
      ).toEqual([
        ['schedule', null, 30, 0, false],
        ['budget', null, 25, 0, false],
        ['compliance', null, 20, 0, false],
        ['safety', null, 15, 0, false],
        ['staffing', null, 10, 0, false],
      ]);
      expect(health.parts.map((part) => part.summary)).toEqual([
        'No task or milestone has a day by which it is due.',
        'No budget is approved.',
        'No permit, licence or insurance is asked for.',
        'Nothing about safety is recorded.',
        'Nobody is asked for.',
      ]);
    });
  });

  test('with one part is that part', async () => {
    await as(database, ours.owner, async (client) => {
      const project = await addProject(client);
      await addPerson(client, project, 'confirmed');
      await addPerson(client, project, 'requested');
      const health = await healthOf(client, project);
      expect(health).toMatchObject({ score: 50, grade: 'critical' });
      expect(weights(health)).toEqual({
        schedule: 0,
        budget: 0,
        compliance: 0,
        safety: 0,
        staffing: 100,
      });
    });
  });

  test('shares the weights of parts without data among the others', async () => {
    await as(database, ours.owner, async (client) => {
      const project = await addProject(client);
      await addPerson(client, project, 'confirmed');
      await addHazard(client, project, 'high');
      await addBudget(client, project);
      const health = await healthOf(client, project);
      // (60 × 25 + 65 × 15 + 100 × 10) / 50
      expect(health).toMatchObject({ score: 69.5, grade: 'watch' });
      expect(weights(health)).toEqual({
        schedule: 0,
        budget: 50,
        compliance: 0,
        safety: 30,
        staffing: 20,
      });
    });
  });

  test('with all parts has their weights', async () => {
    await as(database, ours.owner, async (client) => {
      const project_id = await addProject(client);
      await addPerson(client, project_id, 'confirmed');
      await addHazard(client, project_id, 'low');
      await addBudget(client, project_id);
      await add(client, 'projects.project_compliance', {
        project_id,
        name: 'Street',
        status: 'submitted',
      });
      await add(client, 'projects.project_milestones', {
        project_id,
        name: 'Lock',
        due_on: await dayFromNow(client, 7),
      });
      const health = await healthOf(client, project_id);
      // 100 × 0.3 + 60 × 0.25 + 50 × 0.2 + 95 × 0.15 + 100 × 0.1 = 79.25
      expect(health).toMatchObject({ score: 79.3, grade: 'watch' });
      expect(weights(health)).toEqual({
        schedule: 30,
        budget: 25,
        compliance: 20,
        safety: 15,
        staffing: 10,
      });
    });
  });

  test.each<[severities: string[], score: number, grade: string]>([
    [['low', 'medium'], 80, 'healthy'],
    [['high', 'low'], 60, 'watch'],
    [['high', 'low', 'low'], 55, 'critical'],
    [['critical', 'high'], 0, 'critical'],
  ])('open hazards %s: %d, %s', async (severities, score, grade) => {
    await as(database, ours.owner, async (client) => {
      const project = await addProject(client);
      for (const severity of severities) await addHazard(client, project, severity);
      expect(await healthOf(client, project)).toMatchObject({ score, grade });
    });
  });
});

describe('who asks', () => {
  test('a member is told that the budget is not for them, and gets the rest', async () => {
    const project = await actAs(database, ours.owner, async (client) => {
      const id = await addProject(client);
      await addBudget(client, id);
      await addPerson(client, id, 'confirmed');
      return id;
    });
    await as(database, ours.owner, async (client) => {
      // (60 × 25 + 100 × 10) / 35
      expect((await healthOf(client, project)).score).toBe(71.4);
    });
    await as(database, ours.member, async (client) => {
      const health = await healthOf(client, project);
      expect(health.score).toBe(100);
      expect(health.parts.find((part) => part.part === 'budget')).toMatchObject({
        has_data: false,
        score: null,
        effective_weight: 0,
        summary: 'You may not read budgets.',
        figures: {},
      });
    });
  });

  test('others find nothing', async () => {
    const project = await actAs(database, ours.owner, addProject);
    const MISSING = { code: 'CB004', field: 'project_id' };
    for (const [caller, id, expected] of [
      [ours.owner, project, {}],
      [ours.owner, NOWHERE, MISSING],
      [theirs.owner, project, MISSING],
      [ours.guest, project, MISSING],
      [ours.left, project, { code: 'CB003' }],
      [ANONYMOUS, project, { code: '42501' }],
    ] as const) {
      const refusal = await as(database, caller, (client) =>
        refusalOf(client, () => healthOf(client, id)),
      );
      expect(refusal ?? {}).toMatchObject(expected);
      expect(refusal === undefined).toBe(caller === ours.owner && id === project);
    }
  });
});
