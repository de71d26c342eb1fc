import { beforeAll, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { enter, makeCast, type Caller, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { untilOneWaits } from '../marketing/nurturing.ts';
import { add, one, rowOf } from '../projects/fixtures.ts';
import { moveDeal, stagesOf, upsert } from './fixtures.ts';

onServer('several at once', () => {
  const database = testDatabase();
  let ours: Cast;
  beforeAll(async () => {
    ours = await makeCast(database, 'ours');
  });

  /** As the database's owner, for good. */
  async function backOffice<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await database.pool().connect();
    try {
      return await work(client);
    } finally {
      client.release();
    }
  }

  const leadOf = (email: string) =>
    backOffice((client) =>
      add(client, 'crm.leads', { organization_id: ours.organizationId, email }),
    );

  /** Each in a transaction of its own, all open before any works; `done`, or the code of the refusal. */
  async function allAtOnce(
    works: readonly ((client: PoolClient) => Promise<unknown>)[],
    caller: Caller = ours.owner,
  ): Promise<string[]> {
    const clients = await Promise.all(
      works.map(() => database.pool('callboard_authenticator').connect()),
    );
    try {
      for (const client of clients) {
        await client.query('begin');
        await enter(client, caller);
      }
      return await Promise.all(
        works.map(async (work, index) => {
          const client = clients[index] as PoolClient;
          try {
            await work(client);
            await client.query('commit');
            return 'done';
          } catch (error) {
            await client.query('rollback');
            return (error as { code?: string }).code ?? String(error);
          }
        }),
      );
    } finally {
      for (const client of clients) client.release();
    }
  }

  test('two merges of the same leads, in opposite directions: one happens', async () => {
    for (let round = 0; round < 5; round += 1) {
      const a = await leadOf(`a${round}@clients.test`);
      const b = await leadOf(`b${round}@clients.test`);
      const outcomes = await allAtOnce([
        (client) => client.query('select crm.merge_leads($1, $2)', [a, b]),
        (client) => client.query('select crm.merge_leads($1, $2)', [b, a]),
      ]);
      expect(outcomes.sort()).toEqual(['CB004', 'done']);
      const living = await backOffice((client) =>
        one(
          client,
          '(select count(*) from crm.leads where id in ($1, $2) and deleted_at is null)',
          [a, b],
        ),
      );
      expect(living).toBe(1);
    }
  });

  test('a chain of merges leaves nothing behind', async () => {
    const [a, b, c] = [
      await leadOf('x@chain.test'),
      await leadOf('y@chain.test'),
      await leadOf('z@chain.test'),
    ];
    await backOffice((client) =>
      client.query(
        "insert into crm.lead_touchpoints (organization_id, lead_id, kind) values ($1, $2, 'page_view'), ($1, $3, 'page_view'), ($1, $4, 'page_view')",
        [ours.organizationId, a, b, c],
      ),
    );
    const outcomes = await allAtOnce([
      (client) => client.query('select crm.merge_leads($1, $2)', [a, b]),
      (client) => client.query('select crm.merge_leads($1, $2)', [b, c]),
    ]);
    expect(outcomes).toContain('done');
    const rows = await backOffice((client) =>
      one<boolean>(
        client,
        `(select bool_and(l.deleted_at is null) from crm.lead_touchpoints t join crm.leads l on l.id = t.lead_id
           where t.lead_id in ($1, $2, $3))`,
        [a, b, c],
      ),
    );
    expect(rows).toBe(true);
  });

  test('two moves of one deal come one after the other, each from where the other put it', async () => {
    const lead = await leadOf('moved@clients.test');
    const [deal, stages] = await backOffice(async (client) => [
      await add(client, 'crm.deals', { organization_id: ours.organizationId, lead_id: lead, name: 'Film', amount: 10 }),
      await stagesOf(client),
    ] as const); // prettier-ignore
    expect(
      await allAtOnce([
        (client) => moveDeal(client, deal, stages['Brief']),
        (client) => moveDeal(client, deal, stages['Proposal']),
      ]),
    ).toEqual(['done', 'done']);
    const steps = await backOffice(
      (client) =>
      one<[string | null, string][]>(client, '(select jsonb_agg(jsonb_build_array(from_stage_id, to_stage_id) order by id) from crm.deal_stage_changes where deal_id = $1)', [deal]), // prettier-ignore
    );
    expect(steps).toHaveLength(3);
    expect(steps[1]?.[0]).toBe(steps[0]?.[1]);
    expect(steps[2]?.[0]).toBe(steps[1]?.[1]);
  });

  test('of winning and losing the same deal, one happens', async () => {
    const lead = await leadOf('won@clients.test');
    const [deal, stages] = await backOffice(async (client) => [
      await add(client, 'crm.deals', { organization_id: ours.organizationId, lead_id: lead, name: 'Film', amount: 10 }),
      await stagesOf(client),
    ] as const); // prettier-ignore
    const outcomes = await allAtOnce([
      (client) => moveDeal(client, deal, stages['Won']),
      (client) => moveDeal(client, deal, stages['Lost'], null, 'Price'),
    ]);
    expect([...outcomes].sort()).toEqual(['CB006', 'done']);
    const { status } = await backOffice((client) => rowOf(client, 'crm.deals', deal));
    expect(status).toBe(outcomes[0] === 'done' ? 'won' : 'lost');
  });

  test('a deal is won while its lead is merged into another, and neither waits for the other', async () => {
    for (let round = 0; round < 8; round += 1) {
      const [kept, merged] = [
        await leadOf(`kept${round}@clients.test`),
        await leadOf(`merged${round}@clients.test`),
      ];
      const [deal, stages] = await backOffice(async (client) => [
        await add(client, 'crm.deals', { organization_id: ours.organizationId, lead_id: merged, name: 'Film', amount: 10 }),
        await stagesOf(client),
      ] as const); // prettier-ignore
      expect(
        await allAtOnce([
          (client) => moveDeal(client, deal, stages['Won']),
          (client) => client.query('select crm.merge_leads($1, $2)', [kept, merged]),
        ]),
      ).toEqual(['done', 'done']);
      expect(await rowOf(database.pool(), 'crm.leads', kept)).toMatchObject({
        status: 'converted',
      });
      expect(await rowOf(database.pool(), 'crm.deals', deal)).toMatchObject({ lead_id: kept });
    }
  });

  test('a stage is not archived under a deal that comes into it', async () => {
    const lead = await leadOf('staged@clients.test');
    for (const name of ['Brief', 'Negotiation']) {
      const [deal, stages] = await backOffice(async (client) => [
        await add(client, 'crm.deals', { organization_id: ours.organizationId, lead_id: lead, name: 'Film' }),
        await stagesOf(client),
      ] as const); // prettier-ignore
      await backOffice((client) =>
        client.query(
          'update crm.deals set deleted_at = now() where organization_id = $1 and stage_id = $2',
          [ours.organizationId, stages[name]],
        ),
      );
      const outcomes = await allAtOnce([
        (client) => moveDeal(client, deal, stages[name]),
        (client) => client.query('select crm.delete_pipeline_stage($1)', [stages[name]]),
      ]);
      expect(outcomes).toContain('done');
      expect(outcomes.some((outcome) => ['CB004', 'CB005'].includes(outcome))).toBe(true);
    }
  });

  test('two imports of the same addresses make each lead once', async () => {
    const rows = Array.from({ length: 200 }, (_, index) => ({
      email: `import${index}@clients.test`,
    }));
    expect(
      await allAtOnce([
        (client) => upsert(client, rows),
        (client) => upsert(client, [...rows].reverse()),
        (client) => upsert(client, rows.slice(50).concat(rows.slice(0, 50))),
      ]),
    ).toEqual(['done', 'done', 'done']);
    expect(
      await backOffice((client) =>
        one(client, "(select count(*) from crm.leads where email like 'import%')"),
      ),
    ).toBe(200);
  });

  test('two conversions at once make a client once', async () => {
    const lead = await leadOf('client@clients.test');
    expect(
      await allAtOnce([
        (client) => client.query("select crm.record_conversion($1, 'purchase', 5)", [lead]),
        (client) => client.query("select crm.record_conversion($1, 'purchase', 6)", [lead]),
      ]),
    ).toEqual(['done', 'done']);
    expect(
      await backOffice((client) => one(client, '(select jsonb_agg(makes_customer order by makes_customer) from crm.conversions where lead_id = $1)', [lead])), // prettier-ignore
    ).toEqual([false, true]);
  });

  test('the same touchpoint of two callers is there once', async () => {
    const lead = await leadOf('touched@clients.test');
    const record = (client: PoolClient) =>
      client.query(
        "select crm.record_touchpoint($1, 'page_view', client_key => 'same', visitor_id => 'v')",
        [lead],
      );
    expect(await allAtOnce([record, record, record])).toEqual(['done', 'done', 'done']);
    expect(
      await backOffice((client) => one(client, '(select jsonb_agg(touchpoints) from crm.lead_sessions where lead_id = $1)', [lead])), // prettier-ignore
    ).toEqual([1]);
  });

  test('touchpoints of one visitor are of one visit, whatever their keys are', async () => {
    for (const keys of [
      ['a', 'b'],
      ['c', null],
      [null, null],
    ]) {
      const lead = await leadOf(`visitor-${keys.join('-')}@clients.test`);
      const [first, second] = await Promise.all(
        keys.map(() => database.pool('callboard_authenticator').connect()),
      ) as [PoolClient, PoolClient]; // prettier-ignore
      const record = (client: PoolClient, key: string | null | undefined) =>
        client.query(
          "select crm.record_touchpoint($1, 'page_view', client_key => $2, visitor_id => 'v')",
          [lead, key],
        );
      try {
        for (const client of [first, second]) {
          await client.query('begin');
          await enter(client, ours.owner);
        }
        await record(first, keys[0]);
        const recorded = record(second, keys[1]);
        await Promise.race([recorded, untilOneWaits(database)]);
        await first.query('commit');
        await recorded;
        await second.query('commit');
      } finally {
        first.release();
        second.release();
      }
      expect(
        await backOffice((client) => one(client, '(select jsonb_agg(touchpoints) from crm.lead_sessions where lead_id = $1)', [lead])), // prettier-ignore
      ).toEqual([2]);
    }
  });

  test('two deals that were won change places, one after the other', async () => {
    for (let round = 0; round < 8; round += 1) {
      const leads = [await leadOf(`one${round}@swap.test`), await leadOf(`two${round}@swap.test`)];
      const deals = await backOffice(async (client) => {
        const stage_id = (await stagesOf(client))['Won'];
        const made: string[] = [];
        for (const lead_id of leads) {
          made.push(await add(client, 'crm.deals', { organization_id: ours.organizationId, lead_id, name: 'Film', amount: 10, stage_id })); // prettier-ignore
        }
        return made;
      });
      const give = (deal: number, lead: number) => (client: PoolClient) =>
        client.query('update crm.deals set lead_id = $2 where id = $1', [deals[deal], leads[lead]]);
      expect(await allAtOnce([give(0, 1), give(1, 0)])).toEqual(['done', 'done']);
      for (const [index, lead] of leads.entries()) {
        expect(
          await backOffice((client) => one(client, '(select jsonb_agg(jsonb_build_array(deal_id, makes_customer)) from crm.conversions where lead_id = $1)', [lead])), // prettier-ignore
        ).toEqual([[deals[1 - index], true]]);
      }
    }
  });

  test('two recomputes score every lead, and a touchpoint that comes meanwhile is not lost', async () => {
    const leads = await Promise.all(
      Array.from({ length: 40 }, (_, index) => leadOf(`scored${index}@clients.test`)),
    );
    const scoring = async () => {
      const client = await database.pool('callboard_service').connect();
      try {
        while (
          (await one<number>(client, 'crm.score_queued_leads($1, 7)', [ours.organizationId])) > 0
        );
      } finally {
        client.release();
      }
    };
    const touching = async () => {
      for (const lead of leads) {
        await backOffice((client) =>
          client.query(
            "insert into crm.lead_touchpoints (organization_id, lead_id, kind) values ($1, $2, 'quote_requested')",
            [ours.organizationId, lead],
          ),
        );
      }
    };
    await Promise.all([scoring(), scoring(), touching()]);
    await Promise.all([scoring(), scoring()]);
    const found = await backOffice((client) =>
      one(
        client,
        '(select jsonb_agg(distinct score_behaviour) from crm.leads where id = any ($1))',
        [leads],
      ),
    );
    expect(found).toEqual([50]);
    expect(
      await backOffice((client) => one(client, '(select count(*) from crm.leads_to_score)')),
    ).toBe(0);
  });
});
