import { beforeAll, describe, expect, test } from '@jest/globals';
import { as, makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { add, type Values } from './fixtures.ts';
import { judge, partOf } from './health.ts';

const database = testDatabase();
let cast: Cast;
beforeAll(async () => {
  cast = await makeCast(database, 'ours');
});

const judged = (part: string, table: string, rows: readonly Values[]) =>
  as(database, cast.owner, (client) => judge(client, part, table, rows));

describe('schedule', () => {
  const TASK = { title: 'Light the set' };
  const FAR = { starts_on: 30 }; // makes other tasks not critical

  test.each<[name: string, tasks: Values[], score: number | null]>([
    ['due today', [{ ...TASK, due_on: 0 }], 100],
    ['a week late', [{ ...TASK, due_on: -7 }], 50],
    ['two weeks late, or more', [{ ...TASK, due_on: -99 }], 0],
    ['done late', [{ ...TASK, due_on: -7, status: 'done' }], 100],
    ['cancelled', [{ ...TASK, due_on: -7, status: 'cancelled' }], null],
    ['without a day', [TASK], null],
    // weights 2 and 0.5; the undated one is critical and has no say
    [
      'urgent late, low in time',
      [
        { ...TASK, ...FAR },
        { ...TASK, priority: 'urgent', due_on: -14 },
        { ...TASK, priority: 'low', due_on: 0 },
      ],
      20,
    ],
    // weights 3 (critical) and 1.5 (high)
    [
      'the critical one late',
      [
        { ...TASK, duration_days: 9, due_on: -14 },
        { ...TASK, priority: 'high', due_on: 5 },
      ],
      33.3,
    ],
  ])('%s', async (_name, tasks, score) => {
    const part = await judged('schedule', 'projects.project_tasks', tasks);
    expect([part.score, part.has_data]).toEqual([score, score !== null]);
  });

  test.each<[milestone: Values, score: number | null]>([
    [{ due_on: 1 }, 100],
    [{ due_on: -7 }, 50],
    [{ due_on: -7, status: 'missed' }, 50],
    [{ due_on: -7, status: 'achieved', achieved_on: 0 }, 100],
    [{ due_on: -7, status: 'cancelled' }, null],
  ])('a milestone %j: %d', async (milestone, score) => {
    const part = await judged('schedule', 'projects.project_milestones', [
      { name: 'Lock', ...milestone },
    ]);
    expect(part.score).toBe(score);
  });

  test('says what it counted', async () => {
    const part = await judged('schedule', 'projects.project_tasks', [
      { ...TASK, due_on: -3 },
      { ...TASK, due_on: -5 },
      { ...TASK, due_on: 5 },
    ]);
    expect(part.figures).toEqual({
      datedTasks: 3,
      overdueTasks: 2,
      missedMilestones: 0,
      worstDaysLate: 5,
    });
    expect(part.summary).toBe(
      '2 of 3 dated tasks overdue, 0 milestones missed, at worst by 5 days.',
    );
  });
});

describe('budget', () => {
  const withBudgets = (
    budgets: readonly (readonly [status: string, planned: number, expected: number])[],
  ) =>
    as(database, cast.owner, async (client) => {
      const project_id = await add(client, 'projects.projects', { name: 'Pilot' });
      for (const [status, unit_cost, estimate_to_complete] of budgets) {
        const budget_id = await add(client, 'finance.budgets', {
          project_id,
          name: 'Shoot',
          status,
        });
        await add(client, 'finance.budget_line_items', {
          budget_id, category: 'Camera', name: 'Lens', unit_cost, estimate_to_complete,
        }); // prettier-ignore
      }
      return partOf(client, project_id, 'budget');
    });

  test.each<[budgets: [string, number, number][], score: number | null, summary: string]>([
    [
      [['approved', 100, 100]],
      100,
      '0 of 1 approved budgets at risk or over; the worst varies by 0.00 %.',
    ],
    [
      [['approved', 100, 50]],
      100,
      '0 of 1 approved budgets at risk or over; the worst varies by 50.00 %.',
    ],
    [
      [['closed', 100, 105]],
      80,
      '1 of 1 approved budgets at risk or over; the worst varies by -5.00 %.',
    ],
    [
      [['approved', 100, 125]],
      0,
      '1 of 1 approved budgets at risk or over; the worst varies by -25.00 %.',
    ],
    [
      [['approved', 100, 900]],
      0,
      '1 of 1 approved budgets at risk or over; the worst varies by -800.00 %.',
    ],
    [
      [
        ['approved', 100, 100],
        ['approved', 100, 110],
      ],
      60,
      '1 of 2 approved budgets at risk or over; the worst varies by -10.00 %.',
    ],
    [
      [
        ['draft', 100, 900],
        ['cancelled', 1, 900],
      ],
      null,
      'No budget is approved.',
    ],
    [
      [['approved', 0, 0]],
      100,
      '0 of 1 approved budgets at risk or over; the worst varies by 0 %.',
    ],
    [
      [
        ['approved', 0, 1],
        ['approved', 100, 110],
      ],
      0,
      '2 of 2 approved budgets at risk or over; one has costs and no plan.',
    ],
  ])('%j: %d', async (budgets, score, summary) => {
    expect(await withBudgets(budgets)).toMatchObject({ score, summary });
  });
});

describe('safety', () => {
  const HAZARD = { kind: 'hazard', title: 'Cable' };
  test.each<[entries: Values[], score: number, open: number]>([
    [[{ kind: 'briefing', title: 'Morning', severity: 'critical' }], 100, 0],
    [[{ ...HAZARD, severity: 'critical', status: 'closed' }], 100, 0],
    [[{ ...HAZARD, severity: 'critical' }], 30, 1],
    [[{ ...HAZARD, severity: 'critical', status: 'mitigated' }], 72, 1],
    [
      [
        { ...HAZARD, kind: 'incident', severity: 'medium' },
        { ...HAZARD, severity: 'low', status: 'mitigated' },
      ],
      83,
      2,
    ],
  ])('%j: %d', async (entries, score, open) => {
    expect(await judged('safety', 'projects.project_safety', entries)).toMatchObject({
      score,
      has_data: true,
      figures: { entries: entries.length, open },
    });
  });
});

describe('staffing', () => {
  const PERSON = { kind: 'person', name: 'Gaffer' };
  test.each<[resources: Values[], score: number | null, figures: Values]>([
    [[{ kind: 'equipment', name: 'Crane' }], null, { needed: 0, unfilled: 0 }],
    [[PERSON], 0, { needed: 1, unfilled: 1 }],
    [
      [
        { ...PERSON, status: 'released' },
        { ...PERSON, status: 'requested' },
      ],
      50,
      { needed: 2, unfilled: 1 },
    ],
    // three grips that nobody has confirmed weigh more than one gaffer who is
    [
      [
        { ...PERSON, quantity: 3 },
        { ...PERSON, status: 'confirmed' },
      ],
      25,
      { needed: 4, unfilled: 3 },
    ],
  ])('%j: %d', async (resources, score, figures) => {
    expect(await judged('staffing', 'projects.project_resources', resources)).toMatchObject({
      score,
      figures,
      has_data: score !== null,
    });
  });
});
