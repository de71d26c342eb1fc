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
let other: Cast;

beforeAll(async () => {
  cast = await makeCast(database, 'seats');
  other = await makeCast(database, 'others');
});

const asOwner = (client: PoolClient, sql: string, values: unknown[] = []) =>
  acting(client, cast.owner, () => client.query(sql, values));

/** On a plan that costs 49 dollars a month, with three members included and 5 dollars for each further one. */
const onPaid = (work: (client: PoolClient) => Promise<void>) =>
  within(database, async (client) => {
    await subscribe(client, cast.organizationId, await planOf(client, 'free'));
    await addPaymentMethod(client, cast.organizationId);
    const plan = await makePlan(client, 'paid', { members: 4 }, { price: 49, seatPrice: 5 });
    await asOwner(client, 'select billing.change_plan($1)', [plan]);
    await work(client);
  });
const current = (client: PoolClient) => subscriptionOf(client, cast.organizationId);

describe('billing.cancel_subscription', () => {
  test('ends it with the period, which resume_subscription takes back', async () => {
    await onPaid(async (client) => {
      await asOwner(client, 'select billing.cancel_subscription()');
      expect(await current(client)).toMatchObject({
        plan: 'paid',
        status: 'active',
        cancels: true,
      });
      expect(
        (await refusal(client, () => asOwner(client, 'select billing.cancel_subscription()')))
          ?.code,
      ).toBe('CB005');
      await asOwner(client, 'select billing.resume_subscription()');
      expect(await current(client)).toMatchObject({ plan: 'paid', cancels: false });
      expect(
        (await refusal(client, () => asOwner(client, 'select billing.resume_subscription()')))
          ?.code,
      ).toBe('CB005');
    });
  });

  test('now: the default plan follows at the same instant, and its limits hold', async () => {
    await onPaid(async (client) => {
      await asOwner(client, 'select billing.cancel_subscription(false)');
      const all = await subscriptionsOf(client, cast.organizationId);
      const [ended, next] = all.slice(-2);
      expect(ended).toMatchObject({ plan: 'paid', status: 'cancelled' });
      expect(next).toMatchObject({
        plan: 'free',
        status: 'active',
        starts: ended?.ended,
        price: '0.00',
      });
      await client.query(
        "insert into projects.projects (organization_id, name) select $1, 'P' || n from generate_series(1, 5) n",
        [cast.organizationId],
      );
      expect(
        (
          await refusal(client, () =>
            client.query(
              "insert into projects.projects (organization_id, name) values ($1, 'Sixth')",
              [cast.organizationId],
            ),
          )
        )?.code,
      ).toBe('CB025');
    });
  });

  test('is refused on the default plan, and for members', async () => {
    await within(database, async (client) => {
      await subscribe(client, cast.organizationId, await planOf(client, 'free'));
      for (const at of [true, false, null]) {
        expect(
          (
            await refusal(client, () =>
              asOwner(client, 'select billing.cancel_subscription($1)', [at]),
            )
          )?.code,
        ).toBe('CB005');
      }
      for (const call of ['cancel_subscription()', 'resume_subscription()', 'change_seats(5)']) {
        expect(
          (
            await refusal(client, () =>
              acting(client, cast.member, () => client.query(`select billing.${call}`)),
            )
          )?.code,
        ).toBe('CB003');
      }
    });
  });
});

describe('billing.change_seats', () => {
  const seats = (client: PoolClient, howMany: number | null) =>
    asOwner(client, 'select billing.change_seats($1)', [howMany]);

  test('raises the limit of members, and lowers it again down to what is in use', async () => {
    await onPaid(async (client) => {
      const join = () =>
        client.query(
          "update tenancy.organization_members set status = 'active' where organization_id = $1",
          [cast.organizationId],
        );
      expect((await refusal(client, join))?.facts).toEqual({
        metric: 'members',
        limit: 4,
        used: 4,
        asked: 1,
      });
      await seats(client, 6);
      expect(await current(client)).toMatchObject({ seats: 6 });
      await join();
      expect(await refusal(client, () => seats(client, 4))).toMatchObject({
        code: 'CB025',
        field: 'seats',
        facts: { metric: 'members', limit: 4, used: 5 },
      });
      await seats(client, 5);
      await client.query(
        "update tenancy.organization_members set status = 'left' where organization_id = $1 and user_id = $2",
        [cast.organizationId, cast.left.userId],
      );
      await seats(client, 4);
      // as many as the plan includes: none are bought
      expect(await current(client)).toMatchObject({ seats: null });
    });
  });

  test.each([null, 0, -1, 3, 2_000_000])('%s is no number of seats', async (howMany) => {
    await onPaid(async (client) => {
      expect(await refusal(client, () => seats(client, howMany))).toMatchObject({
        code: 'CB002',
        field: 'seats',
      });
    });
  });

  test('is refused where no seats are sold, or there is no limit of members', async () => {
    await within(database, async (client) => {
      await subscribe(client, cast.organizationId, await planOf(client, 'free'));
      expect((await refusal(client, () => seats(client, 9)))?.code).toBe('CB005');
      await subscribe(client, cast.organizationId, await planOf(client, 'enterprise'));
      expect((await refusal(client, () => seats(client, 9)))?.message).toBe(
        'The plan has no limit of members.',
      );
    });
  });

  test('takes a payment method', async () => {
    await onPaid(async (client) => {
      await client.query('delete from billing.payment_methods');
      expect((await refusal(client, () => seats(client, 9)))?.code).toBe('CB026');
    });
  });

  test('a change to a plan without seats asks for the members to fit', async () => {
    await onPaid(async (client) => {
      await seats(client, 5);
      await client.query(
        "update tenancy.organization_members set status = 'active' where organization_id = $1",
        [cast.organizationId],
      );
      const plain = await makePlan(client, 'plain', { members: 4 }, { price: 9 });
      expect(
        (await refusal(client, () => asOwner(client, 'select billing.change_plan($1)', [plain])))
          ?.facts,
      ).toMatchObject({
        metric: 'members',
        limit: 4,
      });
      const seated = await makePlan(client, 'seated', { members: 2 }, { price: 9, seatPrice: 1 });
      await asOwner(client, 'select billing.change_plan($1)', [seated]);
      expect(await current(client)).toMatchObject({ plan: 'seated', seats: 5 });
    });
  });
});

