import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { actAs, as, makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { add, refusalOf, rowOf, type Values } from './fixtures.ts';

const database = testDatabase();
let cast: Cast;
beforeAll(async () => {
  cast = await makeCast(database, 'ours');
});

type Rule = {
  readonly table: string;
  readonly values: Values;
  readonly needsProject: boolean;
  /** Status → the statuses that may follow it, in the order in which the hint lists them. */
  readonly next: Readonly<Record<string, readonly string[]>>;
};

const RULES: readonly Rule[] = [
  {
    table: 'projects.projects',
    values: { name: 'Pilot' },
    needsProject: false,
    next: {
      planning: ['active', 'on_hold', 'cancelled'],
      active: ['on_hold', 'completed', 'cancelled'],
      on_hold: ['planning', 'active', 'cancelled'],
      completed: ['active'],
      cancelled: ['planning'],
    },
  },
  {
    table: 'projects.project_tasks',
    values: { title: 'Light the set' },
    needsProject: true,
    next: {
      todo: ['in_progress', 'in_review', 'blocked', 'done', 'cancelled'],
      in_progress: ['todo', 'in_review', 'blocked', 'done', 'cancelled'],
      in_review: ['in_progress', 'blocked', 'done', 'cancelled'],
      blocked: ['todo', 'in_progress', 'cancelled'],
      done: ['in_progress'],
      cancelled: ['todo'],
    },
  },
  {
    table: 'projects.project_milestones',
    values: { name: 'Picture lock', due_on: '2026-05-04', achieved_on: '2026-05-04' },
    needsProject: true,
    next: {
      pending: ['achieved', 'missed', 'cancelled'],
      missed: ['achieved', 'pending'],
      achieved: ['pending'],
      cancelled: ['pending'],
    },
  },
  {
    table: 'projects.project_compliance',
    values: { name: 'Street closure' },
    needsProject: true,
    next: {
      required: ['submitted', 'approved', 'waived'],
      submitted: ['approved', 'denied', 'required'],
      approved: ['revoked', 'submitted'],
      denied: ['submitted', 'waived'],
      revoked: ['submitted'],
      waived: ['required'],
    },
  },
  {
    table: 'projects.project_safety',
    values: { kind: 'hazard', title: 'Loose cable' },
    needsProject: true,
    next: { open: ['mitigated', 'closed'], mitigated: ['open', 'closed'], closed: ['open'] },
  },
  {
    table: 'projects.design_versions',
    values: { name: 'Poster' },
    needsProject: true,
    next: {
      draft: ['in_review', 'superseded'],
      in_review: ['approved', 'changes_requested', 'draft'],
      changes_requested: ['draft', 'in_review', 'superseded'],
      approved: ['superseded'],
      superseded: [],
    },
  },
];

async function addWith(client: PoolClient, rule: Rule, status: string): Promise<string> {
  const project = rule.needsProject
    ? { project_id: await add(client, 'projects.projects', { name: 'Pilot' }) }
    : {};
  return add(client, rule.table, { ...project, ...rule.values, status });
}

describe.each(RULES.map((rule) => [rule.table, rule] as const))(
  'the status of %s',
  (table, rule) => {
    test.each(Object.entries(rule.next))('after %s', async (status, allowed) => {
      await as(database, cast.member, async (client) => {
        const id = await addWith(client, rule, status);
        for (const next of Object.keys(rule.next)) {
          const refusal = await refusalOf(client, () =>
            client.query(`update ${table} set status = $2 where id = $1`, [id, next]),
          );
          const expected = {
            code: 'CB006',
            field: 'status',
            message: `${next} cannot follow ${status}.`,
            detail: undefined,
            hint: allowed.length
              ? `After ${status}: ${allowed.join(', ')}.`
              : `${status} is final.`,
          };
          const mayFollow = next === status || allowed.includes(next);
          expect([next, refusal && { ...refusal, detail: undefined }]).toEqual([
            next,
            mayFollow ? undefined : expected,
          ]);
        }
      });
    });

    test('is one of those that are known', async () => {
      await as(database, cast.member, async (client) => {
        const refusal = await refusalOf(client, () => addWith(client, rule, 'unheard_of'));
        expect(refusal?.code).toBe('23514');
      });
    });
  },
);

describe.each([
  ['projects.projects', 'completed', 'active', {}],
  ['projects.project_tasks', 'done', 'in_progress', { title: 'Strike' }],
])('completed_at of %s', (table, final, before, values) => {
  const rule: Rule = {
    table,
    values: { name: 'Pilot', ...values },
    needsProject: table !== 'projects.projects',
    next: {},
  };
  if ('title' in values) delete (rule.values as Record<string, unknown>)['name'];
  const completedAt = async (client: PoolClient, id: string) =>
    (await rowOf(client, table, id))['completed_at'];
  const setStatus = (client: PoolClient, id: string, status: string) =>
    client.query(`update ${table} set status = $2 where id = $1`, [id, status]);

  test('comes and goes with the final status', async () => {
    await as(database, cast.member, async (client) => {
      const id = await addWith(client, rule, before);
      expect(await completedAt(client, id)).toBeNull();
      await setStatus(client, id, final);
      const now = (await rowOf(client, table, id))['updated_at'];
      expect(await completedAt(client, id)).toBe(now);
      await setStatus(client, id, before);
      expect(await completedAt(client, id)).toBeNull();
    });
  });

  test('is there at once for what comes in finished', async () => {
    await as(database, cast.member, async (client) => {
      const id = await addWith(client, rule, final);
      expect(await completedAt(client, id)).toBe((await rowOf(client, table, id))['created_at']);
    });
  });

  test('is not for callers to write', async () => {
    await as(database, cast.owner, async (client) => {
      const id = await addWith(client, rule, final);
      const refusal = await refusalOf(client, () =>
        client.query(`update ${table} set completed_at = now() where id = $1`, [id]),
      );
      expect(refusal?.code).toBe('42501');
    });
  });

  test('stays when the same status is written again, and an import may say when it was', async () => {
    const id = await actAs(database, cast.member, (client) => addWith(client, rule, before));
    await database
      .pool('callboard_service')
      .query(
        `update ${table} set status = $2, completed_at = '2020-02-02T12:00:00Z' where id = $1`,
        [id, final],
      );
    await as(database, cast.member, async (client) => {
      await setStatus(client, id, final);
      expect(await completedAt(client, id)).toBe('2020-02-02T12:00:00+00:00');
    });
  });
});
