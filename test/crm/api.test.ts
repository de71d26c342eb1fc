import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { makeCast, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { dataOf, errorOf, testApi, type Within } from '../helpers/graphql.ts';
import { NOWHERE } from '../projects/fixtures.ts';

const database = testDatabase();
const api = testApi(database);
let ours: Cast;
beforeAll(async () => {
  ours = await makeCast(database, 'ours');
});

const SHELF = path.join(import.meta.dirname, '../../server/explorer/shelf');
const shelf = (name: string) => readFileSync(path.join(SHELF, `${name}.graphql`), 'utf8');

const CREATE_LEAD = `mutation ($lead: LeadInput!) { createLead(input: { lead: $lead }) { lead { rowId email } } }`;
const CREATE_DEAL = `mutation ($deal: DealInput!) {
  createDeal(input: { deal: $deal }) { deal { rowId currency stage { rowId name } } } }`;
const MOVE = `mutation ($input: MoveDealInput!) { moveDeal(input: $input) { deal { status stage { name } } } }`;

type Made = { readonly rowId: string };

async function createLead({ ask }: Within, lead: Record<string, unknown>): Promise<string> {
  const data = dataOf(await ask(ours.member, CREATE_LEAD, { lead })) as {
    createLead: { lead: Made };
  };
  return data.createLead.lead.rowId;
}

async function createDeal({ ask }: Within, deal: Record<string, unknown>): Promise<string> {
  const data = dataOf(await ask(ours.member, CREATE_DEAL, { deal })) as {
    createDeal: { deal: Made };
  };
  return data.createDeal.deal.rowId;
}

const stageIn = async ({ ask }: Within, name: string): Promise<string> => {
  const { pipelineStages } = dataOf(
    await ask(ours.member, '{ pipelineStages { nodes { rowId name } } }'),
  ) as { pipelineStages: { nodes: { rowId: string; name: string }[] } };
  return pipelineStages.nodes.find((stage) => stage.name === name)?.rowId ?? '';
};

test('the board has stages in their order, deals in theirs, and what they come to', async () => {
  await api.within(async (within) => {
    const leadId = await createLead(within, { email: 'board@clients.test', firstName: 'Bo' });
    await createDeal(within, { leadId, name: 'Second', amount: '100.10' });
    const first = await createDeal(within, { leadId, name: 'First', amount: '50' });
    const enquiry = await stageIn(within, 'Enquiry');
    dataOf(
      await within.ask(ours.member, MOVE, {
        input: { dealId: first, stageId: enquiry, position: 0 },
      }),
    );
    const { pipelineStages } = dataOf(await within.ask(ours.member, shelf('50_crm_board')));
    expect(pipelineStages.nodes.map(({ name }: { name: string }) => name)).toEqual([
      'Enquiry', 'Brief', 'Proposal', 'Negotiation', 'Verbal yes', 'Won', 'Lost',
    ]); // prettier-ignore
    expect(pipelineStages.nodes[0]).toMatchObject({
      totals: { nodes: [{ currency: 'USD', deals: 2, amount: '150.10', weighted: '15.01' }] },
      deals: {
        totalCount: 2,
        nodes: [
          { name: 'First', currentProbability: '10.00', isStale: false, lead: { fullName: 'Bo' } },
          { name: 'Second' },
        ],
      },
    });
    expect(pipelineStages.nodes[1].totals.nodes).toEqual([]);
  });
});

test('a move says what is wrong with it', async () => {
  await api.within(async (within) => {
    const leadId = await createLead(within, { email: 'move@clients.test' });
    const dealId = await createDeal(within, { leadId, name: 'Film', amount: '10' });
    const move = async (name: string, more: object = {}) =>
      within.ask(ours.member, MOVE, {
        input: { dealId, stageId: await stageIn(within, name), ...more },
      });
    expect(errorOf(await move('Lost'))).toEqual({ code: 'INVALID_INPUT', field: 'lostReason' });
    expect(dataOf(await move('Won'))).toMatchObject({ moveDeal: { deal: { status: 'won' } } });
    expect(errorOf(await move('Lost', { lostReason: 'x' }))).toEqual({
      code: 'INVALID_TRANSITION',
      field: 'stageId',
    });
    expect(
      errorOf(
        await within.ask(ours.member, MOVE, { input: { dealId: NOWHERE, stageId: NOWHERE } }),
      ),
    ).toEqual({ code: 'NOT_FOUND_OR_FORBIDDEN', field: 'stageId' });
    expect(
      errorOf(await within.ask(ours.guest, MOVE, { input: { dealId, stageId: dealId } })),
    ).toMatchObject({ code: 'FORBIDDEN' });
  });
});

test('the stage of a deal changes by moving it alone', async () => {
  const fields = api.schema().getType('DealPatch') as unknown as { getFields(): object };
  expect(Object.keys(fields.getFields())).not.toContain('stageId');
  expect(Object.keys(fields.getFields())).not.toContain('position');
});

describe('a lead', () => {
  const TIMELINE = `query ($id: UUID!, $before: String, $size: Int) {
    lead(rowId: $id) { timeline(before: $before, size: $size) {
      entries { entryType kind title amount cursor occurredAt } nextCursor } } }`;

  test('tells all that happened, page by page, nothing twice and nothing left out', async () => {
    await api.within(async (within) => {
      const id = await createLead(within, { email: 'time@clients.test' });
      const dealId = await createDeal(within, { leadId: id, name: 'Film', amount: '10' });
      const { client, ask } = within;
      await client.query(
        `insert into crm.lead_touchpoints (organization_id, lead_id, kind, occurred_at)
         select $1, $2, 'page_view', now() - (n % 3) * interval '1 day' from generate_series(1, 7) n`,
        [ours.organizationId, id],
      );
      await client.query(
        `insert into marketing.email_interactions (organization_id, lead_id, kind, source, occurred_at, is_machine)
         values ($1, $2, 'opened', 'pixel', now() - interval '5 hours', false),
                ($1, $2, 'opened', 'pixel', now() - interval '5 hours', true)`,
        [ours.organizationId, id],
      );
      dataOf(
        await ask(ours.member, MOVE, { input: { dealId, stageId: await stageIn(within, 'Won') } }),
      );
      const seen: string[] = [];
      const types = new Set<string>();
      const moments: string[] = [];
      let before: string | null = null;
      let pages = 0;
      do {
        const { lead } = dataOf(await ask(ours.member, TIMELINE, { id, before, size: 3 })) as {
          lead: {
            timeline: {
              entries: { cursor: string; entryType: string; occurredAt: string }[];
              nextCursor: string | null;
            };
          };
        };
        for (const entry of lead.timeline.entries) {
          seen.push(entry.cursor);
          types.add(entry.entryType);
          moments.push(entry.occurredAt);
        }
        before = lead.timeline.nextCursor;
        pages += 1;
      } while (before !== null);
      // 7 touchpoints, 1 mail, 2 stages, 1 conversion, 1 revenue
      expect(seen).toHaveLength(12);
      expect(new Set(seen).size).toBe(12);
      expect(pages).toBe(4);
      expect([...types].sort()).toEqual(['conversion', 'deal', 'mail', 'revenue', 'touchpoint']);
      expect(moments.map((moment) => Date.parse(moment))).toEqual(
        moments.map((moment) => Date.parse(moment)).sort((a, b) => b - a),
      );
    });
  });

  test.each([
    ['before', { before: 'yesterday' }],
    ['before', { before: '20269945009999000000-01980000-0000-7000-8000-000000000001' }],
    ['size', { size: 0 }],
    ['size', { size: 201 }],
  ])('has no page with a wrong %s: %j', async (field, values) => {
    await api.within(async (within) => {
      const id = await createLead(within, { email: 'wrong@clients.test' });
      expect(errorOf(await within.ask(ours.member, TIMELINE, { id, ...values }))).toEqual({
        code: 'INVALID_INPUT',
        field,
      });
    });
  });

  test('is refused twice with the field', async () => {
    await api.within(async (within) => {
      await createLead(within, { email: 'twice@clients.test' });
      expect(
        errorOf(
          await within.ask(ours.member, CREATE_LEAD, { lead: { email: ' Twice@clients.test' } }),
        ),
      ).toMatchObject({ field: 'email' });
    });
  });

  test('is found by what is indexed', async () => {
    await api.within(async (within) => {
      await createLead(within, { email: 'find@clients.test', companyName: 'Aurora' });
      const { leads } = dataOf(
        await within.ask(
          ours.member,
          `{ leads(filter: { or: [{ email: { equalTo: "find@clients.test" } }, { companyName: { equalTo: "X" } }] },
                   orderBy: [SCORE_DESC, CREATED_AT_ASC]) { totalCount nodes { email } } }`,
        ),
      );
      expect(leads).toEqual({ totalCount: 1, nodes: [{ email: 'find@clients.test' }] });
    });
  });

  test('explains its score', async () => {
    await api.within(async (within) => {
      const id = await createLead(within, {
        email: 'why@clients.test',
        companyName: 'Aurora',
        phone: '1',
      });
      const { calculateLeadScore } = dataOf(
        await within.ask(ours.member, shelf('53_crm_score').replace(/"0198[^"]*"/, `"${id}"`)),
      );
      expect(calculateLeadScore).toMatchObject({
        score: 8, fit: 20, behaviour: 0,
        entries: [{ part: 'fit', name: 'We know the company', times: 1, points: '15.00' }, { points: '5.00' }],
      }); // prettier-ignore
    });
  });
});

test('settings are changed, and neither made nor removed', async () => {
  await api.within(async ({ ask }) => {
    const { crmSettings } = dataOf(
      await ask(ours.member, '{ crmSettings { nodes { rowId } } }'),
    ) as {
      crmSettings: { nodes: Made[] };
    };
    expect(crmSettings.nodes).toHaveLength(1);
    const update = (patch: string) =>
      ask(
        ours.member,
        `mutation { updateCrmSetting(input: { rowId: "${crmSettings.nodes[0]?.rowId}", patch: ${patch} }) {
           crmSetting { halfLifeDays attributionModel } } }`,
      );
    expect(dataOf(await update('{ halfLifeDays: "7", attributionModel: "first" }'))).toMatchObject({
      updateCrmSetting: { crmSetting: { halfLifeDays: '7.00', attributionModel: 'first' } },
    });
    expect(errorOf(await update('{ halfLifeDays: "0" }'))).toMatchObject({ field: 'halfLifeDays' });
    expect(Object.keys(api.schema().getMutationType()?.getFields() ?? {})).not.toContain(
      'createCrmSetting',
    );
  });
});

test.each([
  '52_crm_leads',
  '54_crm_import',
  '55_crm_forecast',
  '56_crm_attribution',
  '57_crm_referral',
])('what is on the shelf is answered: %s', async (name) => {
  expect(dataOf(await api.ask(ours.member, shelf(name)))).toBeTruthy();
});

test('parts of functions are not in the API, and nothing went wrong unforeseen', () => {
  const names = [
    ...Object.keys(api.schema().getQueryType()?.getFields() ?? {}),
    ...Object.keys(api.schema().getMutationType()?.getFields() ?? {}),
  ];
  for (const inner of [
    'fadedPart', 'partFallsAfter', 'touchpointWeight', 'fieldFits', 'addTouchpoint', 'moveLeadRows', 'hiddenLeadEmails',
    'costWithin', 'checkDays', 'scoreLeads', 'leadTimelineEntries', 'createLeadTouchpoint', 'createConversion',
    'updateConversion', 'updateRevenueEvent', 'createRoiTracking',
  ]) {
    expect(names).not.toContain(inner);
  } // prettier-ignore
  expect(api.unexpected).toEqual([]);
});
