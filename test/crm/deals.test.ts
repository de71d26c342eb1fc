import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { as, makeCast, sqlstateOf, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { add, NOWHERE, one, refusalOf, rowOf, type Values } from '../projects/fixtures.ts';
import { addDeal, addLead, moveDeal, stagesOf } from './fixtures.ts';

const database = testDatabase();
let ours: Cast;
let theirs: Cast;
beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
});

const asMember = (
  work: (client: PoolClient, stages: Readonly<Record<string, string>>) => Promise<void>,
) => as(database, ours.member, async (client) => work(client, await stagesOf(client)));

const historyOf = (client: PoolClient, dealId: string) =>
  one<Values[]>(
    client,
    `(select jsonb_agg(jsonb_build_array(f.name, t.name, c.to_status, c.moved_by is not null) order by c.id)
        from crm.deal_stage_changes c
        left join crm.pipeline_stages f on f.id = c.from_stage_id
        join crm.pipeline_stages t on t.id = c.to_stage_id
       where c.deal_id = $1)`,
    [dealId],
  );

const order = (client: PoolClient, stageId: string | undefined) =>
  one<string[]>(
    client,
    "(select coalesce(jsonb_agg(name order by position, id), '[]') from crm.deals where stage_id = $1 and deleted_at is null)",
    [stageId],
  );

describe('a new deal', () => {
  test('is in the first open stage, at its end, in the organization’s currency', async () => {
    await asMember(async (client, stages) => {
      await addDeal(client, { name: 'First' });
      const id = await addDeal(client, { name: 'Second', amount: 10 });
      expect(await rowOf(client, 'crm.deals', id)).toMatchObject({
        stage_id: stages['Enquiry'], status: 'open', currency: 'USD', closed_at: null,
      }); // prettier-ignore
      expect(await order(client, stages['Enquiry'])).toEqual(['First', 'Second']);
      expect(await historyOf(client, id)).toEqual([[null, 'Enquiry', 'open', true]]);
    });
  });

  test('can be won or lost at once, as when history is written down', async () => {
    await asMember(async (client, stages) => {
      const won = await addDeal(client, { stage_id: stages['Won'], amount: 5 });
      expect((await rowOf(client, 'crm.deals', won))['status']).toBe('won');
      expect(
        await refusalOf(client, () => addDeal(client, { stage_id: stages['Won'] })),
      ).toMatchObject({ code: 'CB002', field: 'amount' });
      expect(
        await refusalOf(client, () => addDeal(client, { stage_id: stages['Lost'] })),
      ).toMatchObject({ code: 'CB002', field: 'lost_reason' });
    });
  });

  test.each([
    ['a negative amount', { amount: -1 }],
    ['more than certain', { probability: 101 }],
    ['no name', { name: ' ' }],
  ])('does not have %s', async (_name, values) => {
    await asMember(async (client) => {
      expect(await sqlstateOf(client, () => addDeal(client, values))).toBe('23514');
    });
  });
});

