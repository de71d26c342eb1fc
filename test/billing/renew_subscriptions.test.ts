import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import {
  acting,
  addPaymentMethod,
  makePlan,
  planOf,
  refusal,
  subscribe,
  subscriptionOf,
  subscriptionsOf,
  within,
} from './plans.ts';

const database = testDatabase();
let cast: Cast;

beforeAll(async () => {
  cast = await makeCast(database, 'renewed');
});

const renew = async (client: PoolClient, asOf: string): Promise<string[]> => {
  const { rows } = await client.query<{ outcomes: string[] }>(
    'select outcomes from billing.renew_subscriptions($1) where organization_id = $2',
    [asOf, cast.organizationId],
  );
  return rows.flatMap((row) => row.outcomes);
};
const current = (client: PoolClient) => subscriptionOf(client, cast.organizationId);
const asOwner = (client: PoolClient, sql: string, values: unknown[] = []) =>
  acting(client, cast.owner, () => client.query(sql, values));

/** A payment method that is there without anybody having looked whether something is due now. */
const addAccount = (client: PoolClient) =>
  client.query(
    `insert into billing.payment_methods (organization_id, provider, external_id, kind, is_default)
     values ($1, 'stripe', 'pm_2', 'bank_account', true)`,
    [cast.organizationId],
  );

/** Puts the present subscription back to where it would be if it had begun then. */
async function begun(client: PoolClient, at: string, until: string, more = ''): Promise<void> {
  await client.query(
    'delete from billing.subscriptions where organization_id = $1 and ended_at is not null',
    [cast.organizationId],
  );
  await client.query(
    `update billing.subscriptions
        set started_at = $2, anchored_at = $2, period = tstzrange($2, $3) ${more}
      where organization_id = $1 and ended_at is null`,
    [cast.organizationId, at, until],
  );
}

/** On a plan that costs, with or without a payment method, in a period from the 31st of January 2025. */
const onPaid = (
  work: (client: PoolClient) => Promise<void>,
  { pays = true, interval = 'month' }: { pays?: boolean; interval?: string } = {},
) =>
  within(database, async (client) => {
    await client.query("update tenancy.organizations set time_zone = 'UTC' where id = $1", [
      cast.organizationId,
    ]);
    await subscribe(client, cast.organizationId, await planOf(client, 'free'));
    await addPaymentMethod(client, cast.organizationId);
    await makePlan(client, 'paid', {}, { price: 49, graceDays: 10 });
    await asOwner(client, 'select billing.change_plan($1, $2)', [
      await planOf(client, 'paid'),
      interval,
    ]);
    await begun(
      client,
      '2025-01-31T10:00:00Z',
      interval === 'month' ? '2025-02-28T10:00:00Z' : '2026-01-31T10:00:00Z',
    );
    if (!pays) await client.query('delete from billing.payment_methods');
    await work(client);
  });

