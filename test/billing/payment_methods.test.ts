import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { acting, addPaymentMethod, makePlan, planOf, refusal, subscribe, within } from './plans.ts';

const database = testDatabase();
let cast: Cast;
let other: Cast;

beforeAll(async () => {
  cast = await makeCast(database, 'payers');
  other = await makeCast(database, 'strangers');
});

const asOwner = (client: PoolClient, sql: string, values: unknown[] = []) =>
  acting(client, cast.owner, () => client.query(sql, values));
const all = async (client: PoolClient) =>
  (
    await client.query(
      `select external_id as reference, is_default as "isDefault", removed_at is not null as removed
         from billing.payment_methods where organization_id = $1 order by external_id`,
      [cast.organizationId],
    )
  ).rows;

describe('payment methods', () => {
  test('the first is the default, and there is one at a time', async () => {
    await within(database, async (client) => {
      await addPaymentMethod(client, cast.organizationId);
      const second = await addPaymentMethod(client, cast.organizationId, { reference: 'pm_2' });
      expect(await all(client)).toEqual([
        { reference: 'pm_1', isDefault: true, removed: false },
        { reference: 'pm_2', isDefault: false, removed: false },
      ]);
      await asOwner(client, 'select billing.set_default_payment_method($1)', [second]);
      await asOwner(client, 'select billing.set_default_payment_method($1)', [second]);
      expect(await all(client)).toMatchObject([{ isDefault: false }, { isDefault: true }]);
      await addPaymentMethod(client, cast.organizationId, { reference: 'pm_3', makeDefault: true });
      expect(await all(client)).toMatchObject([
        { isDefault: false },
        { isDefault: false },
        { isDefault: true },
      ]);
      expect(
        (
          await refusal(client, () =>
            client.query(
              "update billing.payment_methods set is_default = true where external_id = 'pm_1'",
            ),
          )
        )?.code,
      ).toBe('23505');
    });
  });

  test('saved again is the same one, with what has changed', async () => {
    await within(database, async (client) => {
      const first = await addPaymentMethod(client, cast.organizationId);
      expect(await addPaymentMethod(client, cast.organizationId, { expires: [2, 2028] })).toBe(
        first,
      );
      const { rows } = await client.query(
        'select expires_on::text from billing.payment_methods where id = $1',
        [first],
      );
      expect(rows).toEqual([{ expires_on: '2028-02-29' }]);
    });
  });

  test.each([
    ['external_id', '4242424242424242'],
    ['external_id', '4242 4242 4242 4242'],
    ['external_id', '3782-822463-10005'],
    ['brand', '4242424242424242'],
    ['last4', '42424'],
    ['last4', ''],
    ['expiry_month', 13],
    ['expiry_month', 0],
  ])('a %s of %s is refused: numbers of cards do not come here', async (column, value) => {
    await within(database, async (client) => {
      const id = await addPaymentMethod(client, cast.organizationId);
      expect(
        (
          await refusal(client, () =>
            client.query(`update billing.payment_methods set ${column} = $2 where id = $1`, [
              id,
              value,
            ]),
          )
        )?.code,
      ).toBe('23514');
    });
  });

  test('a card says its last four digits and when it expires', async () => {
    await within(database, async (client) => {
      expect(
        (
          await refusal(client, () =>
            client.query("select billing.save_payment_method($1, 'stripe', 'pm_9', 'card')", [
              cast.organizationId,
            ]),
          )
        )?.code,
      ).toBe('23514');
      await client.query(
        "select billing.save_payment_method($1, 'stripe', 'ba_9', 'bank_account', 'Sparkasse', '0331')",
        [cast.organizationId],
      );
    });
  });

  test('one that has expired does not become the default', async () => {
    await within(database, async (client) => {
      await addPaymentMethod(client, cast.organizationId);
      const old = await addPaymentMethod(client, cast.organizationId, {
        reference: 'pm_old',
        expires: [1, 2020],
      });
      expect(
        await refusal(client, () =>
          asOwner(client, 'select billing.set_default_payment_method($1)', [old]),
        ),
      ).toMatchObject({
        code: 'CB002',
        field: 'row_id',
      });
    });
  });

  test('the one that pays cannot be removed, others can, and a removed one is gone', async () => {
    await within(database, async (client) => {
      await subscribe(client, cast.organizationId, await planOf(client, 'free'));
      const first = await addPaymentMethod(client, cast.organizationId);
      const second = await addPaymentMethod(client, cast.organizationId, { reference: 'pm_2' });
      await asOwner(client, 'select billing.change_plan($1)', [
        await makePlan(client, 'paid', {}, { price: 5 }),
      ]);
      expect(
        await refusal(client, () =>
          asOwner(client, 'select billing.remove_payment_method($1)', [first]),
        ),
      ).toMatchObject({
        code: 'CB005',
        field: 'row_id',
      });
      await asOwner(client, 'select billing.remove_payment_method($1)', [second]);
      for (const call of ['remove_payment_method', 'set_default_payment_method']) {
        expect(
          (await refusal(client, () => asOwner(client, `select billing.${call}($1)`, [second])))
            ?.code,
        ).toBe('CB004');
      }
      await asOwner(client, 'select billing.cancel_subscription()');
      await asOwner(client, 'select billing.remove_payment_method($1)', [first]);
      expect(await all(client)).toMatchObject([
        { isDefault: false, removed: true },
        { removed: true },
      ]);
      await addPaymentMethod(client, cast.organizationId);
      expect(await all(client)).toMatchObject([
        { isDefault: true, removed: false },
        { removed: true },
      ]);
    });
  });

  test("members may not, and another organization's is not there", async () => {
    await within(database, async (client) => {
      const mine = await addPaymentMethod(client, cast.organizationId);
      const theirs = await addPaymentMethod(client, other.organizationId);
      for (const call of ['remove_payment_method', 'set_default_payment_method']) {
        expect(
          (
            await refusal(client, () =>
              acting(client, cast.member, () => client.query(`select billing.${call}($1)`, [mine])),
            )
          )?.code,
        ).toBe('CB003');
        for (const id of [theirs, null]) {
          expect(
            await refusal(client, () => asOwner(client, `select billing.${call}($1)`, [id])),
          ).toMatchObject({ code: 'CB004', field: 'row_id' });
        }
      }
    });
  });
});