describe('a move', () => {
  test('is written down, with who moved it and for how long it had been there', async () => {
    await asMember(async (client, stages) => {
      const deal = await addDeal(client, { amount: 100 });
      await moveDeal(client, deal, stages['Proposal']);
      const moved = await moveDeal(client, deal, stages['Won']);
      expect(moved).toMatchObject({ status: 'won', closed_at: expect.any(String) as unknown });
      expect(await historyOf(client, deal)).toEqual([
        [null, 'Enquiry', 'open', true],
        ['Enquiry', 'Proposal', 'open', true],
        ['Proposal', 'Won', 'won', true],
      ]);
      expect(
        await one(
          client,
          '(select bool_and(seconds_in_stage >= 0) from crm.deal_stage_changes where deal_id = $1 and from_stage_id is not null)',
          [deal],
        ),
      ).toBe(true);
    });
  });

  test('puts a deal between two others, also a hundred times into the same gap', async () => {
    await asMember(async (client, stages) => {
      const [a, b, c] = [
        await addDeal(client, { name: 'a' }),
        await addDeal(client, { name: 'b' }),
        await addDeal(client, { name: 'c' }),
      ];
      const brief = stages['Brief'];
      for (const deal of [a, b, c]) await moveDeal(client, deal, brief);
      expect(await order(client, brief)).toEqual(['a', 'b', 'c']);
      await moveDeal(client, c, brief, 0);
      expect(await order(client, brief)).toEqual(['c', 'a', 'b']);
      await moveDeal(client, c, brief, 99);
      expect(await order(client, brief)).toEqual(['a', 'b', 'c']);
      await moveDeal(client, b, brief);
      expect(await order(client, brief)).toEqual(['a', 'b', 'c']);
      for (let count = 0; count < 50; count += 1) {
        await moveDeal(client, c, brief, 1);
        expect(await order(client, brief)).toEqual(['a', 'c', 'b']);
        await moveDeal(client, b, brief, 1);
        expect(await order(client, brief)).toEqual(['a', 'b', 'c']);
      }
      expect(await one(client, '(select max(scale(position)) <= 40 from crm.deals)')).toBe(true);
      // nothing of this was a change of stage
      expect(await historyOf(client, b)).toHaveLength(2);
    });
  });

  test('into a lost stage takes a reason, into a won one an amount', async () => {
    await asMember(async (client, stages) => {
      const deal = await addDeal(client);
      expect(await refusalOf(client, () => moveDeal(client, deal, stages['Lost'], null, '  '))).toMatchObject({
        code: 'CB002', field: 'lost_reason',
      }); // prettier-ignore
      expect(await refusalOf(client, () => moveDeal(client, deal, stages['Won']))).toMatchObject({
        code: 'CB002', field: 'amount',
      }); // prettier-ignore
      expect(await moveDeal(client, deal, stages['Lost'], null, 'Too dear')).toMatchObject({
        status: 'lost', lost_reason: 'Too dear',
      }); // prettier-ignore
      expect(await moveDeal(client, deal, stages['Brief'])).toMatchObject({
        status: 'open', lost_reason: null, closed_at: null,
      }); // prettier-ignore
    });
  });

  test('from won to lost goes by an open stage, whoever writes', async () => {
    await asMember(async (client, stages) => {
      const deal = await addDeal(client, { amount: 0, stage_id: stages['Won'] });
      const refused = {
        code: 'CB006',
        field: 'stage_id',
        hint: 'Move the deal to an open stage first.',
      };
      expect(
        await refusalOf(client, () => moveDeal(client, deal, stages['Lost'], null, 'x')),
      ).toMatchObject(refused);
      expect(
        await refusalOf(client, () =>
          client.query("update crm.deals set stage_id = $2, lost_reason = 'x' where id = $1", [deal, stages['Lost']])),
      ).toMatchObject(refused); // prettier-ignore
    });
  });

  test('of what is not there is refused', async () => {
    await asMember(async (client, stages) => {
      const deal = await addDeal(client);
      expect(
        await refusalOf(client, () => moveDeal(client, NOWHERE, stages['Brief'])),
      ).toMatchObject({ code: 'CB004', field: 'deal_id' });
      expect(await refusalOf(client, () => moveDeal(client, deal, NOWHERE))).toMatchObject({
        code: 'CB004',
        field: 'stage_id',
      });
      expect(
        await refusalOf(client, () => moveDeal(client, deal, stages['Brief'], -1)),
      ).toMatchObject({ code: 'CB002', field: 'position' });
    });
  });

  test('does not reach deals or stages of another organization', async () => {
    const client = await database.pool().connect();
    const lead = await add(client, 'crm.leads', {
      organization_id: theirs.organizationId,
      email: 'a@b.test',
    });
    const deal = await add(client, 'crm.deals', {
      organization_id: theirs.organizationId,
      lead_id: lead,
      name: 'Theirs',
    });
    const stage = await one<string>(client, '(select stage_id from crm.deals where id = $1)', [
      deal,
    ]);
    client.release();
    await asMember(async (member, stages) => {
      const own = await addDeal(member);
      expect(await refusalOf(member, () => moveDeal(member, deal, stages['Brief']))).toMatchObject({
        code: 'CB004',
        field: 'deal_id',
      });
      expect(await refusalOf(member, () => moveDeal(member, own, stage))).toMatchObject({
        code: 'CB004',
        field: 'stage_id',
      });
    });
  });
});