describe('billing.period_end', () => {
  const ends = async (anchor: string, start: string, interval: string, zone: string) => {
    const { rows } = await database
      .pool()
      .query<{ ends: Date }>('select billing.period_end($1, $2, $3, $4) as ends', [
        anchor,
        start,
        interval,
        zone,
      ]);
    return rows[0]?.ends.toISOString();
  };
  /** Ends of the periods that follow each other from an anchor. */
  const chain = async (anchor: string, howMany: number, interval = 'month', zone = 'UTC') => {
    const all: string[] = [];
    let start = anchor;
    for (let number = 0; number < howMany; number += 1) {
      start = (await ends(anchor, start, interval, zone)) ?? '';
      all.push(start);
    }
    return all;
  };

  test('keeps the 31st over short months', async () => {
    expect((await chain('2025-01-31T10:00:00Z', 5)).map((at) => at.slice(0, 10))).toEqual([
      '2025-02-28',
      '2025-03-31',
      '2025-04-30',
      '2025-05-31',
      '2025-06-30',
    ]);
  });

  test('in a leap year by the 29th of February', async () => {
    expect((await chain('2024-01-31T00:00:00Z', 2)).map((at) => at.slice(0, 10))).toEqual([
      '2024-02-29',
      '2024-03-31',
    ]);
    expect((await chain('2023-12-30T23:59:59Z', 3)).map((at) => at.slice(0, 10))).toEqual([
      '2024-01-30',
      '2024-02-29',
      '2024-03-30',
    ]);
    expect((await chain('2024-02-29T12:00:00Z', 5, 'year')).map((at) => at.slice(0, 10))).toEqual([
      '2025-02-28',
      '2026-02-28',
      '2027-02-28',
      '2028-02-29',
      '2029-02-28',
    ]);
  });

  test('over a year and more without drifting', async () => {
    const all = await chain('2025-08-31T08:30:00Z', 30);
    expect(all[11]).toBe('2026-08-31T08:30:00.000Z');
    expect(all[29]).toBe('2028-02-29T08:30:00.000Z');
    expect(new Set(all).size).toBe(30);
  });

  test('keeps the hour that clocks show when they are changed', async () => {
    // 09:00 in Berlin: 08:00 in winter, 07:00 in summer
    expect(await chain('2026-02-15T08:00:00Z', 2, 'month', 'Europe/Berlin')).toEqual([
      '2026-03-15T08:00:00.000Z',
      '2026-04-15T07:00:00.000Z',
    ]);
    // 02:30 does not exist on the 29th of March 2026 there; the month after it does again
    expect(await chain('2026-01-29T01:30:00Z', 3, 'month', 'Europe/Berlin')).toEqual([
      '2026-02-28T01:30:00.000Z',
      '2026-03-29T01:30:00.000Z',
      '2026-04-29T00:30:00.000Z',
    ]);
  });

  test('takes the day of the place, not of UTC', async () => {
    // 31 January 20:00 in Los Angeles is 1 February in UTC
    expect(await chain('2026-02-01T04:00:00Z', 2, 'month', 'America/Los_Angeles')).toEqual([
      '2026-03-01T04:00:00.000Z',
      '2026-04-01T03:00:00.000Z',
    ]);
  });

  test('gives no period of a few hours to an organization that has moved', async () => {
    // begun on the 1st at midnight in Auckland; the next period begins as the clocks of Honolulu say
    const anchor = '2026-01-31T11:00:00Z';
    const start = '2026-02-28T11:00:00Z';
    expect(await ends(anchor, start, 'month', 'Pacific/Honolulu')).toBe('2026-03-31T11:00:00.000Z');
    for (const zone of ['Pacific/Kiritimati', 'Pacific/Honolulu', 'UTC', 'Asia/Kolkata']) {
      const next = Date.parse((await ends(anchor, start, 'month', zone)) ?? '');
      expect(next - Date.parse(start)).toBeGreaterThan(27 * 86_400_000);
      expect(next - Date.parse(start)).toBeLessThan(33 * 86_400_000);
    }
  });
});

describe('a subscription that is paid for', () => {
  test('is carried on period by period, and a second time nothing changes', async () => {
    await onPaid(async (client) => {
      expect(await renew(client, '2025-02-28T09:59:59Z')).toEqual([]);
      expect(await renew(client, '2025-02-28T10:00:00Z')).toEqual(['renewed']);
      expect(await current(client)).toMatchObject({
        starts: '2025-02-28T10:00:00.000Z',
        ends: '2025-03-31T10:00:00.000Z',
      });
      expect(await renew(client, '2025-02-28T10:00:00Z')).toEqual([]);
      // a worker that was away for months catches up
      expect(await renew(client, '2025-06-15T00:00:00Z')).toEqual([
        'renewed',
        'renewed',
        'renewed',
      ]);
      expect(await current(client)).toMatchObject({
        starts: '2025-05-31T10:00:00.000Z',
        ends: '2025-06-30T10:00:00.000Z',
      });
    });
  });

  test('by the year', async () => {
    await onPaid(
      async (client) => {
        expect(await renew(client, '2026-01-31T10:00:00Z')).toEqual(['renewed']);
        expect(await current(client)).toMatchObject({ ends: '2027-01-31T10:00:00.000Z' });
      },
      { interval: 'year' },
    );
  });

  test('a free one goes on for ever', async () => {
    await within(database, async (client) => {
      await subscribe(client, cast.organizationId, await planOf(client, 'free'));
      await begun(client, '2024-01-31T10:00:00Z', '2024-02-29T10:00:00Z');
      expect(await renew(client, '2025-02-01T00:00:00Z')).toEqual(
        Array<string>(12).fill('renewed'),
      );
      expect(await current(client)).toMatchObject({
        plan: 'free',
        ends: '2025-02-28T10:00:00.000Z',
      });
    });
  });
});

