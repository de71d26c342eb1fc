import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { as, enter, makeCast, sqlstateOf, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { add, one, rowOf, type Values } from '../projects/fixtures.ts';
import { addLead, addTouchpoint } from './fixtures.ts';

const database = testDatabase();
let ours: Cast;
let theirs: Cast;
beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
});

type Score = {
  readonly score: number;
  readonly fit: number;
  readonly behaviour: number;
  readonly engagement: number;
  readonly negative: number;
  readonly entries: readonly {
    readonly part: string;
    readonly signal: string;
    readonly times: number;
    readonly points: number;
  }[];
};

const score = (client: PoolClient, leadId: string) =>
  one<Score>(client, 'crm.calculate_lead_score($1)', [leadId]);

/** Works as the back office, on rows of `ours`, and undoes it. */
async function asBackOffice(work: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await database.pool().connect();
  try {
    await client.query('begin');
    await client.query('set local role callboard_service');
    await work(client);
  } finally {
    await client.query('rollback');
    client.release();
  }
}

const leadOf = (client: PoolClient, cast: Cast, values: Values) =>
  add(client, 'crm.leads', { organization_id: cast.organizationId, ...values });

const touch = (client: PoolClient, leadId: string, kind: string, daysAgo: number) =>
  client.query(
    `insert into crm.lead_touchpoints (organization_id, lead_id, kind, occurred_at)
     select l.organization_id, l.id, $2, now() - $3 * interval '1 day' from crm.leads l where l.id = $1`,
    [leadId, kind, daysAgo],
  );

const react = (client: PoolClient, leadId: string, kind: string, values: Values = {}) =>
  client.query(
    `insert into marketing.email_interactions
       (organization_id, lead_id, kind, source, url, is_hard_bounce, is_machine, is_repeat, occurred_at)
     select l.organization_id, l.id, $2, 'link', case $2 when 'clicked' then 'https://x.test' end,
            case $2 when 'bounced' then coalesce(($3::jsonb ->> 'hard')::boolean, true) end,
            coalesce(($3::jsonb ->> 'machine')::boolean, false), coalesce(($3::jsonb ->> 'repeat')::boolean, false), now()
       from crm.leads l where l.id = $1`,
    [leadId, kind, JSON.stringify(values)],
  );

const recompute = async (client: PoolClient) => {
  const batch =
    '(select sum(crm.score_queued_leads(o.id)) from crm.organizations_to_score() as o (id))';
  while ((await one<number | null>(client, batch)) !== null);
};