describe('a deal that is won', () => {
  test('is a conversion with its revenue, and makes the lead a client', async () => {
    await asMember(async (client, stages) => {
      const lead = await addLead(client);
      const deal = await addDeal(client, { lead_id: lead, amount: 250, currency: 'EUR' });
      await moveDeal(client, deal, stages['Won']);
      expect(await rowOf(client, 'crm.leads', lead)).toMatchObject({ status: 'converted' });
      const earned = () =>
        one(
          client,
          '(select jsonb_agg(jsonb_build_array(r.amount, r.currency, r.deleted_at is null, c.deleted_at is null)) from crm.revenue_events r join crm.conversions c on c.id = r.conversion_id where c.deal_id = $1)',
          [deal],
        );
      expect(await earned()).toEqual([[250, 'EUR', true, true]]);

      await moveDeal(client, deal, stages['Negotiation']);
      expect(await earned()).toEqual([[250, 'EUR', false, false]]);
      expect(await rowOf(client, 'crm.leads', lead)).toMatchObject({
        status: 'qualified',
        converted_at: null,
      });

      await client.query('update crm.deals set amount = 300 where id = $1', [deal]);
      await moveDeal(client, deal, stages['Won']);
      expect(
        await one(client, '(select sum(amount) from crm.revenue_events where deleted_at is null)'),
      ).toBe(300);
    });
  });

  test('keeps its amount, and is not closed by hand', async () => {
    await asMember(async (client, stages) => {
      const deal = await addDeal(client, { amount: 1, stage_id: stages['Won'] });
      expect(
        await refusalOf(client, () =>
          client.query('update crm.deals set amount = 2 where id = $1', [deal]),
        ),
      ).toMatchObject({ code: 'CB005', field: 'amount' });
      expect(
        await sqlstateOf(client, () =>
          client.query("update crm.deals set status = 'open' where id = $1", [deal]),
        ),
      ).toBe('42501');
    });
  });

  test('without an amount worth naming brings no revenue, but a client', async () => {
    await asMember(async (client, stages) => {
      const deal = await addDeal(client, { amount: 0 });
      await moveDeal(client, deal, stages['Won']);
      expect(
        await one(client, '(select count(*) from crm.conversions where deal_id = $1)', [deal]),
      ).toBe(1);
      expect(await one(client, '(select count(*) from crm.revenue_events)')).toBe(0);
    });
  });
});

describe('a deal that was won of another lead', () => {
  const earnedBy = (client: PoolClient, lead: string) =>
    one<Values>(
      client,
      `(select jsonb_build_object(
                 'status', l.status, 'is_customer', l.converted_at is not null,
                 'conversions', (select count(*) from crm.conversions c where c.lead_id = l.id and c.deleted_at is null),
                 'firsts', (select count(*) from crm.conversions c where c.lead_id = l.id and c.makes_customer))
          from crm.leads l where l.id = $1)`,
      [lead],
    );
  const NOBODY = { status: 'qualified', is_customer: false, conversions: 0, firsts: 0 };
  const give = (client: PoolClient, deal: string, lead: string) =>
    client.query('update crm.deals set lead_id = $2 where id = $1', [deal, lead]);

  test('takes its conversion and its revenue along', async () => {
    await asMember(async (client, stages) => {
      const [before, after] = [await addLead(client), await addLead(client)];
      const deal = await addDeal(client, { lead_id: before, amount: 250 });
      await moveDeal(client, deal, stages['Won']);
      expect(await earnedBy(client, before)).toMatchObject({ status: 'converted', firsts: 1 });
      await give(client, deal, after);
      expect(await earnedBy(client, before)).toEqual(NOBODY);
      expect(await earnedBy(client, after)).toEqual({
        status: 'converted', is_customer: true, conversions: 1, firsts: 1,
      }); // prettier-ignore
      // from there it is as with every deal
      await moveDeal(client, deal, stages['Negotiation']);
      expect(await earnedBy(client, after)).toEqual(NOBODY);
      await give(client, deal, before);
      await moveDeal(client, deal, stages['Won']);
      expect(await earnedBy(client, before)).toMatchObject({ status: 'converted', firsts: 1 });
      expect(
        await one(
          client,
          '(select sum(r.amount) from crm.revenue_events r join crm.conversions c on c.id = r.conversion_id where c.lead_id = $1 and r.deleted_at is null)',
          [before],
        ),
      ).toBe(250);
    });
  });

  test('leaves what made either a client before', async () => {
    await asMember(async (client, stages) => {
      const [before, after] = [await addLead(client), await addLead(client)];
      for (const [lead, days] of [[before, 9], [after, 5]] as const) {
        await client.query(
          "select crm.record_conversion($1, 'purchase', occurred_at => now() - $2 * interval '1 day')",
          [lead, days],
        );
      } // prettier-ignore
      const deal = await addDeal(client, { lead_id: before, amount: 1, stage_id: stages['Won'] });
      await give(client, deal, after);
      const customer = { status: 'converted', is_customer: true, firsts: 1 };
      expect(await earnedBy(client, before)).toEqual({ ...customer, conversions: 1 });
      expect(await earnedBy(client, after)).toEqual({ ...customer, conversions: 2 });
      // the first is that of the deal, if that was won before
      await client.query("select crm.delete_conversion(id) from crm.conversions where lead_id = $1 and kind = 'purchase'", [after]); // prettier-ignore
      expect(await earnedBy(client, after)).toEqual({ ...customer, conversions: 1 });
      await give(client, deal, before);
      expect(await earnedBy(client, after)).toEqual(NOBODY);
      expect(await earnedBy(client, before)).toEqual({ ...customer, conversions: 2 });
    });
  });

  test('and is put away, counts for the lead that it is of', async () => {
    await asMember(async (client, stages) => {
      const [before, after] = [await addLead(client), await addLead(client)];
      const deal = await addDeal(client, { lead_id: before, amount: 1, stage_id: stages['Won'] });
      await client.query('select crm.delete_deal($1)', [deal]);
      await give(client, deal, after);
      expect(await earnedBy(client, before)).toEqual(NOBODY);
      expect(await earnedBy(client, after)).toMatchObject({ status: 'converted', conversions: 1 });
    });
  });
});

