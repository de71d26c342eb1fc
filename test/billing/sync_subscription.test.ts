import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import {
  acting,
  planOf,
  refusal,
  subscribe,
  subscriptionOf,
  subscriptionsOf,
  within,
} from './plans.ts';

const database = testDatabase();
let cast: Cast;
let other: Cast;

beforeAll(async () => {
  cast = await makeCast(database, 'synced');
  other = await makeCast(database, 'unsynced');
});

type Report = {
  event?: string;
  at?: string;
  customer?: string;
  subscription?: string;
  status?: string;
  plan?: string;
  starts?: string;
  ends?: string;
  cancels?: boolean;
};

/** What the back office is told, and whether it was news. */
const report = async (
  client: PoolClient,
  {
    event = 'evt_1',
    at = '2027-03-01T00:00:00Z',
    customer = 'cus_1',
    subscription = 'sub_1',
    status = 'active',
    plan = 'studio',
    starts = '2027-03-01T00:00:00Z',
    ends = '2027-04-01T00:00:00Z',
    cancels = false,
  }: Report = {},
) => {
  const { rows } = await client.query<{ news: boolean }>(
    `select billing.sync_subscription('stripe', $1, 'customer.subscription.updated', $2, $3, $4, $5, $6, 'month', 'EUR', 45, $7, $8,
                                      cancel_at_period_end => $9) as news`,
    [event, at, customer, subscription, status, plan, starts, ends, cancels],
  );
  return rows[0]?.news;
};

/** On the free plan since the beginning of 2027, known to Stripe as cus_1. */
const known = (work: (client: PoolClient) => Promise<void>) =>
  within(database, async (client) => {
    await subscribe(client, cast.organizationId, await planOf(client, 'free'));
    await client.query(
      'delete from billing.subscriptions where organization_id = $1 and ended_at is not null',
      [cast.organizationId],
    );
    await client.query(
      "update billing.subscriptions set started_at = '2027-01-01' where organization_id = $1",
      [cast.organizationId],
    );
    await client.query(
      "select billing.save_customer($1, 'stripe', 'cus_1', 'Synced', 'books@synced.test')",
      [cast.organizationId],
    );
    await client.query('set local role callboard_service');
    await work(client);
  });
const current = (client: PoolClient) => subscriptionOf(client, cast.organizationId);

describe('billing.sync_subscription', () => {
  test('a new one takes the place of what the organization had', async () => {
    await known(async (client) => {
      expect(await report(client)).toBe(true);
      expect(await subscriptionsOf(client, cast.organizationId)).toMatchObject([
        { plan: 'free', status: 'cancelled', ended: '2027-03-01T00:00:00.000Z' },
        {
          plan: 'studio',
          status: 'active',
          price: '45.00',
          currency: 'EUR',
          ends: '2027-04-01T00:00:00.000Z',
        },
      ]);
    });
  });

  test('a report that comes again changes nothing', async () => {
    await known(async (client) => {
      await report(client);
      const before = await subscriptionsOf(client, cast.organizationId);
      expect(await report(client, { plan: 'company' })).toBe(false);
      expect(await subscriptionsOf(client, cast.organizationId)).toEqual(before);
    });
  });

  test('one that is older than what is known changes nothing', async () => {
    await known(async (client) => {
      await report(client, { event: 'evt_2', at: '2027-03-02T00:00:00Z', plan: 'company' });
      expect(
        await report(client, { event: 'evt_1', at: '2027-03-01T00:00:00Z', plan: 'studio' }),
      ).toBe(false);
      expect(await current(client)).toMatchObject({ plan: 'company' });
      // of the same second, the later one to come counts
      expect(
        await report(client, { event: 'evt_3', at: '2027-03-02T00:00:00Z', cancels: true }),
      ).toBe(true);
      expect(await current(client)).toMatchObject({ plan: 'studio', cancels: true });
    });
  });

  test('goes through its life: past due, paid, renewed, cancelled', async () => {
    await known(async (client) => {
      await report(client);
      await report(client, { event: 'evt_2', at: '2027-04-01T00:00:00Z', status: 'past_due' });
      expect(await current(client)).toMatchObject({
        status: 'past_due',
        pastDueSince: '2027-04-01T00:00:00.000Z',
      });
      await report(client, { event: 'evt_3', at: '2027-04-02T00:00:00Z', status: 'past_due' });
      expect(await current(client)).toMatchObject({ pastDueSince: '2027-04-01T00:00:00.000Z' });
      await report(client, {
        event: 'evt_4',
        at: '2027-04-03T00:00:00Z',
        starts: '2027-04-01T00:00:00Z',
        ends: '2027-05-01T00:00:00Z',
      });
      expect(await current(client)).toMatchObject({
        status: 'active',
        pastDueSince: null,
        ends: '2027-05-01T00:00:00.000Z',
      });
      await report(client, { event: 'evt_5', at: '2027-04-20T00:00:00Z', status: 'cancelled' });
      expect(await current(client)).toMatchObject({
        plan: 'free',
        starts: '2027-04-20T00:00:00.000Z',
      });
      // what comes about it after its end is late
      expect(await report(client, { event: 'evt_6', at: '2027-04-21T00:00:00Z' })).toBe(false);
      expect(await current(client)).toMatchObject({ plan: 'free' });
    });
  });

  test('the end of one that was never there is no news', async () => {
    await known(async (client) => {
      expect(await report(client, { status: 'cancelled', subscription: 'sub_0' })).toBe(false);
      expect(await current(client)).toMatchObject({ plan: 'free' });
    });
  });

  test('a second one takes the place of the first', async () => {
    await known(async (client) => {
      await report(client);
      await report(client, {
        event: 'evt_2',
        at: '2027-03-09T00:00:00Z',
        subscription: 'sub_2',
        plan: 'company',
      });
      expect(await subscriptionsOf(client, cast.organizationId)).toMatchObject([
        { plan: 'free' },
        { plan: 'studio', status: 'cancelled' },
        { plan: 'company', status: 'active' },
      ]);
      expect(
        await report(client, {
          event: 'evt_3',
          at: '2027-03-10T00:00:00Z',
          subscription: 'sub_1',
          status: 'cancelled',
        }),
      ).toBe(false);
      expect(await current(client)).toMatchObject({ plan: 'company' });
    });
  });

  test('refuses a customer that nobody is, and a plan that is not there; the report may come again', async () => {
    await known(async (client) => {
      expect(await refusal(client, () => report(client, { customer: 'cus_9' }))).toMatchObject({
        code: 'CB004',
        field: 'customer_id',
      });
      expect(await refusal(client, () => report(client, { plan: 'nothing' }))).toMatchObject({
        code: 'CB002',
        field: 'plan_key',
      });
      expect(await report(client)).toBe(true);
    });
  });

  test('comes again after it was forgotten, and changes nothing', async () => {
    await known(async (client) => {
      await report(client, { event: 'evt_1', at: '2027-03-01T00:00:00Z' });
      await report(client, { event: 'evt_2', at: '2027-03-02T00:00:00Z', status: 'past_due' });
      await report(client, { event: 'evt_3', at: '2027-03-03T00:00:00Z', status: 'cancelled' });
      const before = await subscriptionsOf(client, cast.organizationId);
      await client.query(
        "update billing.provider_events set received_at = now() - interval '91 days'",
      );
      const forget = async (atMost: number) =>
        (
          await client.query<{ n: number }>('select billing.forget_provider_events($1) as n', [
            atMost,
          ])
        ).rows[0]?.n;
      expect([await forget(2), await forget(2), await forget(2)]).toEqual([2, 1, 0]);
      for (const again of [
        { event: 'evt_1', at: '2027-03-01T00:00:00Z' },
        { event: 'evt_2', at: '2027-03-02T00:00:00Z', status: 'past_due' },
        { event: 'evt_3', at: '2027-03-03T00:00:00Z', status: 'cancelled' },
      ]) {
        expect(await report(client, again)).toBe(false);
      }
      expect(await subscriptionsOf(client, cast.organizationId)).toEqual(before);
    });
  });

  test('is for the back office', async () => {
    await known(async (client) => {
      await client.query('reset role');
      expect(
        (await refusal(client, () => acting(client, cast.owner, () => report(client))))?.code,
      ).toBe('42501');
    });
  });
});