describe('an organization', () => {
  test('begins with weights and rules', async () => {
    await as(database, ours.member, async (client) => {
      expect(await one(client, '(select count(*) from crm.crm_settings)')).toBe(1);
      expect(
        await one(
          client,
          '(select jsonb_agg(distinct part order by part) from crm.lead_score_rules)',
        ),
      ).toEqual(['behaviour', 'engagement', 'fit', 'negative']);
    });
  });

  test('keeps what it made of them when defaults are made again', async () => {
    await asBackOffice(async (client) => {
      await client.query(
        'update crm.lead_score_rules set deleted_at = now() where organization_id = $1',
        [ours.organizationId],
      );
      await client.query('reset role');
      await client.query('select crm.make_defaults()');
      expect(
        await one(
          client,
          '(select count(*) from crm.lead_score_rules where organization_id = $1 and deleted_at is null)',
          [ours.organizationId],
        ),
      ).toBe(0);
    });
  });

  test.each([
    ['a rule about a field that leads do not have', "('fit', 'x', 'shoe_size', 'is_set', '{}', 5)"],
    [
      'a kind of touchpoint that there is not',
      "('behaviour', 'x', 'telepathy', 'happens', '{}', 5)",
    ],
    [
      'an operator that its signal cannot have',
      "('behaviour', 'x', 'page_view', 'at_least', '{1}', 5)",
    ],
    ['a number that is none', "('fit', 'x', 'employees', 'at_least', '{many}', 5)"],
    ['no operand', "('fit', 'x', 'industry', 'contains', '{}', 5)"],
    ['inactivity as a merit', "('fit', 'x', 'inactive_days', 'at_least', '{5}', 5)"],
    ['no points', "('fit', 'x', 'industry', 'is_set', '{}', 0)"],
    ['more points than there can be', "('fit', 'x', 'industry', 'is_set', '{}', 'NaN')"],
  ])('does not take %s', async (_name, values) => {
    await as(database, ours.member, async (client) => {
      expect(
        await sqlstateOf(client, () =>
          client.query(
            `insert into crm.lead_score_rules (part, name, signal, operator, operands, points) values ${values}`,
          ),
        ),
      ).toBe('23514');
    });
  });

  test.each(['200000000', '36501', '36500.5', '99999', '-1', 'many', '1,2'])(
    'does not wait %s days for something to happen, and says which field is wrong',
    async (days) => {
      await as(database, ours.member, async (client) => {
        const make = client.query(
          `insert into crm.lead_score_rules (part, name, signal, operator, operands, points)
           values ('negative', 'x', 'inactive_days', 'at_least', string_to_array($1, ','), 5)`,
          [days],
        );
        await expect(make).rejects.toMatchObject({ code: 'CB002', column: 'operands' });
      });
    },
  );

  test.each(['0', '0.5', '36500'])('may wait %s days', async (days) => {
    await as(database, ours.member, async (client) => {
      const lead = await addLead(client);
      await client.query(
        `insert into crm.lead_score_rules (part, name, signal, operator, operands, points)
         values ('negative', 'x', 'inactive_days', 'at_least', array[$1], 5)`,
        [days],
      );
      expect(await score(client, lead)).toMatchObject({ negative: days === '0' ? 5 : 0 });
    });
  });

  test('is scored whatever a rule says that nobody held to the bounds', async () => {
    const client = await database.pool().connect();
    try {
      await client.query('begin');
      const lead = await leadOf(client, ours, { email: 'patient@clients.test' });
      await client.query(
        `alter table crm.lead_score_rules drop constraint lead_score_rules_operands_rule, disable trigger _150_check`,
      );
      await client.query(
        `insert into crm.lead_score_rules (organization_id, part, name, signal, operator, operands, points)
         values ($1, 'negative', 'x', 'inactive_days', 'at_least', '{200000000}', 5)`,
        [ours.organizationId],
      );
      await client.query('select crm.store_lead_scores($1, $2)', [ours.organizationId, [lead]]);
      expect((await rowOf(client, 'crm.leads', lead))['scored_at']).not.toBeNull();
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  test('has weights of which at least one counts', async () => {
    await as(database, ours.member, async (client) => {
      expect(
        await sqlstateOf(client, () =>
          client.query(
            'update crm.crm_settings set fit_weight = 0, behaviour_weight = 0, engagement_weight = 0',
          ),
        ),
      ).toBe('23514');
    });
  });
});

describe('the parts of a score', () => {
  test('are nothing for somebody of whom nothing is known', async () => {
    await as(database, ours.member, async (client) => {
      expect(await score(client, await addLead(client))).toMatchObject({
        score: 0, fit: 0, behaviour: 0, engagement: 0, negative: 0, entries: [],
      }); // prettier-ignore
    });
  });

  test('fit is the sum of what the fields bring', async () => {
    await as(database, ours.member, async (client) => {
      const lead = await addLead(client, {
        company_name: 'Northern Lights', job_title: 'Head of Programme', industry: 'Film festival',
        budget_amount: 20000, currency: 'EUR', employees: 19,
      }); // prettier-ignore
      // 15 company, 20 job, 20 industry, 20 budget; too few people, too small for the large job
      expect(await score(client, lead)).toMatchObject({ fit: 75, score: 30 });
    });
  });

  test('fit never passes 100, and looks into own fields and sources', async () => {
    await as(database, ours.member, async (client) => {
      const source = await add(client, 'crm.lead_sources', { name: 'Stand', channel: 'event' });
      await add(client, 'collaboration.custom_fields', {
        entity_type: 'crm.leads',
        field_name: 'screens',
        label: 'Screens',
        field_type: 'number',
      });
      await client.query(
        `insert into crm.lead_score_rules (part, name, signal, operator, operands, points)
         values ('fit', 'From an event', 'source_channel', 'one_of', '{event}', 70),
                ('fit', 'Films', 'interests', 'contains', '{film}', 70),
                ('fit', 'Wide', 'custom_fields.screens', 'at_least', '{4}', 7)`,
      );
      const lead = await addLead(client, {
        lead_source_id: source,
        interests: ['Film and stills'],
        custom_fields: { screens: 5 },
      });
      const result = await score(client, lead);
      expect(result.fit).toBe(100);
      expect(result.entries).toMatchObject([
        { points: 70 },
        { points: 70 },
        { signal: 'custom_fields.screens', points: 7 },
      ]);
    });
  });

  test('behaviour fades by half in each half-life, and never passes 100', async () => {
    await as(database, ours.member, async (client) => {
      const now = await addLead(client);
      const then = await addLead(client);
      const often = await addLead(client);
      for (let count = 0; count < 20; count += 1) {
        await addTouchpoint(client, now, 0);
        await addTouchpoint(client, then, 14);
      }
      for (let count = 0; count < 15; count += 1) {
        await addTouchpoint(client, often, 0, { kind: 'quote_requested' });
      }
      // 20 points make 50; half of them 100 × (1 − 2^-0.5) = 29
      expect((await score(client, now)).behaviour).toBe(50);
      expect((await score(client, then)).behaviour).toBe(29);
      expect((await score(client, often)).behaviour).toBe(100);
    });
  });

  test('however often something happens, it is explained', async () => {
    await asBackOffice(async (client) => {
      await client.query('set local role none');
      const lead = await leadOf(client, ours, { email: 'robot@clients.test' });
      await client.query(
        "update crm.lead_score_rules set points = 1000 where organization_id = $1 and signal = 'page_view'",
        [ours.organizationId],
      );
      // what triggers make of each does not matter here
      await client.query('set local session_replication_role = replica');
      await client.query(
        `insert into crm.lead_touchpoints (organization_id, lead_id, kind, occurred_at)
         select $1, $2, 'page_view', now() from generate_series(1, 100001)`,
        [ours.organizationId, lead],
      );
      await client.query('set local session_replication_role = origin');
      await enter(client, ours.member);
      expect(await score(client, lead)).toMatchObject({
        behaviour: 100,
        entries: [{ signal: 'page_view', times: 100_001, points: 100_001_000 }],
      });
    });
  });

  test('touchpoints of another time than any half-life do no harm', async () => {
    await as(database, ours.member, async (client) => {
      const lead = await addLead(client);
      await addTouchpoint(client, lead, 40_000);
      expect((await score(client, lead)).behaviour).toBe(0);
    });
  });

  test('engagement counts people, once for each mail, and bounces count against', async () => {
    await asBackOffice(async (client) => {
      const lead = await leadOf(client, ours, { email: 'reader@clients.test' });
      await react(client, lead, 'opened');
      await react(client, lead, 'opened', { repeat: true });
      await react(client, lead, 'clicked', { machine: true });
      await react(client, lead, 'clicked');
      await react(client, lead, 'clicked');
      await react(client, lead, 'bounced', { hard: false });
      await recompute(client);
      // 1 + 4 + 4 of 10: 100 × (1 − 2^-0.9) = 46
      expect(await rowOf(client, 'crm.leads', lead)).toMatchObject({
        score_engagement: 46, score_negative: 0, score: 12,
      }); // prettier-ignore
      await react(client, lead, 'bounced');
      await react(client, lead, 'bounced');
      await recompute(client);
      expect(await rowOf(client, 'crm.leads', lead)).toMatchObject({
        score_negative: 60,
        score: 0,
      });
    });
  });

  test('whoever agrees after unsubscribing starts afresh', async () => {
    await asBackOffice(async (client) => {
      const lead = await leadOf(client, ours, { email: 'back@clients.test' });
      await react(client, lead, 'unsubscribed');
      await recompute(client);
      expect((await rowOf(client, 'crm.leads', lead))['score_negative']).toBe(50);
      await client.query(
        "update crm.leads set email_consent = 'granted', email_consent_at = now() + interval '1 second' where id = $1",
        [lead],
      );
      await recompute(client);
      expect((await rowOf(client, 'crm.leads', lead))['score_negative']).toBe(0);
    });
  });

  test('inactivity counts from the last thing that happened', async () => {
    await asBackOffice(async (client) => {
      const lead = await leadOf(client, ours, {
        email: 'quiet@clients.test',
        created_at: '2020-01-01',
      });
      await touch(client, lead, 'page_view', 31);
      await recompute(client);
      expect((await rowOf(client, 'crm.leads', lead))['score_negative']).toBe(10);
      await add(client, 'crm.lead_activities', {
        organization_id: ours.organizationId, lead_id: lead, subject: 'Called',
      }); // prettier-ignore
      await recompute(client);
      expect((await rowOf(client, 'crm.leads', lead))['score_negative']).toBe(0);
    });
  });

  test('what others have does not matter', async () => {
    await asBackOffice(async (client) => {
      const lead = await leadOf(client, ours, { email: 'same@clients.test' });
      const their = await leadOf(client, theirs, { email: 'same@clients.test' });
      await touch(client, their, 'quote_requested', 0);
      await recompute(client);
      expect(await rowOf(client, 'crm.leads', lead)).toMatchObject({ score_behaviour: 0 });
      expect(await rowOf(client, 'crm.leads', their)).toMatchObject({ score_behaviour: 50 });
    });
  });
});

describe('what is stored', () => {
  test('is what is calculated, and is no change for the audit log', async () => {
    await asBackOffice(async (client) => {
      const lead = await leadOf(client, ours, { email: 'stored@clients.test', company_name: 'X' });
      await touch(client, lead, 'meeting', 2);
      await recompute(client);
      const row = await rowOf(client, 'crm.leads', lead);
      const [live] = (
        await client.query('select * from crm.score_leads($1, array[$2::uuid])', [
          ours.organizationId,
          lead,
        ])
      ).rows as Score[];
      expect(row).toMatchObject({
        score: live?.score, score_fit: live?.fit, score_behaviour: live?.behaviour,
        scored_at: expect.any(String) as unknown, last_activity_at: expect.any(String) as unknown,
      }); // prettier-ignore
      expect(live?.score).toBeGreaterThan(0);
      expect(
        await one(
          client,
          '(select jsonb_agg(action) from security.audit_logs where entity_id = $1)',
          [lead],
        ),
      ).toEqual(['insert']);
    });
  });

  test('says exactly when it moves next, and is left alone until then', async () => {
    await asBackOffice(async (client) => {
      const lead = await leadOf(client, ours, { email: 'fading@clients.test' });
      const settled = await leadOf(client, ours, {
        email: 'settled@clients.test',
        created_at: '2020-01-01',
      });
      await touch(client, lead, 'meeting', 1);
      await recompute(client);
      const part = (await rowOf(client, 'crm.leads', lead))['score_behaviour'] as number;
      const at = async (offset: string) =>
        one(
          client,
          `(select crm.faded_part(15 * power(0.5, extract(epoch from l.rescore_at + $2::interval - (now() - interval '1 day'))::float8 / 86400 / 14), 20)
              from crm.leads l where l.id = $1)`,
          [lead, offset],
        );
      expect(await at('-10 seconds')).toBe(part);
      expect(await at('1 second')).toBe(part - 1);
      expect((await rowOf(client, 'crm.leads', settled))['rescore_at']).toBeNull();
      expect(await one(client, 'crm.score_due_leads($1)', [ours.organizationId])).toBe(0);
      await client.query(
        "update crm.leads set rescore_at = now() - interval '1 minute' where id = $1",
        [lead],
      );
      expect(await one(client, 'crm.score_due_leads($1)', [ours.organizationId])).toBe(1);
      expect(await one(client, 'crm.score_due_leads($1)', [ours.organizationId])).toBe(0);
    });
  });

  test('changes with the rules, for all leads', async () => {
    await asBackOffice(async (client) => {
      const lead = await leadOf(client, ours, { email: 'ruled@clients.test', company_name: 'X' });
      await recompute(client);
      await client.query(
        `update crm.lead_score_rules set points = 40 where organization_id = $1 and signal = 'company_name'`,
        [ours.organizationId],
      );
      expect(
        await one(
          client,
          "(select jsonb_agg(payload) from graphile_worker._private_jobs where key = 'recompute_lead_scores:all:' || $1)",
          [ours.organizationId],
        ),
      ).toEqual([expect.objectContaining({ all: true, organization_id: ours.organizationId })]);
      let after: string | null = null;
      let steps = 0;
      do {
        after = await one<string | null>(client, 'crm.score_leads_after($1, $2, 1)', [
          ours.organizationId,
          after,
        ]);
        steps += 1;
      } while (after !== null);
      expect(steps).toBe(2);
      expect((await rowOf(client, 'crm.leads', lead))['score_fit']).toBe(40);
    });
  });

  test('is called for once by many changes', async () => {
    await asBackOffice(async (client) => {
      const lead = await leadOf(client, ours, { email: 'busy@clients.test' });
      for (let count = 0; count < 5; count += 1) await touch(client, lead, 'page_view', 0);
      expect(
        await one(
          client,
          "(select count(*) from graphile_worker._private_jobs where key = 'recompute_lead_scores:' || $1)",
          [ours.organizationId],
        ),
      ).toBe(1);
      await recompute(client);
      expect(await one(client, '(select count(*) from crm.leads_to_score)')).toBe(0);
      // the score itself is no input
      await client.query('select crm.store_lead_scores($1, array[$2::uuid])', [
        ours.organizationId,
        lead,
      ]);
      expect(await one(client, '(select count(*) from crm.leads_to_score)')).toBe(0);
    });
  });
});