describe('a stage', () => {
  test('with deals is not archived and stays what it is', async () => {
    await asMember(async (client, stages) => {
      await addDeal(client);
      const enquiry = stages['Enquiry'];
      expect(
        await refusalOf(client, () =>
          client.query('select crm.delete_pipeline_stage($1)', [enquiry]),
        ),
      ).toMatchObject({ code: 'CB005' });
      expect(
        await refusalOf(client, () =>
          client.query(
            "update crm.pipeline_stages set kind = 'lost', probability = 0 where id = $1",
            [enquiry],
          ),
        ),
      ).toMatchObject({ code: 'CB005', field: 'kind' });
      await client.query('select crm.delete_pipeline_stage($1)', [stages['Brief']]);
    });
  });

  test('that was archived does not hide a deal that comes back', async () => {
    await asMember(async (client, stages) => {
      const deal = await addDeal(client, { stage_id: stages['Brief'] });
      await client.query('select crm.delete_deal($1)', [deal]);
      await client.query('select crm.delete_pipeline_stage($1)', [stages['Brief']]);
      await client.query('select crm.restore_deal($1)', [deal]);
      expect(await rowOf(client, 'crm.deals', deal)).toMatchObject({
        stage_id: stages['Enquiry'],
        status: 'open',
      });
    });
  });

  test('is always there of each kind', async () => {
    await asMember(async (client, stages) => {
      expect(
        await refusalOf(client, () =>
          client.query('select crm.delete_pipeline_stage($1)', [stages['Won']]),
        ),
      ).toMatchObject({ code: 'CB005', message: 'The pipeline needs a stage of the kind won.' });
    });
  });

  test('that is won is certain', async () => {
    await asMember(async (client, stages) => {
      expect(
        await sqlstateOf(client, () =>
          client.query('update crm.pipeline_stages set probability = 99 where id = $1', [
            stages['Won'],
          ]),
        ),
      ).toBe('23514');
    });
  });

  test('sums its deals by currency', async () => {
    await asMember(async (client, stages) => {
      await addDeal(client, { amount: 100.05, stage_id: stages['Proposal'] });
      await addDeal(client, { amount: 10, probability: 10, stage_id: stages['Proposal'] });
      await addDeal(client, { stage_id: stages['Proposal'] });
      await addDeal(client, { amount: 7, currency: 'EUR', stage_id: stages['Proposal'] });
      const gone = await addDeal(client, { amount: 1000, stage_id: stages['Proposal'] });
      await client.query('select crm.delete_deal($1)', [gone]);
      const { rows } = await client.query(
        'select t.currency, t.deals, t.amount, t.weighted from crm.pipeline_stages s, crm.pipeline_stages_totals(s) t where s.id = $1',
        [stages['Proposal']],
      );
      // 50.03 + 1.00: each rounded to the cent
      expect(rows).toEqual([
        { currency: 'EUR', deals: 1, amount: '7.00', weighted: '3.50' },
        { currency: 'USD', deals: 3, amount: '110.05', weighted: '51.03' },
      ]);
    });
  });
});

type Line = { readonly bucket: string | null; readonly currency: string } & Values;

