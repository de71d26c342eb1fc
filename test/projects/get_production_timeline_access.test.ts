import { beforeAll, describe, expect, test } from '@jest/globals';
import { actAs, ANONYMOUS, as, makeCast, type Caller, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { addPlan, NOWHERE, refusalOf } from './fixtures.ts';
import { timelineOf } from './timeline.ts';

const database = testDatabase();
let ours: Cast;
let theirs: Cast;
let shared: string;
let secret: string;

beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
  await actAs(database, ours.owner, async (client) => {
    const project = { starts_on: '2026-05-04' };
    const plan = { project, tasks: { A: 1, B: 2 }, links: [['A', 'B']] as const };
    shared = (await addPlan(client, plan)).projectId;
    secret = (
      await addPlan(client, {
        ...plan,
        project: { ...project, workspace_id: ours.privateWorkspaceId },
      })
    ).projectId;
  });
});

const outcome = (caller: Caller, projectId: string) =>
  as(database, caller, async (client) => {
    let finishes: string | null = null;
    const refusal = await refusalOf(client, async () => {
      finishes = (await timelineOf(client, projectId)).finishes_on;
    });
    return refusal ? [refusal.code, refusal.field] : finishes;
  });

const HIDDEN = ['CB004', 'project_id'];
const FINISH = '2026-05-06';

describe('the timeline of', () => {
  test.each<[who: 'owner' | 'admin' | 'member' | 'guest', shared: unknown, secret: unknown]>([
    ['owner', FINISH, FINISH],
    ['admin', FINISH, FINISH],
    ['member', FINISH, HIDDEN],
    ['guest', HIDDEN, FINISH],
  ])('a shared and a private project, for the %s', async (who, ofShared, ofSecret) => {
    expect(await outcome(ours[who], shared)).toEqual(ofShared);
    expect(await outcome(ours[who], secret)).toEqual(ofSecret);
  });

  test('another organization is not there', async () => {
    expect(await outcome(theirs.owner, shared)).toEqual(HIDDEN);
  });

  test('an unknown project, or none, is not there', async () => {
    expect(await outcome(ours.owner, NOWHERE)).toEqual(HIDDEN);
    await as(database, ours.owner, async (client) => {
      const refusal = await refusalOf(client, () =>
        client.query('select projects.get_production_timeline(null)'),
      );
      expect(refusal).toMatchObject({ code: 'CB004', field: 'project_id' });
    });
  });

  test('nobody: somebody who has left, or is not signed in', async () => {
    expect(await outcome(ours.left, shared)).toEqual(['CB003', '']);
    expect(await outcome(ANONYMOUS, shared)).toEqual(['42501', undefined]);
  });
});