describe('one that is not paid', () => {
  test('is past due, keeps its limits for the days of grace, and then falls back to the default plan', async () => {
    await onPaid(
      async (client) => {
        expect(await renew(client, '2025-03-01T00:00:00Z')).toEqual(['past_due']);
        expect(await current(client)).toMatchObject({
          plan: 'paid',
          status: 'past_due',
          pastDueSince: '2025-02-28T10:00:00.000Z',
        });
        expect(await renew(client, '2025-03-10T09:59:59Z')).toEqual([]);
        expect(await renew(client, '2025-03-10T10:00:00Z')).toEqual(['expired']);
        const all = await subscriptionsOf(client, cast.organizationId);
        expect(all).toMatchObject([
          { plan: 'paid', status: 'expired', ended: '2025-03-10T10:00:00.000Z' },
          {
            plan: 'free',
            status: 'active',
            starts: '2025-03-10T10:00:00.000Z',
            ends: '2025-04-10T10:00:00.000Z',
          },
        ]);
      },
      { pays: false },
    );
  });

  test('goes on when a payment method comes in time', async () => {
    await onPaid(
      async (client) => {
        await renew(client, '2025-03-01T00:00:00Z');
        await addAccount(client);
        expect(await renew(client, '2025-03-05T00:00:00Z')).toEqual(['paid', 'renewed']);
        expect(await current(client)).toMatchObject({
          status: 'active',
          pastDueSince: null,
          ends: '2025-03-31T10:00:00.000Z',
        });
      },
      { pays: false },
    );
  });

  test('goes on at once when the payment method is saved or made the default', async () => {
    await onPaid(
      async (client) => {
        const due = `update billing.subscriptions
            set started_at = now() - interval '32 days', anchored_at = now() - interval '32 days',
                period = tstzrange(now() - interval '32 days', now() - interval '1 day')
          where organization_id = $1 and ended_at is null`;
        await client.query(due, [cast.organizationId]);
        await client.query('select billing.renew_subscriptions()');
        expect(await current(client)).toMatchObject({ status: 'past_due' });
        await addPaymentMethod(client, cast.organizationId, { expires: [1, 2020] });
        expect(await current(client)).toMatchObject({ status: 'past_due' });
        const second = await addPaymentMethod(client, cast.organizationId, { reference: 'pm_2' });
        expect(await current(client)).toMatchObject({ status: 'past_due' });
        await asOwner(client, 'select billing.set_default_payment_method($1)', [second]);
        expect(await current(client)).toMatchObject({ status: 'active', pastDueSince: null });
      },
      { pays: false },
    );
  });

  test('a card that runs out before the period ends does not pay for the next', async () => {
    await onPaid(async (client) => {
      await client.query('update billing.payment_methods set expiry_month = 2, expiry_year = 2025');
      expect(await renew(client, '2025-02-28T10:00:00Z')).toEqual(['renewed']);
      expect(await renew(client, '2025-03-31T10:00:00Z')).toEqual(['past_due']);
    });
  });

  test('one by invoice is carried on without a payment method', async () => {
    await within(database, async (client) => {
      await subscribe(
        client,
        cast.organizationId,
        await makePlan(client, 'billed', {}, { price: 5 }),
      );
      await begun(client, '2025-01-01T00:00:00Z', '2025-02-01T00:00:00Z');
      expect(await renew(client, '2025-02-02T00:00:00Z')).toEqual(['renewed']);
    });
  });
});

describe('a trial', () => {
  const onTrial = (work: (client: PoolClient) => Promise<void>) =>
    within(database, async (client) => {
      await subscribe(client, cast.organizationId, await planOf(client, 'free'));
      await asOwner(client, 'select billing.change_plan($1)', [await planOf(client, 'studio')]);
      await begun(
        client,
        '2025-01-17T10:00:00Z',
        '2025-01-31T10:00:00Z',
        ", trial_ends_at = '2025-01-31T10:00:00Z'",
      );
      await work(client);
    });

  test('without a payment method ends, and the default plan follows', async () => {
    await onTrial(async (client) => {
      expect(await renew(client, '2025-01-31T10:00:00Z')).toEqual(['expired']);
      expect(await subscriptionsOf(client, cast.organizationId)).toMatchObject([
        { plan: 'studio', status: 'expired', ended: '2025-01-31T10:00:00.000Z' },
        { plan: 'free', status: 'active', starts: '2025-01-31T10:00:00.000Z' },
      ]);
      expect(
        (
          await refusal(client, async () =>
            asOwner(client, 'select billing.change_plan($1)', [await planOf(client, 'studio')]),
          )
        )?.code,
      ).toBe('CB026');
    });
  });

  test('with one becomes a subscription whose periods count from the end of the trial', async () => {
    await onTrial(async (client) => {
      await addAccount(client);
      expect(await renew(client, '2025-03-01T00:00:00Z')).toEqual(['renewed', 'renewed']);
      expect(await current(client)).toMatchObject({
        plan: 'studio',
        status: 'active',
        starts: '2025-02-28T10:00:00.000Z',
        ends: '2025-03-31T10:00:00.000Z',
      });
    });
  });

  test('that is cancelled ends with its last day', async () => {
    await onTrial(async (client) => {
      await addAccount(client);
      await asOwner(client, 'select billing.cancel_subscription()');
      expect(await renew(client, '2025-02-01T00:00:00Z')).toEqual(['cancelled']);
      expect(await current(client)).toMatchObject({
        plan: 'free',
        starts: '2025-01-31T10:00:00.000Z',
      });
    });
  });
});