const forecast = async (client: PoolClient, from: string, to: string, grain = 'month') => {
  const { rows } = await client.query<{ line: Line }>(
    'select to_jsonb(f) as line from crm.get_pipeline_forecast($1, $2, $3) f',
    [from, to, grain],
  );
  return rows.map(({ line }) => line);
};

describe('the forecast', () => {
  test('has a line for each month and currency, and one for what has no day', async () => {
    await asMember(async (client, stages) => {
      await addDeal(client, {
        amount: 100,
        stage_id: stages['Verbal yes'],
        expected_close_on: '2028-02-29',
      });
      await addDeal(client, {
        amount: 50,
        stage_id: stages['Proposal'],
        expected_close_on: '2028-02-01',
      });
      await addDeal(client, {
        amount: 33.33,
        stage_id: stages['Enquiry'],
        expected_close_on: '2028-02-10',
      });
      await addDeal(client, {
        amount: 10,
        stage_id: stages['Enquiry'],
        expected_close_on: '2028-04-01',
        forecast_category: 'committed',
        probability: 80,
      });
      await addDeal(client, {
        amount: 5,
        stage_id: stages['Enquiry'],
        expected_close_on: '2028-05-01',
      });
      await addDeal(client, { amount: 9, stage_id: stages['Enquiry'] });
      await addDeal(client, { stage_id: stages['Enquiry'], expected_close_on: '2028-03-31' });
      expect(await forecast(client, '2028-02-01', '2028-04-30')).toEqual([
        {
          bucket: '2028-02-01',
          currency: 'USD',
          committed: 100,
          best_case: 150,
          weighted: 118.33,
          closed_won: 0,
          open_amount: 183.33,
          open_deals: 3,
          won_deals: 0,
        },
        {
          bucket: '2028-03-01',
          currency: 'USD',
          committed: 0,
          best_case: 0,
          weighted: 0,
          closed_won: 0,
          open_amount: 0,
          open_deals: 1,
          won_deals: 0,
        },
        {
          bucket: '2028-04-01',
          currency: 'USD',
          committed: 10,
          best_case: 10,
          weighted: 8,
          closed_won: 0,
          open_amount: 10,
          open_deals: 1,
          won_deals: 0,
        },
        {
          bucket: null,
          currency: 'USD',
          committed: 0,
          best_case: 0,
          weighted: 0.9,
          closed_won: 0,
          open_amount: 9,
          open_deals: 1,
          won_deals: 0,
        },
      ]);
      const quarters = await forecast(client, '2028-02-01', '2028-04-30', 'quarter');
      expect(quarters.map(({ bucket, open_amount: amount }) => [bucket, amount])).toEqual([
        ['2028-01-01', 183.33], ['2028-04-01', 10], [null, 9],
      ]); // prettier-ignore
    });
  });

  test('counts what was won on its day where the organization is', async () => {
    const client = await database.pool().connect();
    try {
      await client.query('begin');
      await client.query(
        "update tenancy.organizations set time_zone = 'America/New_York' where id = $1",
        [ours.organizationId],
      );
      const lead = await add(client, 'crm.leads', {
        organization_id: ours.organizationId,
        email: 'zone@clients.test',
      });
      // half past three in the morning of the first of May in UTC is still April in New York
      await client.query(
        `insert into crm.deals (organization_id, lead_id, name, amount, stage_id, closed_at, created_at)
         select $1, $2, 'Won', 70, s.id, '2026-05-01T03:30Z', '2026-04-01' from crm.pipeline_stages s
          where s.organization_id = $1 and s.kind = 'won'`,
        [ours.organizationId, lead],
      );
      const { rows } = await client.query<{ bucket: string; closed_won: string }>(
        "select bucket::text, closed_won from crm.forecast_lines($1, '2026-04-01', '2026-05-31', 'month')",
        [ours.organizationId],
      );
      expect(rows).toEqual([
        { bucket: '2026-04-01', closed_won: '70.00' },
        { bucket: '2026-05-01', closed_won: '0.00' },
      ]);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  test.each([
    ['2026-02-01', '2026-01-31', 'month', 'to_day'],
    ['2026-01-01', '2046-01-31', 'month', 'to_day'],
    ['2026-01-01', 'infinity', 'month', 'to_day'],
    ['2026-01-01', '2026-01-31', 'day', 'grain'],
  ])('is refused from %s to %s by %s', async (from, to, grain, field) => {
    await asMember(async (client) => {
      expect(await refusalOf(client, () => forecast(client, from, to, grain))).toMatchObject({
        code: 'CB002',
        field,
      });
    });
  });

  test('of no deals has no lines', async () => {
    await asMember(async (client) => {
      expect(await forecast(client, '2028-02-01', '2028-04-30')).toEqual([]);
    });
  });
});

test('a day is written down once, and pipelines are measured with numerator and denominator', async () => {
  const client = await database.pool().connect();
  try {
    await client.query('begin');
    const { organizationId } = ours;
    const lead = await add(client, 'crm.leads', {
      organization_id: organizationId,
      email: 'm@clients.test',
    });
    const stage = async (name: string) =>
      one<string>(
        client,
        '(select id from crm.pipeline_stages where organization_id = $1 and name = $2)',
        [organizationId, name],
      );
    const deal = (name: string, amount: number, daysOld: number) =>
      add(client, 'crm.deals', {
        organization_id: organizationId,
        lead_id: lead,
        name,
        amount,
        created_at: new Date(Date.now() - daysOld * 86_400_000),
        expected_close_on: new Date(),
      });
    const [won, lost] = [
      await deal('w', 1000, 10),
      await deal('l', 500, 20),
      await deal('o', 300, 6),
    ];
    await client.query(
      "update crm.deals set stage_entered_at = now() - interval '4 days' where id = $1",
      [won],
    );
    await client.query('update crm.deals set stage_id = $2 where id = $1', [
      won,
      await stage('Proposal'),
    ]);
    await client.query('update crm.deals set stage_id = $2 where id = $1', [
      won,
      await stage('Won'),
    ]);
    await client.query("update crm.deals set stage_id = $2, lost_reason = 'Price' where id = $1", [
      lost,
      await stage('Lost'),
    ]);
    for (let time = 0; time < 2; time += 1)
      await client.query('select crm.snapshot_pipeline($1)', [organizationId]);

    expect(
      await one(
        client,
        '(select jsonb_agg(jsonb_build_array(committed, weighted, closed_won, open_deals, won_deals) order by month) -> 0 from crm.pipeline_forecasts where organization_id = $1)',
        [organizationId],
      ),
    ).toEqual([0, 30, 1000, 1, 1]);
    expect(
      await one(
        client,
        '(select count(*) from crm.pipeline_forecasts where organization_id = $1)',
        [organizationId],
      ),
    ).toBe(12);

    const { rows } = await client.query(
      `select m.metric, s.name as stage, m.numerator::float, m.denominator::float, m.value::float
         from crm.pipeline_metrics m left join crm.pipeline_stages s on s.id = m.stage_id
        where m.organization_id = $1 order by 1, 2`,
      [organizationId],
    );
    const of = (metric: string, name: string | null = null) =>
      rows.find((row) => row.metric === metric && row.stage === name) as Record<string, number>;
    expect(of('stage_conversion', 'Enquiry')).toMatchObject({ numerator: 1, denominator: 3 });
    expect(of('stage_conversion', 'Proposal')).toMatchObject({
      numerator: 1,
      denominator: 1,
      value: 1,
    });
    expect(of('win_rate')).toMatchObject({ numerator: 1, denominator: 2, value: 0.5 });
    expect(of('days_to_win')['value']).toBeCloseTo(10, 3);
    expect(of('average_age')).toMatchObject({ denominator: 1 });
    expect(of('average_age')['value']).toBeCloseTo(6, 3);
    expect(of('stage_days', 'Enquiry')['value']).toBeCloseTo(2, 3);
    // 1 open × ½ × 1000 ÷ 10 days
    expect(of('velocity')['value']).toBeCloseTo(50, 2);
  } finally {
    await client.query('rollback');
    client.release();
  }
});

test('an activity of a deal is one of its lead, and goes where the lead goes', async () => {
  await asMember(async (client) => {
    const lead = await addLead(client);
    const deal = await addDeal(client, { lead_id: lead });
    const activity = await add(client, 'crm.lead_activities', { deal_id: deal, subject: 'Called' });
    expect(await rowOf(client, 'crm.lead_activities', activity)).toMatchObject({ lead_id: lead });
    expect(
      await sqlstateOf(client, () =>
        add(client, 'crm.lead_activities', { subject: 'About nobody' }),
      ),
    ).toBe('23514');
    await client.query('select crm.delete_lead($1)', [lead]);
    expect((await rowOf(client, 'crm.deals', deal))['deleted_at']).not.toBeNull();
    await client.query('select crm.restore_lead($1)', [lead]);
    expect((await rowOf(client, 'crm.lead_activities', activity))['deleted_at']).toBeNull();
  });
});
