import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { addLead } from '../crm/fixtures.ts';
import { actAs, as, makeCast, sqlstateOf, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { add, one, refusalOf, rowOf } from '../projects/fixtures.ts';
import { turnInto, undone } from '../tenancy/calling.ts';

const database = testDatabase();
let ours: Cast;
let theirs: Cast;
beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
});

const CODE = /^[34679ACDEFHJKMNPRTWXY]{4}-[34679ACDEFHJKMNPRTWXY]{4}$/;

const refer = async (client: PoolClient, values: Record<string, unknown> = {}) => {
  const id = await add(client, 'community.referrals', {
    referrer_id: ours.member.userId,
    ...values,
  });
  return { id, code: (await rowOf(client, 'community.referrals', id))['code'] as string };
};
const use = (client: PoolClient, code: string, leadId: string) =>
  one<Record<string, unknown>>(client, 'community.use_referral($1, $2)', [code, leadId]);

describe('a code', () => {
  test('has no characters that look alike, and no two are the same', async () => {
    await as(database, ours.member, async (client) => {
      const codes = await one<string[]>(
        client,
        '(select jsonb_agg(community.generate_referral_code()) from generate_series(1, 500))',
      );
      for (const code of codes) expect(code).toMatch(CODE);
      expect(new Set(codes).size).toBe(500);
      // each of the letters comes about as often: 4000 letters, 21 of them, 190 each
      const counts = new Map<string, number>();
      for (const letter of codes.join('').replaceAll('-', ''))
        counts.set(letter, (counts.get(letter) ?? 0) + 1);
      expect(counts.size).toBe(21);
      for (const count of counts.values()) {
        expect(count).toBeGreaterThan(95);
        expect(count).toBeLessThan(320);
      }
    });
  });

  test('comes with the referral, stays, and is not chosen', async () => {
    await as(database, ours.member, async (client) => {
      const { id, code } = await refer(client);
      expect(code).toMatch(CODE);
      expect(
        await sqlstateOf(client, () =>
          client.query("update community.referrals set code = 'AAAA-AAAA' where id = $1", [id]),
        ),
      ).toBe('42501');
    });
  });

  test('is used once, as people type it', async () => {
    await as(database, ours.member, async (client) => {
      const { id, code } = await refer(client);
      const lead = await addLead(client);
      const typed = ` ${code.toLowerCase().replace('-', ' ')} `;
      expect(await use(client, typed, lead)).toMatchObject({ id, status: 'used', lead_id: lead, used_at: expect.any(String) as unknown }); // prettier-ignore
      expect(await use(client, code, lead)).toMatchObject({ id, status: 'used' });
      const other = await addLead(client);
      expect(await refusalOf(client, () => use(client, code, other))).toMatchObject({
        code: 'CB006',
        field: 'code',
      });
      const second = await refer(client);
      expect(await refusalOf(client, () => use(client, second.code, lead))).toMatchObject({
        code: 'CB005',
        field: 'lead_id',
      });
      await client.query(
        "update community.referrals set status = 'rewarded', reward = 'Two tickets' where id = $1",
        [id],
      );
      expect((await rowOf(client, 'community.referrals', id))['rewarded_at']).not.toBeNull();
    });
  });

  test('is not used when it is over, unknown or one’s own', async () => {
    await as(database, ours.member, async (client) => {
      const lead = await addLead(client);
      const past = await refer(client, { expires_at: new Date(Date.now() - 1000) });
      expect(await refusalOf(client, () => use(client, past.code, lead))).toMatchObject({
        code: 'CB006',
        hint: 'It has expired.',
      });
      const cancelled = await refer(client, { status: 'cancelled' });
      expect(await refusalOf(client, () => use(client, cancelled.code, lead))).toMatchObject({
        code: 'CB006',
      });
      for (const nothing of ['', '3333-3333', 'O0O0-1IL1']) {
        expect(await refusalOf(client, () => use(client, nothing, lead))).toMatchObject({
          code: 'CB004',
          field: 'code',
        });
      }
      const own = await refer(client, { referrer_id: null, referrer_lead_id: lead });
      expect(await refusalOf(client, () => use(client, own.code, lead))).toMatchObject({
        code: 'CB002',
        field: 'lead_id',
      });
    });
  });

  test('of another organization is not found, though it is there', async () => {
    const backOffice = await database.pool().connect();
    const id = await add(backOffice, 'community.referrals', {
      organization_id: theirs.organizationId,
      referrer_id: theirs.member.userId,
    });
    const code = (await rowOf(backOffice, 'community.referrals', id))['code'] as string;
    backOffice.release();
    await as(database, ours.member, async (client) => {
      const lead = await addLead(client);
      expect(await refusalOf(client, () => use(client, code, lead))).toMatchObject({
        code: 'CB004',
        field: 'code',
      });
    });
  });
});

