import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { dataOf, errorOf, testApi, type Within } from '../helpers/graphql.ts';
import { addPaymentMethod, makePlan, planOf, subscribe } from './plans.ts';

const database = testDatabase();
const api = testApi(database);
let cast: Cast;
let other: Cast;

beforeAll(async () => {
  cast = await makeCast(database, 'clients');
  other = await makeCast(database, 'rivals');
});

const on = (plan: string, work: (transaction: Within) => Promise<void>) =>
  api.within(async (transaction) => {
    await subscribe(
      transaction.client,
      cast.organizationId,
      await planOf(transaction.client, plan),
    );
    await work(transaction);
  });
const tiny = async (client: PoolClient, limits: Record<string, number | null>) =>
  subscribe(client, cast.organizationId, await makePlan(client, 'tiny', limits));

const CREATE =
  'mutation ($name: String!) { createProject(input: { project: { name: $name } }) { project { name } } }';
const CHANGE = `mutation ($planId: UUID!, $atPeriodEnd: Boolean, $interval: String) {
  changePlan(input: { planId: $planId, atPeriodEnd: $atPeriodEnd, billingInterval: $interval }) {
    billingSubscription { status price cancelAtPeriodEnd plan { key } nextPlan { key } }
  }
}`;

describe('a limit', () => {
  test('that is reached is LIMIT_REACHED, with the metric and the figures beside the code', async () => {
    await api.within(async ({ ask, client }) => {
      await tiny(client, { projects: 1 });
      dataOf(await ask(cast.member, CREATE, { name: 'First' }));
      const { errors } = await ask(cast.member, CREATE, { name: 'Second' });
      expect(errors).toMatchObject([
        {
          message: 'The limit of projects is reached: 1 of 1 used.',
          path: ['createProject'],
        },
      ]);
      expect(errors?.[0]?.extensions).toEqual({
        code: 'LIMIT_REACHED',
        metric: 'projects',
        limit: 1,
        used: 1,
        asked: 1,
        hint: 'The plan Free allows 5.',
      });
    });
  });

  test('can be asked about before', async () => {
    await api.within(async ({ ask, client }) => {
      await tiny(client, { projects: 1 });
      const question = `query ($tenantId: UUID!) {
        checkTenantLimit(tenantId: $tenantId, metricType: "projects") { metric used limit remaining percent allowed resetsAt }
      }`;
      const answer = async () =>
        dataOf(await ask(cast.member, question, { tenantId: cast.organizationId }))
          .checkTenantLimit;
      expect(await answer()).toEqual({
        metric: 'projects',
        used: '0',
        limit: '1',
        remaining: '1',
        percent: '0.0',
        allowed: true,
        resetsAt: null,
      });
      dataOf(await ask(cast.member, CREATE, { name: 'First' }));
      expect(await answer()).toMatchObject({ used: '1', remaining: '0', allowed: false });
      expect(errorOf(await ask(cast.member, question, { tenantId: other.organizationId }))).toEqual(
        { code: 'FORBIDDEN', field: 'tenantId' },
      );
    });
  });
});

