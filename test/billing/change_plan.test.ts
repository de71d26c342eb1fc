import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { makeCast, type Caller, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import {
  acting,
  addPaymentMethod,
  makePlan,
  planOf,
  refusal,
  subscribe,
  subscriptionOf,
  within,
} from './plans.ts';

const database = testDatabase();
let cast: Cast;

beforeAll(async () => {
  cast = await makeCast(database, 'plans');
});

/** On the free plan, without a trial taken. */
const onFree = (work: (client: PoolClient) => Promise<void>) =>
  within(database, async (client) => {
    await subscribe(client, cast.organizationId, await planOf(client, 'free'));
    await work(client);
  });

type Change = { interval?: string; currency?: string; atPeriodEnd?: boolean };

const change = (
  client: PoolClient,
  planId: string | null,
  { interval, currency, atPeriodEnd = false }: Change = {},
  caller: Caller = cast.owner,
) =>
  acting(client, caller, () =>
    client.query('select billing.change_plan($1, $2, $3, $4)', [
      planId,
      interval,
      currency,
      atPeriodEnd,
    ]),
  );
const current = (client: PoolClient) => subscriptionOf(client, cast.organizationId);

const DAY = 86_400_000;
const days = ({ starts, ends }: { starts: string; ends: string }) =>
  Math.round((Date.parse(ends) - Date.parse(starts)) / DAY);

describe('to a plan that costs', () => {
  test('begins with the trial, where the organization has had none', async () => {
    await onFree(async (client) => {
      const plan = await makePlan(client, 'paid', {}, { price: 49, trialDays: 14 });
      await change(client, plan);
      const subscription = await current(client);
      expect(subscription).toMatchObject({
        plan: 'paid',
        status: 'trialing',
        price: '49.00',
        currency: 'USD',
        interval: 'month',
        collection: 'automatic',
      });
      expect(subscription.trialEnds).toBe(subscription.ends);
      expect(days(subscription)).toBe(14);
    });
  });

  test('another plan during the trial keeps the end of the trial', async () => {
    await onFree(async (client) => {
      await change(client, await makePlan(client, 'paid', {}, { price: 49, trialDays: 14 }));
      const before = await current(client);
      await change(client, await makePlan(client, 'larger', {}, { price: 99, trialDays: 30 }));
      expect(await current(client)).toMatchObject({
        plan: 'larger',
        status: 'trialing',
        price: '99.00',
        ends: before.ends,
        trialEnds: before.trialEnds,
      });
    });
  });

  test('takes a payment method when there is no trial, or none any more', async () => {
    await onFree(async (client) => {
      const paid = await makePlan(client, 'paid', {}, { price: 49, trialDays: 14 });
      const plain = await makePlan(client, 'plain', {}, { price: 20 });
      expect(await refusal(client, () => change(client, plain))).toMatchObject({
        code: 'CB026',
        field: 'plan_id',
        message: 'The plan Plain costs 20.00 USD per month: add a payment method first.',
      });
      await change(client, paid);
      await change(client, await planOf(client, 'free'));
      expect(await refusal(client, () => change(client, paid))).toMatchObject({ code: 'CB026' });
      await addPaymentMethod(client, cast.organizationId);
      await change(client, paid);
      expect(await current(client)).toMatchObject({ plan: 'paid', status: 'active' });
    });
  });

  test.each([
    [[1, 2020], 'CB026'],
    [[12, 2099], undefined],
  ] as const)('a payment method that expires in %j counts until then', async (expires, code) => {
    await onFree(async (client) => {
      const plain = await makePlan(client, 'plain', {}, { price: 20 });
      await addPaymentMethod(client, cast.organizationId, { expires });
      expect((await refusal(client, () => change(client, plain)))?.code).toBe(code);
    });
  });

  test('is had for the interval and currency asked for, or as they were', async () => {
    await onFree(async (client) => {
      await addPaymentMethod(client, cast.organizationId);
      const studio = await planOf(client, 'studio');
      await client.query('update billing.subscription_plans set trial_days = 0');
      await change(client, studio, { interval: 'year', currency: 'eur' });
      const yearly = await current(client);
      expect(yearly).toMatchObject({ price: '450.00', currency: 'EUR', interval: 'year' });
      expect(days(yearly)).toBeGreaterThanOrEqual(365);
      await change(client, await planOf(client, 'company'));
      expect(await current(client)).toMatchObject({
        price: '2750.00',
        currency: 'EUR',
        interval: 'year',
      });
    });
  });

  test('between two of them the period that is paid for goes on; another interval begins now', async () => {
    await onFree(async (client) => {
      await addPaymentMethod(client, cast.organizationId);
      const paid = await makePlan(client, 'paid', {}, { price: 49 });
      const larger = await makePlan(client, 'larger', {}, { price: 99 });
      await change(client, paid);
      await client.query(
        `update billing.subscriptions
            set period = tstzrange(now() - interval '10 days', now() + interval '20 days'), anchored_at = now() - interval '10 days'
          where organization_id = $1 and ended_at is null`,
        [cast.organizationId],
      );
      const before = await current(client);
      await change(client, larger);
      expect(await current(client)).toMatchObject({
        plan: 'larger',
        starts: before.starts,
        ends: before.ends,
      });
      await change(client, larger, { interval: 'year' });
      const yearly = await current(client);
      expect(yearly).toMatchObject({ plan: 'larger', interval: 'year', price: '990.00' });
      expect(yearly.starts).not.toBe(before.starts);
    });
  });
});

describe('to a smaller plan', () => {
  test('is refused while more is there than it allows, naming the metric and how much to free', async () => {
    await onFree(async (client) => {
      const small = await makePlan(client, 'small', { members: 3, projects: 0 });
      expect(await refusal(client, () => change(client, small))).toEqual({
        code: 'CB025',
        field: 'plan_id',
        message: 'The plan Small allows 3 members: 4 in use.',
        facts: { metric: 'members', limit: 3, used: 4, asked: 0 },
        hint: 'Free 1 first.',
      });
      expect(
        (await refusal(client, () => change(client, small, { atPeriodEnd: true })))?.code,
      ).toBe('CB025');
      await client.query(
        "update tenancy.organization_members set status = 'left' where organization_id = $1 and user_id = $2",
        [cast.organizationId, cast.guest.userId],
      );
      await change(client, small);
      expect(await current(client)).toMatchObject({
        plan: 'small',
        status: 'active',
        price: '0.00',
      });
    });
  });

  test('what was done in the month does not matter', async () => {
    await onFree(async (client) => {
      await client.query("select billing.count_usage($1, 'emails', 150)", [cast.organizationId]);
      await change(client, await makePlan(client, 'quiet', { emails: 10 }));
      expect(
        (
          await refusal(client, () =>
            client.query("select billing.count_usage($1, 'emails', 1)", [cast.organizationId]),
          )
        )?.facts,
      ).toEqual({ metric: 'emails', limit: 10, used: 150, asked: 1 });
    });
  });

  test('its limits hold at once', async () => {
    await onFree(async (client) => {
      await change(client, await makePlan(client, 'small', { projects: 1 }));
      const add = () =>
        acting(client, cast.member, () =>
          client.query("insert into projects.projects (name) values ('One')"),
        );
      await add();
      expect((await refusal(client, add))?.code).toBe('CB025');
    });
  });
});

describe('at the end of the period', () => {
  test('is noted and can be taken back', async () => {
    await onFree(async (client) => {
      const later = await makePlan(client, 'later', {});
      await change(client, later, { atPeriodEnd: true });
      expect(await current(client)).toMatchObject({ plan: 'free', next: 'later' });
      await acting(client, cast.owner, () => client.query('select billing.resume_subscription()'));
      expect(await current(client)).toMatchObject({ plan: 'free', next: null });
    });
  });

  test('takes the place of a cancellation, and a change now of both', async () => {
    await onFree(async (client) => {
      await addPaymentMethod(client, cast.organizationId);
      const paid = await makePlan(client, 'paid', {}, { price: 49 });
      const later = await makePlan(client, 'later', {});
      await change(client, paid);
      await acting(client, cast.owner, () => client.query('select billing.cancel_subscription()'));
      await change(client, later, { atPeriodEnd: true });
      expect(await current(client)).toMatchObject({ cancels: false, next: 'later' });
      await change(client, await makePlan(client, 'larger', {}, { price: 99 }));
      expect(await current(client)).toMatchObject({ plan: 'larger', cancels: false, next: null });
    });
  });

  test('one that costs is asked for with the trial to come, or with a payment method', async () => {
    await onFree(async (client) => {
      const plain = await makePlan(client, 'plain', {}, { price: 20 });
      expect(
        await refusal(client, () => change(client, plain, { atPeriodEnd: true })),
      ).toMatchObject({ code: 'CB026', field: 'plan_id' });
      const paid = await makePlan(client, 'paid', {}, { price: 49, trialDays: 14 });
      await change(client, paid, { atPeriodEnd: true });
      expect(await current(client)).toMatchObject({ plan: 'free', next: 'paid', trialEnds: null });
      // the trial ends when the period does, so it is none of the next plan
      await change(client, paid);
      expect(
        await refusal(client, () => change(client, plain, { atPeriodEnd: true })),
      ).toMatchObject({ code: 'CB026' });
      await addPaymentMethod(client, cast.organizationId);
      await change(client, plain, { atPeriodEnd: true });
      expect(await current(client)).toMatchObject({ status: 'trialing', next: 'plain' });
    });
  });

  test('a payment method that serves until then is none', async () => {
    await onFree(async (client) => {
      await client.query(
        `update billing.subscriptions set period = tstzrange(now(), '2090-02-03 12:00Z')
          where organization_id = $1 and ended_at is null`,
        [cast.organizationId],
      );
      await client.query("update tenancy.organizations set time_zone = 'UTC' where id = $1", [
        cast.organizationId,
      ]);
      const plain = await makePlan(client, 'plain', {}, { price: 20 });
      await addPaymentMethod(client, cast.organizationId, { expires: [1, 2090] });
      expect(
        await refusal(client, () => change(client, plain, { atPeriodEnd: true })),
      ).toMatchObject({
        code: 'CB026',
        hint: 'The present one has expired by 2090-02-03, when the plan would begin.',
      });
      await addPaymentMethod(client, cast.organizationId, { expires: [2, 2090] });
      await change(client, plain, { atPeriodEnd: true });
      expect(await current(client)).toMatchObject({ next: 'plain' });
    });
  });
});

describe('is refused', () => {
  test.each([
    ['a plan that is not there', '00000000-0000-7000-8000-000000000000', {}, 'plan_id'],
    ['no plan', null, {}, 'plan_id'],
    ['a plan that is arranged with the platform', 'enterprise', {}, 'plan_id'],
    ['an interval that is none', 'studio', { interval: 'decade' }, 'billing_interval'],
    ['a currency in which it is not sold', 'studio', { currency: 'CHF' }, 'currency'],
  ])('%s', async (_what, plan, options, field) => {
    await onFree(async (client) => {
      const id = plan && !plan.includes('-') ? await planOf(client, plan) : plan;
      expect(await refusal(client, () => change(client, id, options))).toMatchObject({
        code: 'CB002',
        field,
      });
    });
  });

  test('a plan that is not offered any more', async () => {
    await onFree(async (client) => {
      await client.query(
        "update billing.subscription_plans set retired_at = now() where key = 'studio'",
      );
      expect(
        await refusal(client, async () => change(client, await planOf(client, 'studio'))),
      ).toMatchObject({
        code: 'CB002',
        hint: 'It is not offered any more.',
      });
    });
  });

  test('the present plan, unless for another interval', async () => {
    await onFree(async (client) => {
      expect(
        await refusal(client, async () => change(client, await planOf(client, 'free'))),
      ).toMatchObject({
        code: 'CB005',
        field: 'plan_id',
      });
    });
  });

  test('a subscription that a provider manages', async () => {
    await onFree(async (client) => {
      await client.query(
        "update billing.subscriptions set provider = 'stripe', external_id = 'sub_1' where organization_id = $1 and ended_at is null",
        [cast.organizationId],
      );
      expect(
        await refusal(client, async () => change(client, await planOf(client, 'studio'))),
      ).toMatchObject({
        code: 'CB005',
        message: 'Stripe manages this subscription.',
      });
    });
  });

  test.each(['member', 'guest'] as const)('a %s', async (role) => {
    await onFree(async (client) => {
      const studio = await planOf(client, 'studio');
      expect(await refusal(client, () => change(client, studio, {}, cast[role]))).toMatchObject({
        code: 'CB003',
      });
    });
  });

  test('somebody who has left, and nobody', async () => {
    await onFree(async (client) => {
      const studio = await planOf(client, 'studio');
      expect((await refusal(client, () => change(client, studio, {}, cast.left)))?.code).toBe(
        'CB003',
      );
      expect((await refusal(client, () => change(client, studio, {}, {})))?.code).toBe('42501');
    });
  });
});

test('an admin may, and the change is in the audit log', async () => {
  await onFree(async (client) => {
    await change(client, await makePlan(client, 'other', {}), {}, cast.admin);
    const { rows } = await client.query(
      `select actor_id, before -> 'plan_id' is not null as named from security.audit_logs
        where entity_type = 'billing.subscriptions' and action = 'update' and organization_id = $1 and actor_id is not null`,
      [cast.organizationId],
    );
    expect(rows).toEqual([{ actor_id: cast.admin.userId, named: true }]);
  });
});