describe('when two leads become one', () => {
  const merge = (client: PoolClient, kept: string, merged: string) =>
    client.query('select crm.merge_leads($1, $2)', [kept, merged]);
  const leadsOf = async (client: PoolClient, id: string) => {
    const row = await rowOf(client, 'community.referrals', id);
    return [row['referrer_lead_id'], row['lead_id'], row['deleted_at'] !== null];
  };

  test('the one that is kept has recommended whom the other has, and came by the other’s referral', async () => {
    await as(database, ours.member, async (client) => {
      const [kept, merged, friend] = [
        await addLead(client),
        await addLead(client),
        await addLead(client),
      ];
      const given = await refer(client, { referrer_id: null, referrer_lead_id: merged });
      await use(client, given.code, friend);
      const open = await refer(client, { referrer_id: null, referrer_lead_id: merged });
      const taken = await refer(client);
      await use(client, taken.code, merged);
      await merge(client, kept, merged);
      expect(await leadsOf(client, given.id)).toEqual([kept, friend, false]);
      expect(await leadsOf(client, open.id)).toEqual([kept, null, false]);
      expect(await leadsOf(client, taken.id)).toEqual([null, kept, false]);
    });
  });

  test.each(['kept', 'merged'])(
    'the referral counts by which who is %s came first',
    async (first) => {
      await undone(database, async (client) => {
        await turnInto(client, ours.member);
        const [kept, merged] = [await addLead(client), await addLead(client)];
        const [late, early] = [await refer(client), await refer(client)];
        await use(client, early.code, first === 'kept' ? kept : merged);
        await turnInto(client, undefined);
        await client.query(
          "update community.referrals set used_at = now() - interval '1 day' where id = $1",
          [early.id],
        );
        await turnInto(client, ours.member);
        await use(client, late.code, first === 'kept' ? merged : kept);
        await merge(client, kept, merged);
        expect(await leadsOf(client, early.id)).toEqual([null, kept, false]);
        expect((await leadsOf(client, late.id))[2]).toBe(true);
      });
    },
  );

  test.each(['kept', 'merged'])('nobody has recommended themselves: %s the other', async (who) => {
    await as(database, ours.member, async (client) => {
      const [kept, merged] = [await addLead(client), await addLead(client)];
      const [referrer, came] = who === 'kept' ? [kept, merged] : [merged, kept];
      const own = await refer(client, { referrer_id: null, referrer_lead_id: referrer });
      await use(client, own.code, came);
      const other = await refer(client);
      await merge(client, kept, merged);
      expect((await leadsOf(client, own.id))[2]).toBe(true);
      // Another one counts from now on.
      expect(await use(client, other.code, kept)).toMatchObject({ lead_id: kept });
    });
  });
});

test('somebody recommends: a member or a lead, and not both', async () => {
  await as(database, ours.member, async (client) => {
    const lead = await addLead(client);
    expect(await sqlstateOf(client, () => refer(client, { referrer_id: null }))).toBe('23514');
    expect(await sqlstateOf(client, () => refer(client, { referrer_lead_id: lead }))).toBe('23514');
    expect(
      await sqlstateOf(client, () => refer(client, { referrer_id: theirs.member.userId })),
    ).toBe('23503');
  });
});

onServer('two at once', () => {
  test('one of two leads gets the code', async () => {
    const backOffice = await database.pool().connect();
    const id = await add(backOffice, 'community.referrals', {
      organization_id: ours.organizationId,
      referrer_id: ours.member.userId,
    });
    const code = (await rowOf(backOffice, 'community.referrals', id))['code'] as string;
    const leads = [];
    for (const email of ['r1@clients.test', 'r2@clients.test']) {
      leads.push(
        await add(backOffice, 'crm.leads', { organization_id: ours.organizationId, email }),
      );
    }
    backOffice.release();
    const outcomes = await Promise.allSettled(
      leads.map((lead) => actAs(database, ours.member, (client) => use(client, code, lead))),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('draw different codes, also while neither has committed', async () => {
    const clients = await Promise.all(
      [1, 2].map(() => database.pool('callboard_service').connect()),
    );
    try {
      for (const client of clients) await client.query('begin');
      const codes = await Promise.all(
        clients.map((client) => one<string>(client, 'community.generate_referral_code()')),
      );
      expect(new Set(codes).size).toBe(2);
      // The one drawn is held until its transaction ends.
      const { rows } = await (clients[1] as PoolClient).query(
        'select pg_try_advisory_xact_lock(hashtextextended($1, 5678049)) as free',
        [codes[0]],
      );
      expect(rows).toEqual([{ free: false }]);
    } finally {
      for (const client of clients) {
        await client.query('rollback');
        client.release();
      }
    }
  });
});