describe('the billing screen', () => {
  test('has everything that is measured in one call', async () => {
    await on('studio', async ({ ask }) => {
      const { usage, planFeatures } = dataOf(
        await ask(
          cast.member,
          '{ usage { nodes { metric used limit percent periodStartsAt resetsAt } } planFeatures }',
        ),
      );
      expect(usage.nodes).toHaveLength(9);
      expect(usage.nodes[0]).toEqual({
        metric: 'members',
        used: '4',
        limit: '25',
        percent: '16.0',
        periodStartsAt: null,
        resetsAt: null,
      });
      expect(usage.nodes[6]).toMatchObject({
        metric: 'emails',
        periodStartsAt: expect.any(String),
        resetsAt: expect.any(String),
      });
      expect(planFeatures).toEqual(['private_workspaces', 'api_keys']);
    });
    expect(errorOf(await api.ask(cast.guest, '{ usage { nodes { metric } } }'))).toEqual({
      code: 'FORBIDDEN',
    });
  });

  test('has the subscription, for those who may see it', async () => {
    await on('company', async ({ ask }) => {
      const question =
        '{ currentSubscription { status price currency collection plan { key planLimits { totalCount } } } }';
      expect(dataOf(await ask(cast.admin, question)).currentSubscription).toEqual({
        status: 'active',
        price: '299.00',
        currency: 'USD',
        collection: 'invoice',
        plan: { key: 'company', planLimits: { totalCount: 9 } },
      });
      expect(errorOf(await ask(cast.member, question))).toEqual({ code: 'FORBIDDEN' });
      const all =
        '{ billingSubscriptions { totalCount } paymentMethods { totalCount } billingCustomers { totalCount } }';
      expect(dataOf(await ask(cast.member, all))).toMatchObject({
        billingSubscriptions: { totalCount: 0 },
      });
      expect(dataOf(await ask(cast.owner, all)).billingSubscriptions.totalCount).toBeGreaterThan(0);
    });
  });

  test('lists the plans with their limits and prices, for everybody who is signed in', async () => {
    const { plans } = dataOf(
      await api.ask(
        cast.guest,
        `{ plans { nodes { key features planPrices { nodes { billingInterval currency price seatPrice } }
                   planLimits { nodes { metricKey limitValue metric { unit kind } } } } } }`,
      ),
    );
    expect(plans.nodes.map((plan: { key: string }) => plan.key)).toEqual([
      'free',
      'studio',
      'company',
    ]);
    expect(plans.nodes[1].planPrices.nodes).toContainEqual({
      billingInterval: 'month',
      currency: 'EUR',
      price: '45.00',
      seatPrice: '5.50',
    });
    expect(plans.nodes[0].planLimits.nodes).toContainEqual({
      metricKey: 'projects',
      limitValue: '5',
      metric: { unit: 'project', kind: 'gauge' },
    });
    expect(errorOf(await api.ask({}, '{ plans { nodes { key } } }'))).toEqual({
      code: 'UNAUTHENTICATED',
    });
  });
});

