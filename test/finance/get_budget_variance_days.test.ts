import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { as, makeCast, type Caller, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { one } from '../projects/fixtures.ts';
import { addLedger, entriesOf, post, varianceOf } from './ledger.ts';

const database = testDatabase();
let cast: Cast;

/** It is never the same day in these two places: they are 25 hours apart. */
const EAST = 'Pacific/Kiritimati';
const WEST = 'Pacific/Pago_Pago';
const ZONES = [EAST, WEST, 'America/New_York', 'UTC'] as const;
const casts = new Map<string, Cast>();

beforeAll(async () => {
  cast = await makeCast(database, 'ours');
  for (const [index, zone] of ZONES.entries()) {
    const made = await makeCast(database, `zone${index}`);
    await database
      .pool()
      .query('update tenancy.organizations set time_zone = $2 where id = $1', [
        made.organizationId,
        zone,
      ]);
    casts.set(zone, made);
  }
});

const ownerIn = (zone: string): Caller => casts.get(zone)?.owner ?? {};

describe('as of a day', () => {
  // Posted 10 on the 4th and 20 on the 8th; 40 on the 4th, void from the 6th on.
  test.each([
    ['2026-05-03', 0],
    ['2026-05-04', 50],
    ['2026-05-05', 50],
    ['2026-05-06', 10],
    ['2026-05-07', 10],
    ['2026-05-08', 30],
    ['2999-12-31', 30],
  ])('%s, what was posted by then and not yet void counts: %d', async (asOf, actual) => {
    await as(database, cast.owner, async (client) => {
      const ledger = await addLedger(client, { Camera: 100 });
      await post(client, ledger, { amount: 10 });
      await post(client, ledger, { amount: 20, posted_on: '2026-05-08' });
      const wrong = await post(client, ledger, { amount: 40 });
      await client.query(
        "update finance.transactions set status = 'void', voided_on = '2026-05-06' where id = $1",
        [wrong],
      );
      const got = await varianceOf(client, ledger.budgetId, asOf);
      expect([got.as_of, got.actual]).toEqual([asOf, actual]);
      const entries = await entriesOf(client, ledger.budgetId, asOf);
      const posted = entries.filter((entry) => entry.measure === 'actual');
      expect(posted.reduce((sum, entry) => sum + entry.amount, 0)).toBe(actual);
    });
  });

  test('what is void from the day it was posted never counted', async () => {
    await as(database, cast.owner, async (client) => {
      const ledger = await addLedger(client, { Camera: 100 });
      await post(client, ledger, { amount: 40, status: 'void', voided_on: '2026-05-04' });
      expect((await varianceOf(client, ledger.budgetId, '2026-05-04')).actual).toBe(0);
    });
  });
});

describe('without a day', () => {
  const dayIn = async (client: PoolClient, zone: string) => {
    const now = new Date(await one<string>(client, 'now()'));
    return new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' }).format(now);
  };

  test.each(ZONES)('it is today where the organization is: %s', async (zone) => {
    await as(database, ownerIn(zone), async (client) => {
      const { budgetId } = await addLedger(client);
      const today = await dayIn(client, zone);
      expect((await varianceOf(client, budgetId, null)).as_of).toBe(today);
      expect(
        (await one<{ as_of: string }>(client, 'finance.get_budget_variance($1)', [budgetId])).as_of,
      ).toBe(today);
    });
  });

  test('what is posted today in the east is not yet posted in the west', async () => {
    for (const [zone, actual] of [
      [EAST, 7],
      [WEST, 0],
    ] as const) {
      await as(database, ownerIn(zone), async (client) => {
        const ledger = await addLedger(client);
        await post(client, ledger, { amount: 7, posted_on: await dayIn(client, EAST) });
        expect((await varianceOf(client, ledger.budgetId, null)).actual).toBe(actual);
        expect(await entriesOf(client, ledger.budgetId, null)).toHaveLength(actual ? 1 : 0);
      });
    }
  });

  test.each(ZONES)('a posting without a day is of today, and void from today: %s', async (zone) => {
    await as(database, ownerIn(zone), async (client) => {
      const today = await dayIn(client, zone);
      const ledger = await addLedger(client);
      const id = await post(client, ledger, { amount: 7, posted_on: null });
      const late = await post(client, ledger, { amount: 9, posted_on: '2999-01-01' });
      await client.query("update finance.transactions set status = 'void' where id = any ($1)", [
        [id, late],
      ]);
      const days = (row: string) =>
        one(
          client,
          '(select array[t.posted_on, t.voided_on] from finance.transactions t where t.id = $1)',
          [row],
        );
      expect(await days(id)).toEqual([today, today]);
      expect(await days(late)).toEqual(['2999-01-01', '2999-01-01']);
    });
  });
});