test('a customer belongs to one organization', async () => {
  await known(async (client) => {
    expect(
      await refusal(client, () =>
        client.query("select billing.save_customer($1, 'stripe', 'cus_1')", [other.organizationId]),
      ),
    ).toMatchObject({ code: 'CB005', field: 'external_id' });
    await client.query("select billing.save_customer($1, 'stripe', 'cus_2')", [
      cast.organizationId,
    ]);
    const { rows } = await client.query(
      'select external_id from billing.billing_customers where organization_id = $1',
      [cast.organizationId],
    );
    expect(rows).toEqual([{ external_id: 'cus_2' }]);
  });
});

describe('billing.sync_payment_method', () => {
  const card = async (
    client: PoolClient,
    event: string,
    at: string,
    { year = 2030, removed = false, makeDefault = false, reference = 'pm_1' } = {},
  ) => {
    const { rows } = await client.query<{ news: boolean }>(
      `select billing.sync_payment_method('stripe', $1, 'payment_method.updated', $2, 'cus_1', $3, 'card', 'visa', '4242', 12, $4, $5, $6) as news`,
      [event, at, reference, year, makeDefault, removed],
    );
    return rows[0]?.news;
  };
  const all = async (client: PoolClient) =>
    (
      await client.query(
        `select expiry_year as year, is_default as "isDefault", removed_at is not null as removed
           from billing.payment_methods where organization_id = $1 order by external_id`,
        [cast.organizationId],
      )
    ).rows;

  test('saves, changes and removes it, each report once and in the order of their times', async () => {
    await known(async (client) => {
      expect(await card(client, 'evt_1', '2027-01-01T00:00:00Z')).toBe(true);
      expect(await card(client, 'evt_1', '2027-01-01T00:00:00Z', { year: 2031 })).toBe(false);
      expect(await card(client, 'evt_3', '2027-01-03T00:00:00Z', { year: 2033 })).toBe(true);
      expect(await card(client, 'evt_2', '2027-01-02T00:00:00Z', { year: 2032 })).toBe(false);
      expect(await all(client)).toEqual([{ year: 2033, isDefault: true, removed: false }]);
      await card(client, 'evt_4', '2027-01-04T00:00:00Z', { reference: 'pm_2', makeDefault: true });
      expect(await card(client, 'evt_5', '2027-01-05T00:00:00Z', { removed: true })).toBe(true);
      expect(await all(client)).toEqual([
        { year: 2033, isDefault: false, removed: true },
        { year: 2030, isDefault: true, removed: false },
      ]);
    });
  });
});
