import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { as, makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { add, one, refusalOf, type Values } from '../projects/fixtures.ts';
import { addLead, addTouchpoint } from './fixtures.ts';

const database = testDatabase();
let ours: Cast;
let theirs: Cast;
beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
});

const MODELS = ['first', 'last', 'linear', 'position_based', 'time_decay'] as const;
const CHANNELS = ['event', 'email', 'paid_search', 'referral'] as const;

/** A lead that meets the organization by these channels, a day apart, and then buys for so much. */
async function journey(
  client: PoolClient,
  channels: readonly string[],
  amount: number | null,
  values: { daysAgo?: number; currency?: string } = {},
): Promise<string> {
  const lead = await addLead(client);
  const { daysAgo = 0, currency = 'USD' } = values;
  for (const [index, channel] of channels.entries()) {
    await addTouchpoint(client, lead, daysAgo + channels.length - index, {
      channel,
      campaign: `${channel} push`,
    });
  }
  const conversion = await one<{ id: string }>(
    client,
    "crm.record_conversion($1, 'purchase', $2, $3, now() - $4 * interval '1 day')",
    [lead, amount, currency, daysAgo],
  );
  return conversion.id;
}

type Line = { readonly key: string | null; readonly revenue: number; readonly conversions: number };

async function attribution(
  client: PoolClient,
  model: string | null,
  dimension = 'channel',
  days = 30,
): Promise<(Line & Values)[]> {
  const { rows } = await client.query<{ line: Line & Values }>(
    'select to_jsonb(a) as line from crm.get_attribution(current_date - $3::int, current_date + 1, $1, $2) a',
    [model, dimension, days],
  );
  return rows.map(({ line }) => line);
}

const shares = (lines: readonly Line[]) =>
  Object.fromEntries(lines.map(({ key, revenue, conversions }) => [key, [revenue, conversions]]));

const asMember = (work: (client: PoolClient) => Promise<void>) => as(database, ours.member, work);

describe('credit', () => {
  test.each([
    ['first', { event: [100, 1] }],
    ['last', { referral: [100, 1] }],
    [
      'linear',
      { event: [25, 0.25], email: [25, 0.25], paid_search: [25, 0.25], referral: [25, 0.25] },
    ],
    [
      'position_based',
      { event: [40, 0.4], email: [10, 0.1], paid_search: [10, 0.1], referral: [40, 0.4] },
    ],
  ])('by the model %s', async (model, expected) => {
    await asMember(async (client) => {
      await journey(client, CHANNELS, 100);
      expect(shares(await attribution(client, model))).toEqual(expected);
    });
  });

  test('by the model time_decay is twice as much a half-life later', async () => {
    await asMember(async (client) => {
      const lead = await addLead(client);
      await addTouchpoint(client, lead, 7, { channel: 'event' });
      await addTouchpoint(client, lead, 0, { channel: 'email' });
      await client.query("select crm.record_conversion($1, 'purchase', 99)", [lead]);
      expect(shares(await attribution(client, 'time_decay'))).toEqual({
        event: [33, 0.3333],
        email: [66, 0.6667],
      });
    });
  });

  test.each([
    [['event'], [[100, 1]]],
    [
      ['event', 'email'],
      [
        [50, 0.5],
        [50, 0.5],
      ],
    ],
    [
      ['event', 'email', 'referral'],
      [
        [40, 0.4],
        [20, 0.2],
        [40, 0.4],
      ],
    ],
  ])('by position of %j', async (channels, expected) => {
    await asMember(async (client) => {
      await journey(client, channels, 100);
      const found = shares(await attribution(client, 'position_based'));
      expect(channels.map((channel) => found[channel])).toEqual(expected);
    });
  });

  test.each(MODELS)('adds up to what there was, to the cent: %s', async (model) => {
    await asMember(async (client) => {
      const amounts = [0.01, 0.02, 100, 33.33, 99_999_999.99, 7.77, 1e-2, 12.34];
      for (const [index, amount] of amounts.entries()) {
        const conversion = await journey(
          client,
          Array.from({ length: index }, (_, step) => CHANNELS[step % 4] ?? 'other'),
          amount,
          { daysAgo: index },
        );
        if (index % 3 === 0) {
          await add(client, 'crm.revenue_events', {
            conversion_id: conversion, kind: 'refund', amount: -amount / 2 < -0.005 ? -0.01 : -amount, currency: 'USD',
          }); // prettier-ignore
        }
      }
      const total = await one<number>(client, '(select sum(amount) from crm.revenue_events)');
      for (const dimension of ['channel', 'campaign', 'source']) {
        const lines = await attribution(client, model, dimension);
        const cents = (pick: (line: Line) => number, unit: number) =>
          lines.reduce((sum, line) => sum + Math.round(pick(line) * unit), 0);
        expect(cents(({ revenue }) => revenue, 100)).toBe(Math.round(total * 100));
        expect(cents(({ conversions }) => conversions, 10_000)).toBe(amounts.length * 10_000);
      }
    });
  });

  test('is nobody’s where nothing came before, or too long before', async () => {
    await asMember(async (client) => {
      await journey(client, [], 5);
      const lead = await addLead(client);
      await addTouchpoint(client, lead, 91, { channel: 'event' });
      await client.query("select crm.record_conversion($1, 'purchase', 6)", [lead]);
      expect(shares(await attribution(client, 'linear'))).toEqual({ null: [11, 2] });
      await client.query('update crm.crm_settings set lookback_days = 92');
      expect(shares(await attribution(client, 'linear'))).toEqual({ null: [5, 1], event: [6, 1] });
    });
  });

  test('is not for what came after', async () => {
    await asMember(async (client) => {
      const lead = await addLead(client);
      await addTouchpoint(client, lead, 5, { channel: 'event' });
      await client.query(
        "select crm.record_conversion($1, 'purchase', 6, occurred_at => now() - interval '3 days')",
        [lead],
      );
      await addTouchpoint(client, lead, 1, { channel: 'email' });
      expect(shares(await attribution(client, 'last'))).toEqual({ event: [6, 1] });
    });
  });

  test('keeps currencies apart, and counts conversions once', async () => {
    await asMember(async (client) => {
      await journey(client, ['event'], 10, { currency: 'EUR' });
      await journey(client, ['event'], 20);
      await journey(client, ['event'], null);
      expect(await attribution(client, 'linear')).toMatchObject([
        { key: 'event', currency: 'USD', revenue: 20, conversions: 3, customers: 3 },
        { key: 'event', currency: 'EUR', revenue: 10, conversions: 0 },
      ]);
    });
  });

  test('counts revenue on its own day, whenever the conversion was', async () => {
    await asMember(async (client) => {
      const conversion = await journey(client, ['event'], 10, { daysAgo: 60 });
      await add(client, 'crm.revenue_events', {
        conversion_id: conversion,
        kind: 'recurring',
        amount: 4,
        currency: 'USD',
      });
      expect(shares(await attribution(client, 'linear'))).toEqual({ event: [4, 0] });
    });
  });

  test.each([
    ['model', "'astrology', 'channel'"],
    ['dimension', "'linear', 'weather'"],
  ])('by an unknown %s is refused', async (field, values) => {
    await asMember(async (client) => {
      expect(
        await refusalOf(client, () =>
          client.query(`select * from crm.get_attribution('2026-01-01', '2026-02-01', ${values})`),
        ),
      ).toMatchObject({ code: 'CB002', field });
    });
  });
});

