import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { acting, makePlan, planOf, refusal, subscribe, within } from './plans.ts';

const database = testDatabase();
let cast: Cast;

beforeAll(async () => {
  cast = await makeCast(database, 'platform');
  await database
    .pool()
    .query("insert into identity.platform_roles (user_id, role) values ($1, 'admin')", [
      cast.admin.userId,
    ]);
});

const defaults = async (client: PoolClient) =>
  (
    await client.query<{ key: string }>(
      'select key from billing.subscription_plans where is_default',
    )
  ).rows.map((row) => row.key);

describe('the default plan', () => {
  test('gives way to another one, set by an administrator of the platform', async () => {
    await within(database, async (client) => {
      await makePlan(client, 'starter', {});
      await acting(client, cast.admin, () =>
        client.query(
          "update billing.subscription_plans set is_default = true where key = 'starter'",
        ),
      );
      expect(await defaults(client)).toEqual(['starter']);
      await client.query(
        "insert into billing.subscription_plans (key, name, is_default) values ('newest', 'Newest', true)",
      );
      expect(await defaults(client)).toEqual(['newest']);
    });
  });

  test('is always there: it is neither unset nor deleted nor retired', async () => {
    await within(database, async (client) => {
      for (const [sql, code] of [
        ["update billing.subscription_plans set is_default = false where key = 'free'", 'CB005'],
        ["delete from billing.subscription_plans where key = 'free'", 'CB005'],
        ["update billing.subscription_plans set retired_at = now() where key = 'free'", '23514'],
        ["update billing.subscription_plans set trial_days = 5 where key = 'free'", '23514'],
      ] as const) {
        expect([sql, (await refusal(client, () => client.query(sql)))?.code]).toEqual([sql, code]);
      }
      expect(await defaults(client)).toEqual(['free']);
    });
  });

  test('costs nothing', async () => {
    await within(database, async (client) => {
      const paid = await makePlan(client, 'paid', {}, { price: 5 });
      expect(
        (
          await refusal(client, () =>
            client.query('update billing.subscription_plans set is_default = true where id = $1', [
              paid,
            ]),
          )
        )?.code,
      ).toBe('CB002');
      const price = (amount: number) =>
        client.query(
          "insert into billing.plan_prices (plan_id, billing_interval, currency, price) values ($1, 'month', 'CHF', $2)",
          [paid, amount],
        );
      await price(0);
      expect(
        await refusal(client, async () =>
          client.query(
            "insert into billing.plan_prices (plan_id, billing_interval, currency, price) values ($1, 'month', 'CHF', 1)",
            [await planOf(client, 'free')],
          ),
        ),
      ).toMatchObject({ code: 'CB002', field: 'price' });
    });
  });

  test('is what holds for an organization whose subscription is not there yet', async () => {
    await within(database, async (client) => {
      const { rows } = await client.query<{ id: string }>(
        "insert into tenancy.organizations (name, slug) values ('Early', 'early') returning id",
      );
      const { rows: limits } = await client.query(
        "select billing.limit_of($1, 'projects') as projects, billing.features_of($1) as features",
        [rows[0]?.id],
      );
      expect(limits).toEqual([{ projects: '5', features: [] }]);
    });
  });
});

describe('plans', () => {
  test('everybody who is signed in reads them, administrators of the platform alone write them', async () => {
    await within(database, async (client) => {
      await client.query(
        "update billing.subscription_plans set retired_at = now() where key = 'company'",
      );
      for (const caller of [cast.guest, cast.owner, { userId: cast.owner.userId ?? '' }]) {
        const { rows } = await acting(client, caller, () =>
          client.query<{ key: string }>('select key from billing.plans()'),
        );
        expect(rows.map((row) => row.key)).toEqual(['free', 'studio']);
      }
      for (const table of ['subscription_plans', 'plan_limits', 'plan_prices', 'usage_metrics']) {
        expect(
          (
            await refusal(client, () =>
              acting(client, {}, () => client.query(`select from billing.${table}`)),
            )
          )?.code,
        ).toBe('42501');
        const touch = (caller: typeof cast.owner) =>
          acting(client, caller, () =>
            client.query(`delete from billing.${table} where false or true`),
          );
        const { rowCount } = await client.query(`select from billing.${table}`);
        expect(rowCount).toBeGreaterThan(0);
        expect((await touch(cast.owner)).rowCount).toBe(0);
      }
      await acting(client, cast.admin, () =>
        client.query('update billing.plan_limits set limit_value = 6 where limit_value = 5'),
      );
      expect(
        (
          await refusal(client, () =>
            acting(client, cast.owner, () =>
              client.query(
                "insert into billing.subscription_plans (key, name) values ('mine', 'Mine')",
              ),
            ),
          )
        )?.code,
      ).toBe('42501');
    });
  });

  test('features of the plan are for everybody who belongs to the organization', async () => {
    await within(database, async (client) => {
      await subscribe(client, cast.organizationId, await planOf(client, 'studio'));
      const features = async (caller: typeof cast.owner) =>
        (
          await acting(client, caller, () =>
            client.query<{ f: string[] | null }>('select billing.plan_features() as f'),
          )
        ).rows[0]?.f;
      expect(await features(cast.guest)).toEqual(['private_workspaces', 'api_keys']);
      expect(await features({ userId: cast.owner.userId ?? '' })).toBeNull();
    });
  });

  test.each(['Studio', '1st', '', 'with space'])('%s is no key', async (key) => {
    await within(database, async (client) => {
      expect(
        (
          await refusal(client, () =>
            client.query("insert into billing.subscription_plans (key, name) values ($1, 'X')", [
              key,
            ]),
          )
        )?.code,
      ).toBe('23514');
    });
  });
});

describe('revenue streams', () => {
  test('say what they bring in a year, where they recur', async () => {
    await within(database, async (client) => {
      const { rows } = await acting(client, cast.owner, () =>
        client.query(
          `insert into billing.revenue_streams (name, kind, recurrence, amount, currency)
           select r, 'tickets', r, 100.10, 'EUR' from unnest('{one_off,weekly,monthly,quarterly,yearly}'::text[]) r
           returning recurrence, yearly_amount`,
        ),
      );
      expect(rows.map((row) => [row.recurrence, row.yearly_amount])).toEqual([
        ['one_off', null],
        ['weekly', '5205.20'],
        ['monthly', '1201.20'],
        ['quarterly', '400.40'],
        ['yearly', '100.10'],
      ]);
      expect(
        (
          await refusal(client, () =>
            acting(client, cast.member, () =>
              client.query('select from billing.revenue_streams for update'),
            ),
          )
        )?.code,
      ).toBe(undefined);
      expect(
        (
          await acting(client, cast.member, () =>
            client.query('select from billing.revenue_streams'),
          )
        ).rowCount,
      ).toBe(0);
    });
  });

  test.each([
    ['amount = -1', '23514'],
    ["amount = 'NaN'", '23514'],
    ['amount = 1e13', '22003'],
    ["currency = 'eur'", '23514'],
    ["starts_on = '2028-02-02', ends_on = '2028-02-01'", '23514'],
    ["starts_on = 'infinity'", '23514'],
    ["name = ' '", '23514'],
  ])('%s is refused', async (change, code) => {
    await within(database, async (client) => {
      await client.query(
        "insert into billing.revenue_streams (organization_id, name, amount, currency) values ($1, 'Box office', 5, 'EUR')",
        [cast.organizationId],
      );
      expect(
        (await refusal(client, () => client.query(`update billing.revenue_streams set ${change}`)))
          ?.code,
      ).toBe(code);
    });
  });
});