describe('what was to come with the end of the period', () => {
  test('a cancellation', async () => {
    await onPaid(async (client) => {
      await asOwner(client, 'select billing.cancel_subscription()');
      expect(await renew(client, '2025-04-15T00:00:00Z')).toEqual(['cancelled', 'renewed']);
      expect(await subscriptionsOf(client, cast.organizationId)).toMatchObject([
        { plan: 'paid', status: 'cancelled', ended: '2025-02-28T10:00:00.000Z', cancels: false },
        { plan: 'free', starts: '2025-03-28T10:00:00.000Z', ends: '2025-04-28T10:00:00.000Z' },
      ]);
    });
  });

  test('a change of plan, also when more is in use by then than it allows', async () => {
    await onPaid(async (client) => {
      const small = await makePlan(client, 'small', { projects: 1 });
      await asOwner(client, 'select billing.change_plan($1, at_period_end => true)', [small]);
      await client.query(
        "insert into projects.projects (organization_id, name) select $1, 'P' || n from generate_series(1, 3) n",
        [cast.organizationId],
      );
      expect(await renew(client, '2025-03-01T00:00:00Z')).toEqual(['changed']);
      expect(await current(client)).toMatchObject({
        plan: 'small',
        status: 'active',
        price: '0.00',
        next: null,
        starts: '2025-02-28T10:00:00.000Z',
        ends: '2025-03-28T10:00:00.000Z',
      });
      expect(
        (
          await refusal(client, () =>
            client.query(
              "insert into projects.projects (organization_id, name) values ($1, 'Fourth')",
              [cast.organizationId],
            ),
          )
        )?.facts,
      ).toEqual({ metric: 'projects', limit: 1, used: 3, asked: 1 });
    });
  });

  test('a change to one that costs is past due without a payment method', async () => {
    await onPaid(async (client) => {
      const larger = await makePlan(client, 'larger', {}, { price: 99 });
      await asOwner(client, "select billing.change_plan($1, 'year', at_period_end => true)", [
        larger,
      ]);
      await client.query('delete from billing.payment_methods');
      expect(await renew(client, '2025-03-01T00:00:00Z')).toEqual(['changed']);
      expect(await current(client)).toMatchObject({
        plan: 'larger',
        status: 'past_due',
        price: '990.00',
        pastDueSince: '2025-02-28T10:00:00.000Z',
        ends: '2026-02-28T10:00:00.000Z',
      });
    });
  });
});

