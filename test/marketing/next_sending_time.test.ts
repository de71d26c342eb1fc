import { describe, expect, test } from '@jest/globals';
import { testDatabase } from '../helpers/database.ts';

describe('the next time outside of quiet hours', () => {
  const database = testDatabase();
  const next = async (moment: string, zone: string, from: string | null, to: string | null) => {
    const { rows } = await database
      .pool()
      .query<{ at: Date }>('select marketing.next_sending_time($1, $2, $3, $4) as at', [
        moment,
        zone,
        from,
        to,
      ]);
    return rows[0]?.at.toISOString();
  };

  test.each([
    // over midnight
    ['2026-05-04T19:30:00Z', '21:00', '08:00', '2026-05-05T06:00:00.000Z', 'in the evening'],
    ['2026-05-05T01:00:00Z', '21:00', '08:00', '2026-05-05T06:00:00.000Z', 'after midnight'],
    ['2026-05-05T06:00:00Z', '21:00', '08:00', '2026-05-05T06:00:00.000Z', 'at their end'],
    ['2026-05-04T18:59:59Z', '21:00', '08:00', '2026-05-04T18:59:59.000Z', 'just before'],
    ['2026-05-04T19:00:00Z', '21:00', '08:00', '2026-05-05T06:00:00.000Z', 'at their beginning'],
    // within a day
    ['2026-05-04T10:30:00Z', '12:00', '14:00', '2026-05-04T12:00:00.000Z', 'at noon'],
    ['2026-05-04T12:00:00Z', '12:00', '14:00', '2026-05-04T12:00:00.000Z', 'after noon'],
    // up to midnight
    ['2026-05-04T21:30:00Z', '23:00', '00:00', '2026-05-04T22:00:00.000Z', 'until midnight'],
    // the month, the year and the leap day
    [
      '2027-12-31T20:30:00Z',
      '21:00',
      '08:00',
      '2028-01-01T07:00:00.000Z',
      'at the turn of the year',
    ],
    ['2028-02-28T20:30:00Z', '21:00', '08:00', '2028-02-29T07:00:00.000Z', 'before a leap day'],
    // none
    ['2026-05-04T19:30:00Z', '21:00', '21:00', '2026-05-04T19:30:00.000Z', 'that are none'],
    ['2026-05-04T19:30:00Z', null, '08:00', '2026-05-04T19:30:00.000Z', 'that have no beginning'],
    ['2026-05-04T19:30:00Z', '21:00', null, '2026-05-04T19:30:00.000Z', 'that have no end'],
  ])('%s, quiet from %s to %s: %s (%s)', async (moment, from, to, expected, _when) => {
    expect(await next(moment, 'Europe/Berlin', from, to)).toBe(expected);
  });

  test('goes by the clocks of the place, on either side of the date line', async () => {
    expect(await next('2026-05-04T12:00:00Z', 'Pacific/Auckland', '21:00', '08:00')).toBe(
      '2026-05-04T20:00:00.000Z',
    );
    expect(await next('2026-05-04T12:00:00Z', 'America/Los_Angeles', '21:00', '08:00')).toBe(
      '2026-05-04T15:00:00.000Z',
    );
  });

  test('is by the clock on the nights when clocks change', async () => {
    // Berlin, 2026-03-29: 02:00 becomes 03:00. Eight in the morning is 06:00 UTC rather than 07:00.
    expect(await next('2026-03-28T21:00:00Z', 'Europe/Berlin', '21:00', '08:00')).toBe(
      '2026-03-29T06:00:00.000Z',
    );
    // 2026-10-25: 03:00 becomes 02:00.
    expect(await next('2026-10-24T20:00:00Z', 'Europe/Berlin', '21:00', '08:00')).toBe(
      '2026-10-25T07:00:00.000Z',
    );
  });

  test('is never within them when their end is an hour that is left out, or comes twice', async () => {
    // 02:30 is not there: half past three, by the clock.
    expect(await next('2026-03-28T22:00:00Z', 'Europe/Berlin', '21:00', '02:30')).toBe(
      '2026-03-29T01:30:00.000Z',
    );
    // 02:30 comes twice: the second one, whichever of the two hours it is now.
    for (const moment of ['2026-10-25T00:10:00Z', '2026-10-25T01:10:00Z']) {
      expect(await next(moment, 'Europe/Berlin', '21:00', '02:30')).toBe(
        '2026-10-25T01:30:00.000Z',
      );
    }
  });

  test('is a fixed point: what comes out is not moved again', async () => {
    const { rows } = await database.pool().query<{ moved: number; early: number }>(
      `select count(*) filter (where marketing.next_sending_time(n.at, z.zone, q.f, q.t) <> n.at)::int as moved,
              count(*) filter (where n.at < m.moment)::int as early
         from generate_series(timestamptz '2026-03-27Z', '2026-03-31Z', '17 min') as m (moment)
        cross join unnest('{Europe/Berlin,America/New_York,Australia/Lord_Howe,Asia/Kathmandu}'::text[]) as z (zone)
        cross join (values (time '21:00', time '08:00'), ('01:00', '03:00'), ('22:00', '02:30'), ('00:00', '23:59')) as q (f, t)
        cross join lateral (select marketing.next_sending_time(m.moment, z.zone, q.f, q.t) as at) n`,
    );
    expect(rows).toEqual([{ moved: 0, early: 0 }]);
  });
});
