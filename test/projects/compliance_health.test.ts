import { beforeAll, describe, expect, test } from '@jest/globals';
import { as, makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { add, one, type Values } from './fixtures.ts';
import { judge, partOf, type HealthPart } from './health.ts';

const database = testDatabase();
let cast: Cast;
let inNewYork: Cast;
beforeAll(async () => {
  cast = await makeCast(database, 'ours');
  inNewYork = await makeCast(database, 'york');
  await database
    .pool()
    .query("update tenancy.organizations set time_zone = 'America/New_York' where id = $1", [
      inNewYork.organizationId,
    ]);
});

describe('compliance', () => {
  const PAPER = { name: 'Street' };
  test.each<[papers: Values[], score: number | null]>([
    [[{ ...PAPER, status: 'waived' }], null],
    [[PAPER], 0],
    [[{ ...PAPER, status: 'submitted' }], 50],
    [[{ ...PAPER, status: 'approved' }], 100],
    [[{ ...PAPER, status: 'denied' }], 0],
    [[{ ...PAPER, status: 'approved', valid_until: '2020-01-01' }], 0],
    // a permit for certain days has served when they are over; an insurance has to go on
    [[{ ...PAPER, status: 'approved', valid_from: '2019-12-31', valid_until: '2020-01-01' }], 100],
    [[{ ...PAPER, status: 'denied', valid_from: '2019-12-31', valid_until: '2020-01-01' }], 0],
    [
      [
        {
          ...PAPER,
          kind: 'insurance',
          status: 'approved',
          valid_from: '2019-12-31',
          valid_until: '2020-01-01',
        },
      ],
      0,
    ],
    // what blocks counts twice
    [
      [
        { ...PAPER, status: 'approved' },
        { name: 'Drone', is_blocking: false },
      ],
      66.7,
    ],
  ])('%j: %d', async (papers, score) => {
    await as(database, cast.owner, async (client) => {
      const part = await judge(client, 'compliance', 'projects.project_compliance', papers);
      expect(part.score).toBe(score);
    });
  });

  test('a past project is judged as of its end: what has expired since does not matter', async () => {
    const held = { ...PAPER, status: 'approved', valid_until: '2020-06-01' };
    const at = (ends_on: string) =>
      as(database, cast.owner, async (client) => {
        const project_id = await add(client, 'projects.projects', { name: 'Pilot', ends_on });
        await add(client, 'projects.project_compliance', { project_id, ...held });
        return (await partOf(client, project_id, 'compliance')).score;
      });
    expect(await at('2020-05-31')).toBe(100);
    expect(await at('2020-06-01')).toBe(0);
  });

  // A company in New York, on 10 March 2050. The clock changes on the 13th.
  test.each([
    ['2050-03-10T05:00:00Z', 0], // midnight at the beginning of the day, in winter time
    ['2050-03-10T05:00:01Z', 75],
    ['2050-03-24T04:00:00Z', 75], // midnight two weeks later, in summer time
    ['2050-03-24T04:00:01Z', 100],
  ])('valid until %s: %d', async (valid_until, score) => {
    await as(database, inNewYork.owner, async (client) => {
      const project_id = await add(client, 'projects.projects', { name: 'Pilot' });
      await add(client, 'projects.project_compliance', {
        project_id,
        ...PAPER,
        status: 'approved',
        valid_until,
      });
      const part = await one<HealthPart>(
        client,
        "projects.compliance_health($1, $2, '2050-03-10')",
        [inNewYork.organizationId, project_id],
      );
      expect(part.score).toBe(score);
    });
  });
});