describe('a change from a free plan to one that costs, at the end of the period', () => {
  /** On the free plan in a period from the 31st of January 2025, with a change to Studio or a plan without a trial to come. */
  const onFree = (next: 'studio' | 'plain', work: (client: PoolClient) => Promise<void>) =>
    within(database, async (client) => {
      await client.query("update tenancy.organizations set time_zone = 'UTC' where id = $1", [
        cast.organizationId,
      ]);
      await subscribe(client, cast.organizationId, await planOf(client, 'free'));
      await begun(client, '2025-01-31T10:00:00Z', '2025-02-28T10:00:00Z');
      if (next === 'plain') {
        await makePlan(client, 'plain', {}, { price: 20 });
        await addAccount(client);
      }
      await asOwner(client, 'select billing.change_plan($1, at_period_end => true)', [
        await planOf(client, next),
      ]);
      await work(client);
    });

  test('begins with the trial, which is had once', async () => {
    await onFree('studio', async (client) => {
      expect(await renew(client, '2025-03-01T00:00:00Z')).toEqual(['changed']);
      expect(await current(client)).toMatchObject({
        plan: 'studio',
        status: 'trialing',
        price: '49.00',
        next: null,
        pastDueSince: null,
        starts: '2025-02-28T10:00:00.000Z',
        ends: '2025-03-14T10:00:00.000Z',
        trialEnds: '2025-03-14T10:00:00.000Z',
      });
      expect(await renew(client, '2025-03-14T10:00:00Z')).toEqual(['expired']);
      expect(await current(client)).toMatchObject({ plan: 'free', status: 'active' });
      expect(
        (
          await refusal(client, async () =>
            asOwner(client, 'select billing.change_plan($1, at_period_end => true)', [
              await planOf(client, 'studio'),
            ]),
          )
        )?.code,
      ).toBe('CB026');
    });
  });

  test('is paid for from the end of the trial', async () => {
    await onFree('studio', async (client) => {
      await addAccount(client);
      expect(await renew(client, '2025-03-15T00:00:00Z')).toEqual(['changed', 'renewed']);
      expect(await current(client)).toMatchObject({
        plan: 'studio',
        status: 'active',
        starts: '2025-03-14T10:00:00.000Z',
        ends: '2025-04-14T10:00:00.000Z',
      });
    });
  });

  test('is not made when the payment method has gone meanwhile', async () => {
    await onFree('plain', async (client) => {
      await client.query('delete from billing.payment_methods');
      expect(await renew(client, '2025-03-01T00:00:00Z')).toEqual(['renewed']);
      expect(await current(client)).toMatchObject({
        plan: 'free',
        status: 'active',
        next: null,
        starts: '2025-02-28T10:00:00.000Z',
      });
    });
  });

  test('keeps the payment method that it takes from being removed', async () => {
    await onFree('plain', async (client) => {
      const remove = () =>
        asOwner(
          client,
          'select billing.remove_payment_method(id) from (select id from billing.payment_methods) p',
        );
      expect(await refusal(client, remove)).toMatchObject({
        code: 'CB005',
        hint: 'resumeSubscription takes back the change of plan that is to come.',
      });
      await asOwner(client, 'select billing.resume_subscription()');
      await remove();
    });
  });

  test('does not prolong a trial', async () => {
    await within(database, async (client) => {
      await subscribe(client, cast.organizationId, await planOf(client, 'free'));
      await asOwner(client, 'select billing.change_plan($1)', [await planOf(client, 'studio')]);
      await begun(
        client,
        '2025-01-17T10:00:00Z',
        '2025-01-31T10:00:00Z',
        ", trial_ends_at = '2025-01-31T10:00:00Z'",
      );
      await addAccount(client);
      await asOwner(client, 'select billing.change_plan($1, at_period_end => true)', [
        await planOf(client, 'company'),
      ]);
      await client.query('delete from billing.payment_methods');
      expect(await renew(client, '2025-02-01T00:00:00Z')).toEqual(['expired']);
      expect(await current(client)).toMatchObject({ plan: 'free', next: null });
    });
  });
});

describe('one that a provider manages', () => {
  const managed = (work: (client: PoolClient) => Promise<void>) =>
    onPaid(async (client) => {
      await client.query(
        "update billing.subscriptions set provider = 'stripe', external_id = 'sub_1' where organization_id = $1 and ended_at is null",
        [cast.organizationId],
      );
      await work(client);
    });

  test('waits for the report of the provider, and is past due when none comes', async () => {
    await managed(async (client) => {
      expect(await renew(client, '2025-03-01T00:00:00Z')).toEqual([]);
      expect(await renew(client, '2025-03-03T10:00:00Z')).toEqual(['past_due']);
      expect(await renew(client, '2025-03-20T00:00:00Z')).toEqual(['expired']);
    });
  });
});

test('so many at a time', async () => {
  await within(database, async (client) => {
    await client.query(
      "update billing.subscriptions set period = tstzrange('2025-01-01', '2025-02-01'), anchored_at = '2025-01-01' where ended_at is null",
    );
    for (let number = 0; number < 3; number += 1) {
      await client.query('select tenancy.create_organization($1, $2)', [
        `Renewed ${number}`,
        cast.owner.userId,
      ]);
    }
    await client.query(
      "update billing.subscriptions set period = tstzrange('2025-01-01', '2025-02-01'), anchored_at = '2025-01-01' where ended_at is null",
    );
    const renewed: (number | null)[] = [];
    for (let round = 0; round < 3; round += 1) {
      renewed.push(
        (await client.query("select * from billing.renew_subscriptions('2025-02-01', 3)")).rowCount,
      );
    }
    expect(renewed).toEqual([3, 1, 0]);
  });
});

test('renewing is for the back office', async () => {
  await within(database, async (client) => {
    expect(
      (await refusal(client, () => asOwner(client, 'select billing.renew_subscriptions()')))?.code,
    ).toBe('42501');
    await client.query('set local role callboard_service');
    await client.query("select billing.renew_subscriptions(now() + interval '1 year')");
  });
});