describe('changing the subscription', () => {
  test('plan, seats, payment, cancelling and taking it back', async () => {
    await on('free', async ({ ask, client }) => {
      const paid = await makePlan(client, 'paid', { members: 4 }, { price: 20, seatPrice: 2 });
      expect(errorOf(await ask(cast.owner, CHANGE, { planId: paid }))).toEqual({
        code: 'PAYMENT_REQUIRED',
        field: 'planId',
      });
      const first = await addPaymentMethod(client, cast.organizationId);
      expect(
        dataOf(await ask(cast.owner, CHANGE, { planId: paid, interval: 'year' })).changePlan
          .billingSubscription,
      ).toEqual({
        status: 'active',
        price: '200.00',
        cancelAtPeriodEnd: false,
        plan: { key: 'paid' },
        nextPlan: null,
      });
      const seats =
        'mutation ($seats: Int!) { changeSeats(input: { seats: $seats }) { billingSubscription { seats } } }';
      expect(
        dataOf(await ask(cast.owner, seats, { seats: 6 })).changeSeats.billingSubscription,
      ).toEqual({ seats: 6 });
      expect(errorOf(await ask(cast.owner, seats, { seats: 3 }))).toEqual({
        code: 'INVALID_INPUT',
        field: 'seats',
      });
      const remove =
        'mutation ($rowId: UUID!) { removePaymentMethod(input: { rowId: $rowId }) { paymentMethod { removedAt } } }';
      expect(errorOf(await ask(cast.owner, remove, { rowId: first }))).toEqual({
        code: 'CONFLICT',
        field: 'rowId',
      });
      const cancel =
        'mutation { cancelSubscription(input: {}) { billingSubscription { cancelAtPeriodEnd } } }';
      expect(dataOf(await ask(cast.owner, cancel)).cancelSubscription.billingSubscription).toEqual({
        cancelAtPeriodEnd: true,
      });
      expect(errorOf(await ask(cast.owner, cancel))).toEqual({ code: 'CONFLICT' });
      const resume =
        'mutation { resumeSubscription(input: {}) { billingSubscription { cancelAtPeriodEnd } } }';
      expect(dataOf(await ask(cast.owner, resume)).resumeSubscription.billingSubscription).toEqual({
        cancelAtPeriodEnd: false,
      });
      const free = await planOf(client, 'free');
      expect(
        dataOf(
          await ask(cast.owner, CHANGE, { planId: free, atPeriodEnd: true, interval: 'month' }),
        ).changePlan.billingSubscription,
      ).toMatchObject({
        plan: { key: 'paid' },
        nextPlan: { key: 'free' },
      });
    });
  });

  test('to a plan that is too small names the field and the metric', async () => {
    await on('studio', async ({ ask, client }) => {
      const small = await makePlan(client, 'small', { members: 2 });
      const answer = await ask(cast.owner, CHANGE, { planId: small });
      expect(errorOf(answer)).toEqual({ code: 'LIMIT_REACHED', field: 'planId' });
      expect(answer.errors?.[0]?.extensions).toMatchObject({
        metric: 'members',
        limit: 2,
        used: 4,
        hint: 'Free 2 first.',
      });
    });
  });

  test('is not for members, and not by writing the row', async () => {
    expect(errorOf(await api.ask(cast.member, CHANGE, { planId: cast.organizationId }))).toEqual({
      code: 'FORBIDDEN',
    });
    const { Mutation } = api.schema().getTypeMap() as unknown as {
      Mutation: { getFields(): object };
    };
    const names = Object.keys(Mutation.getFields());
    expect(names).toEqual(
      expect.arrayContaining([
        'changePlan',
        'cancelSubscription',
        'trackUsage',
        'createRevenueStream',
      ]),
    );
    for (const hidden of [
      /startSubscription/i,
      /syncSubscription/i,
      /renewSubscription/i,
      /(create|update|delete)BillingSubscription/i,
      /PaymentMethod$/i,
      /UsageCounter/i,
      /countUsage/i,
    ]) {
      expect(
        names
          .filter((name) => hidden.test(name))
          .filter((name) => !['setDefaultPaymentMethod', 'removePaymentMethod'].includes(name)),
      ).toEqual([]);
    }
  });
});

describe('trackUsage', () => {
  const TRACK = `mutation ($tenantId: UUID!, $metric: String!, $increment: BigInt) {
    trackUsage(input: { tenantId: $tenantId, metricType: $metric, increment: $increment }) { usage { metric used remaining } }
  }`;

  test('counts, and refuses what is none', async () => {
    await on('free', async ({ ask }) => {
      const track = (metric: string, increment: unknown, caller = cast.owner) =>
        ask(caller, TRACK, { tenantId: cast.organizationId, metric, increment });
      expect(dataOf(await track('emails', 150)).trackUsage.usage).toEqual({
        metric: 'emails',
        used: '150',
        remaining: '50',
      });
      expect(errorOf(await track('emails', 51))).toEqual({ code: 'LIMIT_REACHED' });
      expect(errorOf(await track('emails', '-1'))).toEqual({
        code: 'INVALID_INPUT',
        field: 'increment',
      });
      expect(errorOf(await track('emails', '99999999999999999999999'))).toMatchObject({
        code: 'INVALID_INPUT',
      });
      expect(errorOf(await track('smoke signals', 1))).toEqual({
        code: 'INVALID_INPUT',
        field: 'metricType',
      });
      expect(errorOf(await track('emails', 1, cast.member))).toEqual({ code: 'FORBIDDEN' });
      expect(
        errorOf(await ask(cast.owner, TRACK, { tenantId: other.organizationId, metric: 'emails' })),
      ).toEqual({ code: 'FORBIDDEN', field: 'tenantId' });
    });
  });
});
