import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { as, makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { add, refusalOf, rowOf } from '../projects/fixtures.ts';
import { addLedger, post } from './ledger.ts';

const database = testDatabase();
let cast: Cast;
beforeAll(async () => {
  cast = await makeCast(database, 'ours');
});

const set = (client: PoolClient, id: string, assignments: string) =>
  client.query(`update finance.transactions set ${assignments} where id = $1`, [id]);

describe('what is posted stays', () => {
  test.each([
    ['amount', 'amount = 8'],
    ['currency', "currency = 'EUR'"],
    ['posted_on', "posted_on = '2026-05-05'"],
    ['category', "category = 'Sound'"],
    ['kind', "kind = 'payroll'"],
    ['budget_id', 'budget_id = null'],
    ['account_id', 'account_id = gen_random_uuid()'],
    ['project_id', 'project_id = gen_random_uuid()'],
  ])('%s', async (field, assignment) => {
    await as(database, cast.owner, async (client) => {
      const id = await post(client, await addLedger(client), { amount: 7 });
      expect(await refusalOf(client, () => set(client, id, assignment))).toMatchObject({
        code: 'CB005',
        field,
        hint: 'Void it and post it anew.',
      });
      const draft = await post(client, await addLedger(client), { amount: 7, status: 'draft' });
      expect((await refusalOf(client, () => set(client, draft, assignment)))?.code).not.toBe(
        'CB005',
      );
    });
  });

  test('nor is it archived; a draft is', async () => {
    await as(database, cast.owner, async (client) => {
      const ledger = await addLedger(client);
      const posted = await post(client, ledger, { amount: 7 });
      const archive = (id: string) => client.query('select finance.delete_transaction($1)', [id]);
      expect(await refusalOf(client, () => archive(posted))).toMatchObject({
        code: 'CB005',
        field: 'deleted_at',
      });
      const draft = await post(client, ledger, { amount: 7, status: 'draft', posted_on: null });
      await archive(draft);
      expect(await refusalOf(client, () => set(client, draft, "status = 'posted'"))).toMatchObject({
        code: 'CB005',
        field: 'status',
      });
      await client.query('select finance.restore_transaction($1)', [draft]);
      await set(client, draft, "status = 'posted'");
    });
  });

  test('what says nothing about money can still be put right', async () => {
    await as(database, cast.owner, async (client) => {
      const id = await post(client, await addLedger(client), { amount: 7 });
      await set(
        client,
        id,
        "description = 'Lens, two days', reference = 'R-1', counterparty = 'Rental'",
      );
      expect(await rowOf(client, 'finance.transactions', id)).toMatchObject({
        reference: 'R-1',
        amount: 7,
      });
    });
  });

  test('the day from which it is void is given once', async () => {
    await as(database, cast.owner, async (client) => {
      const id = await post(client, await addLedger(client), { amount: 7 });
      await set(client, id, "status = 'void', voided_on = '2026-05-06'");
      expect(
        await refusalOf(client, () => set(client, id, "voided_on = '2026-05-09'")),
      ).toMatchObject({
        code: 'CB005',
        field: 'voided_on',
      });
    });
  });
});

describe('the status of a posting', () => {
  test.each([
    ['draft', 'void', 'After draft: posted.'],
    ['posted', 'draft', 'After posted: void.'],
    ['void', 'posted', 'void is final.'],
  ])('%s is not followed by %s', async (status, next, hint) => {
    await as(database, cast.owner, async (client) => {
      const id = await post(client, await addLedger(client), { amount: 7, status });
      expect(await refusalOf(client, () => set(client, id, `status = '${next}'`))).toMatchObject({
        code: 'CB006',
        field: 'status',
        hint,
      });
    });
  });

  test('it is not void before it was posted, nor void from a day without being void', async () => {
    await as(database, cast.owner, async (client) => {
      const id = await post(client, await addLedger(client), { amount: 7 });
      for (const wrong of [
        "status = 'void', voided_on = '2026-05-03'",
        "voided_on = '2026-05-06'",
      ]) {
        expect((await refusalOf(client, () => set(client, id, wrong)))?.code).toBe('23514');
      }
    });
  });
});

describe('the status of a budget', () => {
  test.each<[status: string, next: string, hint: string]>([
    ['draft', 'closed', 'After draft: submitted, approved, cancelled.'],
    ['submitted', 'closed', 'After submitted: draft, approved, cancelled.'],
    ['approved', 'cancelled', 'After approved: draft, closed.'],
    ['closed', 'draft', 'After closed: approved.'],
    ['cancelled', 'approved', 'After cancelled: draft.'],
  ])('%s is not followed by %s, but by those that the hint names', async (status, next, hint) => {
    await as(database, cast.owner, async (client) => {
      const id = await add(client, 'finance.budgets', { name: 'Shoot', status });
      const move = (to: string) =>
        refusalOf(client, () =>
          client.query('update finance.budgets set status = $2 where id = $1', [id, to]),
        );
      expect(await move(next)).toMatchObject({ code: 'CB006', field: 'status', hint });
      for (const allowed of hint.replace(/^.*: |\.$/g, '').split(', ')) {
        expect([allowed, await move(allowed)]).toEqual([allowed, undefined]);
      }
    });
  });
});