describe('billing.subscriptions', () => {
  test('at most one is current, and none overlap, whoever writes', async () => {
    await within(database, async (client) => {
      const insert = (started: string, ended: string | null) =>
        client.query(
          `insert into billing.subscriptions (organization_id, plan_id, status, currency, started_at, ended_at, period)
           select $1, id, case when $3::timestamptz is null then 'active' else 'cancelled' end, 'USD', $2, $3,
                  tstzrange('2020-01-01', '2020-02-01')
             from billing.subscription_plans where key = 'free'`,
          [cast.organizationId, started, ended],
        );
      expect((await refusal(client, () => insert('2099-01-01', null)))?.code).toBe('23P01');
      await insert('2020-01-01', '2020-02-01');
      await insert('2020-02-01', '2020-03-01');
      expect((await refusal(client, () => insert('2020-01-15', '2020-01-16')))?.code).toBe('23P01');
    });
  });

  test('a status that is over does not come back', async () => {
    await within(database, async (client) => {
      await subscribe(client, cast.organizationId, await planOf(client, 'studio'));
      expect(
        (
          await refusal(client, () =>
            client.query(
              "update billing.subscriptions set status = 'active', ended_at = null where organization_id = $1 and status = 'cancelled'",
              [cast.organizationId],
            ),
          )
        )?.code,
      ).toBe('CB006');
    });
  });

  test('owners and admins read their own, members and others none; nobody writes', async () => {
    await within(database, async (client) => {
      for (const table of ['subscriptions', 'billing_customers', 'payment_methods']) {
        if (table === 'billing_customers')
          await client.query("select billing.save_customer($1, 'stripe', 'cus_1')", [
            cast.organizationId,
          ]);
        if (table === 'payment_methods') await addPaymentMethod(client, cast.organizationId);
        const read = async (who: Cast['owner']) =>
          (
            await acting(client, who, () =>
              client.query(`select from billing.${table} where organization_id = $1`, [
                cast.organizationId,
              ]),
            )
          ).rowCount;
        const there = (
          await client.query(`select from billing.${table} where organization_id = $1`, [
            cast.organizationId,
          ])
        ).rowCount;
        expect(there).toBeGreaterThan(0);
        expect([table, await read(cast.owner), await read(cast.admin)]).toEqual([
          table,
          there,
          there,
        ]);
        expect([
          table,
          await read(cast.member),
          await read(cast.guest),
          await read(other.owner),
        ]).toEqual([table, 0, 0, 0]);
        for (const sql of [
          `update billing.${table} set created_at = now()`,
          `delete from billing.${table}`,
          `insert into billing.${table} default values`,
        ]) {
          expect((await refusal(client, () => asOwner(client, sql)))?.code).toBe('42501');
        }
      }
    });
  });
});

describe('billing.start_subscription', () => {
  const start = (client: PoolClient, plan: string | null) =>
    client.query('select billing.start_subscription($1, $2)', [cast.organizationId, plan]);

  test('takes the default plan when none is named, and a trial of one that costs', async () => {
    await within(database, async (client) => {
      await start(client, null);
      expect(await current(client)).toMatchObject({ plan: 'free', status: 'active' });
      await start(client, await planOf(client, 'studio'));
      expect(await current(client)).toMatchObject({ plan: 'studio', status: 'trialing' });
    });
  });

  test('gives a plan for nothing only by arrangement', async () => {
    await within(database, async (client) => {
      const paid = await makePlan(client, 'paid', {}, { price: 5 });
      expect((await refusal(client, () => start(client, paid)))?.code).toBe('CB026');
      expect(
        (await refusal(client, async () => start(client, await planOf(client, 'enterprise'))))
          ?.code,
      ).toBe('CB002');
      await subscribe(client, cast.organizationId, paid);
      expect(await current(client)).toMatchObject({
        plan: 'paid',
        status: 'active',
        collection: 'invoice',
      });
    });
  });

  test('is for the back office', async () => {
    await within(database, async (client) => {
      expect(
        (
          await refusal(client, () =>
            asOwner(client, 'select billing.start_subscription($1)', [cast.organizationId]),
          )
        )?.code,
      ).toBe('42501');
    });
  });

  test('create_organization says the plan', async () => {
    await within(database, async (client) => {
      const { rows } = await client.query<{ id: string }>(
        "select tenancy.create_organization('Planned', $1, plan_id => $2) as id",
        [cast.owner.userId, await planOf(client, 'company')],
      );
      expect(await subscriptionOf(client, rows[0]?.id ?? '')).toMatchObject({
        plan: 'company',
        status: 'trialing',
      });
    });
  });
});
