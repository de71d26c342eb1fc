import { beforeAll, describe, expect, test } from '@jest/globals';
import { as, makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { one, type Plan } from './fixtures.ts';
import { schedule } from './timeline.ts';

const database = testDatabase();
let cast: Cast;
beforeAll(async () => {
  cast = await makeCast(database, 'ours');
});

type Span = readonly [start: string, finish: string];

const SIX_DAYS = [1, 2, 3, 4, 5, 6];
const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];

describe('the working calendar', () => {
  test.each<[name: string, project: Plan['project'], days: number, expected: Span]>([
    ['a week', { starts_on: '2026-05-04' }, 5, ['2026-05-04', '2026-05-08']],
    ['a weekend in between', { starts_on: '2026-05-07' }, 4, ['2026-05-07', '2026-05-12']],
    ['a start on a Saturday', { starts_on: '2026-05-09' }, 1, ['2026-05-11', '2026-05-11']],
    [
      'a day off in between',
      { starts_on: '2026-05-04', days_off: ['2026-05-06'] },
      3,
      ['2026-05-04', '2026-05-07'],
    ],
    [
      'a day off that is no working day anyway',
      { starts_on: '2026-05-08', days_off: ['2026-05-09'] },
      2,
      ['2026-05-08', '2026-05-11'],
    ],
    [
      'a start on a holiday, the next day off as well',
      { starts_on: '2026-12-25', days_off: ['2026-12-25', '2026-12-28'] },
      2,
      ['2026-12-29', '2026-12-30'],
    ],
    [
      'a week of six days',
      { starts_on: '2026-05-08', working_days: SIX_DAYS },
      3,
      ['2026-05-08', '2026-05-11'],
    ],
    [
      'no weekend at all',
      { starts_on: '2026-05-08', working_days: EVERY_DAY },
      4,
      ['2026-05-08', '2026-05-11'],
    ],
    [
      'Sundays only',
      { starts_on: '2026-05-04', working_days: [7] },
      3,
      ['2026-05-10', '2026-05-24'],
    ],
    [
      'Sundays only, most of them off',
      {
        starts_on: '2026-05-04',
        working_days: [7],
        days_off: ['2026-05-10', '2026-05-17', '2026-05-24'],
      },
      2,
      ['2026-05-31', '2026-06-07'],
    ],
    [
      'a weekday that is named more than once',
      { starts_on: '2026-05-04', working_days: [1, 1, 1, 1, 1, 1, 1] },
      10,
      ['2026-05-04', '2026-07-06'],
    ],
    ['a leap day', { starts_on: '2028-02-28' }, 3, ['2028-02-28', '2028-03-01']],
    ['a start on a leap day', { starts_on: '2028-02-29' }, 1, ['2028-02-29', '2028-02-29']],
    ['the end of a year', { starts_on: '2027-12-31' }, 2, ['2027-12-31', '2028-01-03']],
    ['a common February', { starts_on: '2027-02-26' }, 2, ['2027-02-26', '2027-03-01']],
    ['ten years', { starts_on: '2026-05-04' }, 2610, ['2026-05-04', '2036-05-02']],
  ])('%s', async (_name, project, days, expected) => {
    await as(database, cast.member, async (client) => {
      const { summary, timeline } = await schedule(client, {
        project: project ?? {},
        tasks: { Work: days },
      });
      expect(summary.tasks['Work']).toEqual([...expected, 0]);
      expect(timeline).toMatchObject({
        starts_on: expected[0],
        finishes_on: expected[1],
        working_days: days,
      });
    });
  });

  test('a task is not before its day, or the working day that follows it', async () => {
    await as(database, cast.member, async (client) => {
      const { summary } = await schedule(client, {
        project: { starts_on: '2026-05-04', days_off: ['2026-05-11'] },
        tasks: {
          Saturday: { duration_days: 1, starts_on: '2026-05-09' },
          'Day off': { duration_days: 1, starts_on: '2026-05-11' },
          Friday: { duration_days: 2, starts_on: '2026-05-08' },
        },
      });
      expect(summary.tasks).toEqual({
        Friday: ['2026-05-08', '2026-05-12', 0],
        Saturday: ['2026-05-12', '2026-05-12', 0],
        'Day off': ['2026-05-12', '2026-05-12', 0],
      });
    });
  });

  test('lag is counted in working days', async () => {
    await as(database, cast.member, async (client) => {
      const { summary } = await schedule(client, {
        project: { starts_on: '2026-05-07', days_off: ['2026-05-12'] },
        tasks: { Glue: 1, Paint: 1 },
        links: [['Glue', 'Paint', 'FS', 2]],
      });
      // Thursday; Friday and Monday to dry, Tuesday off
      expect(summary.tasks['Paint']).toEqual(['2026-05-13', '2026-05-13', 0]);
    });
  });
});

describe('a project without a first day', () => {
  test('counts from its earliest task that is not cancelled', async () => {
    await as(database, cast.member, async (client) => {
      const { timeline } = await schedule(client, {
        tasks: {
          Later: { starts_on: '2026-06-03' },
          Earlier: { starts_on: '2026-06-01' },
          Never: { starts_on: '2026-05-01', status: 'cancelled' },
          'Some day': 1,
        },
      });
      expect(timeline.starts_on).toBe('2026-06-01');
      expect(timeline.finishes_on).toBe('2026-06-03');
    });
  });

  test('nor dated tasks counts from today', async () => {
    await as(database, cast.member, async (client) => {
      const { timeline } = await schedule(client, {
        project: { working_days: EVERY_DAY },
        tasks: { Now: 1 },
      });
      expect(timeline.starts_on).toBe(await one(client, "(now() at time zone 'UTC')::date"));
    });
  });
});

describe('days late', () => {
  test.each([
    ['2026-05-12', 0],
    ['2026-05-08', 4],
    ['2026-05-31', -19],
    [null, null],
  ])('agreed for %s', async (ends_on, days_late) => {
    await as(database, cast.member, async (client) => {
      const { timeline } = await schedule(client, {
        project: { starts_on: '2026-05-04', ends_on },
        tasks: { Work: 7 },
      });
      expect(timeline).toMatchObject({ ends_on, days_late, finishes_on: '2026-05-12' });
    });
  });
});