test.each([
  ['a refund that brings money', { kind: 'refund', amount: 5 }],
  ['new money that is lost', { kind: 'new', amount: -5 }],
  ['nothing', { kind: 'correction', amount: 0 }],
])('revenue is not %s', async (_name, values) => {
  await asMember(async (client) => {
    const conversion = await journey(client, [], null);
    expect(
      await refusalOf(client, () =>
        add(client, 'crm.revenue_events', {
          conversion_id: conversion,
          currency: 'USD',
          ...values,
        }),
      ),
    ).toMatchObject({ code: '23514' });
  });
});

describe('what marketing brought', () => {
  const cost = (client: PoolClient, values: Values) =>
    add(client, 'marketing.marketing_costs', { name: 'Stand', channel: 'event', ...values });
  const roi = async (client: PoolClient, dimension = 'channel', model = 'linear') => {
    const { rows } = await client.query<{ line: Values }>(
      'select to_jsonb(r) as line from marketing.get_roi(current_date - 29, current_date + 1, $1, $2) r',
      [dimension, model],
    );
    return rows.map(({ line }) => line);
  };
  const today = () => new Date().toISOString().slice(0, 10);

  test('is compared with what it cost', async () => {
    await asMember(async (client) => {
      await cost(client, { amount: 100, campaign: ' Event PUSH ', starts_on: today() });
      await journey(client, ['event'], 300);
      await journey(client, ['event', 'email'], 50);
      const lines = await roi(client);
      expect(lines).toMatchObject([
        {
          key: 'event', currency: 'USD', cost: 100, revenue: 325, leads: 2, conversions: 1.5, customers: 1.5,
          cost_per_lead: 50, acquisition_cost: 66.67, roi_percent: 225,
        },
        // what cost nothing has no return in percent, rather than an endless one
        { key: 'email', cost: 0, revenue: 25, leads: 0, cost_per_lead: null, roi_percent: null },
      ]); // prettier-ignore
      expect((await roi(client, 'campaign'))[0]).toMatchObject({
        key: 'event push',
        cost: 100,
        revenue: 325,
      });
    });
  });

  test('may be nothing at all, or less', async () => {
    await asMember(async (client) => {
      await cost(client, { amount: 80, channel: 'content', starts_on: today() });
      const conversion = await journey(client, ['event'], 10, { daysAgo: 40 });
      await add(client, 'crm.revenue_events', {
        conversion_id: conversion,
        kind: 'refund',
        amount: -10,
        currency: 'USD',
      });
      const lines = await roi(client);
      expect(lines.find(({ key }) => key === 'content')).toMatchObject({
        cost: 80, revenue: 0, cost_per_lead: null, acquisition_cost: null, roi_percent: -100,
      }); // prettier-ignore
      expect(lines.find(({ key }) => key === 'event')).toMatchObject({
        revenue: -10,
        roi_percent: null,
      });
    });
  });

  test('a cost of several months falls into them to the cent', async () => {
    await asMember(async (client) => {
      const within = (from: string, to: string) =>
        one<number>(client, "marketing.cost_within(1000, '2028-01-15', '2028-04-14', $1, $2)", [
          from,
          to,
        ]);
      const months = [
        await within('2028-01-01', '2028-01-31'),
        await within('2028-02-01', '2028-02-29'),
        await within('2028-03-01', '2028-03-31'),
        await within('2028-04-01', '2028-04-30'),
      ];
      expect(months).toEqual([186.81, 318.68, 340.66, 153.85]);
      expect(await within('2028-01-01', '2028-12-31')).toBe(1000);
      expect(
        await one(
          client,
          "marketing.cost_within(0.01, '2028-01-01', '2028-01-03', '2028-01-01', '2028-01-01')",
        ),
      ).toBe(0);
    });
  });

  test('is called for in every month of the longest cost', async () => {
    const client = await database.pool().connect();
    try {
      await client.query('begin');
      await client.query(
        `insert into marketing.marketing_costs (organization_id, name, channel, amount, starts_on, ends_on)
         values ($1, 'Sponsoring', 'event', 90, '2026-01-31', date '2026-01-31' + 1829)`,
        [ours.organizationId],
      );
      expect(
        await one(
          client,
          `(select jsonb_build_array(count(*), min(payload ->> 'month'), max(payload ->> 'month'))
              from graphile_worker._private_jobs where key like 'track_roi:' || $1 || '%')`,
          [ours.organizationId],
        ),
      ).toEqual([62, '2026-01-01', '2031-02-01']);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  test('is kept by month, computed twice as once, and called for by what changes it', async () => {
    const client = await database.pool().connect();
    try {
      await client.query('begin');
      const { organizationId } = ours;
      await client.query(
        `insert into marketing.marketing_costs (organization_id, name, channel, amount, starts_on, ends_on)
         values ($1, 'Season', 'event', 90, '2026-01-01', '2026-03-31'),
                ($1, 'Mistyped', 'event', 9, '0044-03-15 BC', '0044-03-15 BC')`,
        [organizationId],
      );
      // Not for what was before our era, whose days are no payload.
      expect(
        await one(
          client,
          "(select jsonb_agg(payload ->> 'month' order by payload ->> 'month') from graphile_worker._private_jobs where key like 'track_roi:' || $1 || '%')",
          [organizationId],
        ),
      ).toEqual(['2026-01-01', '2026-02-01', '2026-03-01']);
      for (let time = 0; time < 2; time += 1) {
        await client.query("select marketing.track_roi($1, '2026-01-01', '2026-03-01')", [
          organizationId,
        ]);
      }
      const { rows } = await client.query(
        `select month::text, key, cost::float, roi_percent::float, cost_per_lead from marketing.roi_tracking
          where organization_id = $1 and dimension = 'channel' order by month`,
        [organizationId],
      );
      expect(rows).toEqual([
        { month: '2026-01-01', key: 'event', cost: 31, roi_percent: -100, cost_per_lead: null },
        { month: '2026-02-01', key: 'event', cost: 28, roi_percent: -100, cost_per_lead: null },
        { month: '2026-03-01', key: 'event', cost: 31, roi_percent: -100, cost_per_lead: null },
      ]);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  test('is for those who may read both leads and marketing', async () => {
    await as(database, ours.guest, async (client) => {
      expect(await refusalOf(client, () => roi(client))).toMatchObject({ code: 'CB003' });
    });
  });

  test('of others is not counted', async () => {
    await asMember(async (client) => {
      await cost(client, { amount: 100, starts_on: today() });
      await journey(client, ['event'], 300);
    });
    await as(database, theirs.member, async (client) => {
      expect(await roi(client)).toEqual([]);
    });
  });
});
