import { beforeAll, describe, expect, test } from '@jest/globals';
import { as, makeCast, sqlstateOf, type Cast } from '../helpers/callers.ts';
import { testDatabase } from '../helpers/database.ts';
import { add, NOWHERE, one, refusalOf, rowOf } from '../projects/fixtures.ts';
import { addDeal, addLead, addTouchpoint, moveDeal, stagesOf, upsert } from './fixtures.ts';

const database = testDatabase();
let ours: Cast;
let theirs: Cast;
beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
});

describe('an e-mail address', () => {
  test('is written as it is compared', async () => {
    await as(database, ours.member, async (client) => {
      const id = await addLead(client, { email: '\u00a0 Ada.Lovelace@Festival.Test \ufeff' });
      expect(await rowOf(client, 'crm.leads', id)).toMatchObject({
        email: 'ada.lovelace@festival.test',
        email_consent: 'unknown',
        email_consent_at: null,
      });
    });
  });

  test.each([
    'nobody',
    'two@a.test, b@b.test',
    'Name <a@b.test>',
    'a@b',
    'a@b.test\nBcc: c@d.test',
    '',
    'a b@c.test',
    'a@b..test',
    `${'x'.repeat(65)}@b.test`,
  ])('is one address and nothing else: not %j', async (email) => {
    await as(database, ours.member, async (client) => {
      expect(await sqlstateOf(client, () => addLead(client, { email }))).toBe('23514');
    });
  });

  test('belongs to one lead of an organization, archived ones aside', async () => {
    await as(database, ours.member, async (client) => {
      const first = await addLead(client, { email: 'one@clients.test' });
      expect(await sqlstateOf(client, () => addLead(client, { email: 'ONE@clients.test' }))).toBe(
        '23505',
      );
      await client.query('select crm.delete_lead($1)', [first]);
      const second = await addLead(client, { email: 'one@clients.test' });
      expect(
        await sqlstateOf(client, () => client.query('select crm.restore_lead($1)', [first])),
      ).toBe('23505');
      expect(second).not.toBe(first);
    });
  });

  test('is nobody else’s business in another organization', async () => {
    const client = await database.pool().connect();
    try {
      await client.query('begin');
      for (const cast of [ours, theirs]) {
        await client.query(
          "insert into crm.leads (organization_id, email) values ($1, 'same@clients.test')",
          [cast.organizationId],
        );
      }
      expect(
        await one(client, "(select count(*) from crm.leads where email = 'same@clients.test')"),
      ).toBe(2);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });
});

test('consent says since when it is what it is', async () => {
  await as(database, ours.member, async (client) => {
    const id = await addLead(client, {
      email_consent: 'granted',
      email_consent_source: 'Ticked the box',
    });
    expect((await rowOf(client, 'crm.leads', id))['email_consent_at']).not.toBeNull();
    await client.query(
      "update crm.leads set email_consent = 'withdrawn', email_consent_at = '2026-01-05T10:00Z' where id = $1",
      [id],
    );
    expect(
      await one(
        client,
        "(select email_consent_at at time zone 'UTC' from crm.leads where id = $1)",
        [id],
      ),
    ).toBe('2026-01-05T10:00:00');
    expect((await rowOf(client, 'crm.leads', id))['email_consent_source']).toBeNull();
    await client.query("update crm.leads set email_consent = 'unknown' where id = $1", [id]);
    expect((await rowOf(client, 'crm.leads', id))['email_consent_at']).toBeNull();
  });
});

describe('an import', () => {
  test('makes, changes, leaves and rejects, row by row', async () => {
    await as(database, ours.member, async (client) => {
      await add(client, 'crm.lead_sources', { name: 'Festival stand', channel: 'event' });
      const known = await addLead(client, {
        email: 'known@clients.test', company_name: 'Old name', phone: '1',
      }); // prettier-ignore
      const same = await addLead(client, { email: 'same@clients.test', first_name: 'Sam' });
      const outcomes = await upsert(client, [
        { email: ' NEW@Clients.test ', first_name: ' Nora ', source: 'festival STAND', country: 'de',
          budget_amount: 1000, interests: ['film', ' ', 'film', 'stills'] },
        { email: 'known@clients.test', company_name: 'New name', phone: '' },
        { email: 'same@clients.test', first_name: 'Sam' },
        { email: 'new@clients.test' },
        { email: 'no address' },
        { first_name: 'Nobody' },
        { email: 'far@clients.test', time_zone: 'Europe/Nowhere' },
        { email: 'rich@clients.test', budget_amount: -1 },
        { email: 'late@clients.test', source: 'Nowhere' },
      ]); // prettier-ignore
      expect(outcomes.map(({ number, outcome, field }) => [number, outcome, field])).toEqual([
        [1, 'created', null],
        [2, 'updated', null],
        [3, 'unchanged', null],
        [4, 'rejected', 'email'],
        [5, 'rejected', 'email'],
        [6, 'rejected', 'email'],
        [7, 'rejected', 'time_zone'],
        [8, 'rejected', 'budget_amount'],
        [9, 'rejected', 'source'],
      ]);
      expect(outcomes[1]).toMatchObject({ lead_id: known });
      expect(outcomes[2]).toMatchObject({ lead_id: same });
      expect(await rowOf(client, 'crm.leads', known)).toMatchObject({
        company_name: 'New name',
        phone: '1',
      });
      expect(await rowOf(client, 'crm.leads', outcomes[0]?.['lead_id'] as string)).toMatchObject({
        email: 'new@clients.test', first_name: 'Nora', country: 'DE', currency: 'USD',
        interests: ['film', 'stills'],
      }); // prettier-ignore
    });
  });

  test('does not give back a consent that was withdrawn, and says so', async () => {
    await as(database, ours.member, async (client) => {
      const id = await addLead(client, { email: 'gone@clients.test', email_consent: 'withdrawn' });
      const [outcome] = await upsert(client, [
        { email: 'gone@clients.test', email_consent: 'granted', first_name: 'Gus' },
      ]);
      expect(outcome).toMatchObject({ outcome: 'updated', field: 'email_consent' });
      expect(await rowOf(client, 'crm.leads', id)).toMatchObject({
        email_consent: 'withdrawn',
        first_name: 'Gus',
      });
    });
  });

  test('does not make a lead of somebody who has unsubscribed that gets mail again', async () => {
    const unsubscribed = ['before@clients.test', 'moved@clients.test', 'back@clients.test'];
    const { rows } = await database.pool().query<{ restored: string }>(
      `with restored as (
         insert into crm.leads (organization_id, email, email_consent, deleted_at)
         values ($1, 'back@clients.test', 'granted', now())
         returning id
       ),
       barred as (
         insert into marketing.email_suppressions (organization_id, email, reason)
         select o.id, e.email, 'unsubscribed'
           from unnest($2::text[]) as e (email)
          cross join (values ($1::uuid)) as o (id)
         union all
         select o.id, e.email, e.reason
           from (values ('fresh@clients.test', 'hard_bounce')) as e (email, reason)
          cross join (values ($1::uuid)) as o (id)
         union all
         -- another organization's is its own affair
         select $3, 'fine@clients.test', 'unsubscribed'
       )
       select id as restored from restored`,
      [ours.organizationId, unsubscribed, theirs.organizationId],
    );
    await as(database, ours.member, async (client) => {
      const draft = (email: string, email_consent = 'granted') => ({ email, email_consent });
      expect(
        await upsert(client, [
          draft('Before@clients.test'),
          draft('fine@clients.test'),
          draft('fresh@clients.test'),
        ]),
      ).toMatchObject([
        { outcome: 'created', field: 'email_consent' },
        { outcome: 'created', field: null },
        { outcome: 'created', field: null },
      ]);
      const consents = async () =>
        (
          await client.query<{ email: string; email_consent: string }>(
            `select email, email_consent from crm.leads
              where email in ('before@clients.test', 'fine@clients.test', 'fresh@clients.test') order by email`,
          )
        ).rows.map(({ email_consent }) => email_consent);
      expect(await consents()).toEqual(['withdrawn', 'granted', 'granted']);
      // The second time it is there.
      expect(await upsert(client, [draft('before@clients.test')])).toMatchObject([
        { outcome: 'unchanged', field: 'email_consent' },
      ]);
      const id = await addLead(client, { email: 'was@clients.test', email_consent: 'granted' });
      await client.query(`update crm.leads set email = 'moved@clients.test' where id = $1`, [id]);
      expect(await rowOf(client, 'crm.leads', id)).toMatchObject({ email_consent: 'withdrawn' });
      await client.query('select crm.restore_lead($1)', [rows[0]?.restored]);
      expect(await rowOf(client, 'crm.leads', rows[0]?.restored ?? '')).toMatchObject({
        email_consent: 'withdrawn',
        email_consent_source: 'Unsubscribed at this address before',
      });
      // Whoever agrees anew gets mail again.
      await client.query(`update crm.leads set email_consent = 'granted' where id = $1`, [id]);
      expect(await rowOf(client, 'crm.leads', id)).toMatchObject({
        email_consent: 'granted',
        email_consent_source: null,
      });
    });
  });

  test('steps around a lead in a workspace that the caller does not see', async () => {
    const backOffice = await database.pool().connect();
    const hidden = await add(backOffice, 'crm.leads', {
      organization_id: ours.organizationId,
      workspace_id: ours.privateWorkspaceId,
      email: 'hidden@clients.test',
      first_name: 'Hilda',
    });
    await as(database, ours.member, async (client) => {
      expect(
        await upsert(client, [
          { email: 'hidden@clients.test', first_name: 'Changed' },
          { email: 'open@clients.test' },
        ]),
      ).toMatchObject([
        { outcome: 'rejected', field: 'email', lead_id: null },
        { outcome: 'created' },
      ]);
    });
    expect(await rowOf(backOffice, 'crm.leads', hidden)).toMatchObject({ first_name: 'Hilda' });
    backOffice.release();
  });

  test('of nothing does nothing, and of too much is refused', async () => {
    await as(database, ours.member, async (client) => {
      expect(await upsert(client, [])).toEqual([]);
      expect(
        await refusalOf(client, () =>
          upsert(
            client,
            Array.from({ length: 10_001 }, (_, index) => ({ email: `x${index}@y.test` })),
          ),
        ),
      ).toMatchObject({ code: 'CB002', field: 'rows' });
    });
  });

  test('of thousands of rows is one statement', async () => {
    await as(database, ours.member, async (client) => {
      const rows = Array.from({ length: 3000 }, (_, index) => ({ email: `bulk${index}@y.test` }));
      const outcomes = await upsert(client, rows);
      expect(outcomes.filter(({ outcome }) => outcome === 'created')).toHaveLength(3000);
      expect(await one(client, "(select count(*) from crm.leads where email like 'bulk%')")).toBe(
        3000,
      );
    });
  });

  test('is nothing for guests', async () => {
    await as(database, ours.guest, async (client) => {
      expect(await refusalOf(client, () => upsert(client, [{ email: 'a@b.test' }]))).toMatchObject({
        code: 'CB003',
        detail: 'It takes crm.write.',
      });
    });
  });
});

describe('two leads that are one', () => {
  test('become one with all that belonged to either', async () => {
    await as(database, ours.member, async (client) => {
      const stages = await stagesOf(client);
      const kept = await addLead(client, {
        first_name: 'Ada', email_consent: 'granted', interests: ['film'], notes: 'first',
      }); // prettier-ignore
      const merged = await addLead(client, {
        first_name: 'A.', phone: '123', budget_amount: 500, currency: 'EUR', interests: ['stills', 'film'],
        notes: 'second', email_consent: 'withdrawn',
      }); // prettier-ignore
      await addTouchpoint(client, merged, 3, { visitor_id: 'v1' });
      const deal = await addDeal(client, { lead_id: merged, amount: 100 });
      const other = await addDeal(client);
      await client.query(
        'insert into crm.deal_contacts (deal_id, lead_id) values ($1, $2), ($1, $3)',
        [other, kept, merged],
      );
      await add(client, 'crm.lead_activities', { deal_id: deal, subject: 'Called' });
      await moveDeal(client, deal, stages['Won']);

      const result = await one<Record<string, unknown>>(client, 'crm.merge_leads($1, $2)', [kept, merged]); // prettier-ignore
      expect(result).toMatchObject({
        id: kept, first_name: 'Ada', phone: '123', budget_amount: 500, currency: 'EUR',
        interests: ['film', 'stills'], notes: 'first\n\nsecond', email_consent: 'withdrawn',
        status: 'converted',
      }); // prettier-ignore
      expect(await rowOf(client, 'crm.leads', merged)).toMatchObject({
        merged_into_lead_id: kept, status: 'qualified', deleted_at: expect.any(String) as unknown,
      }); // prettier-ignore
      for (const table of [
        'lead_touchpoints',
        'lead_sessions',
        'deals',
        'lead_activities',
        'conversions',
      ]) {
        expect(
          await one(client, `(select jsonb_agg(distinct lead_id) from crm.${table} where lead_id in ($1, $2))`, [kept, merged]), // prettier-ignore
        ).toEqual([kept]);
      }
      expect((await rowOf(client, 'crm.deals', deal))['deleted_at']).toBeNull();
      expect(
        await one(client, '(select count(*) from crm.deal_contacts where deal_id = $1 and deleted_at is null)', [other]), // prettier-ignore
      ).toBe(1);
      expect(
        await refusalOf(client, () => client.query('select crm.restore_lead($1)', [merged])),
      ).toMatchObject({ code: 'CB005' });
    });
  });

  test('who both were clients are a client since the earlier day', async () => {
    await as(database, ours.member, async (client) => {
      const kept = await addLead(client);
      const merged = await addLead(client);
      await client.query("select crm.convert_lead($1, occurred_at => now() - interval '1 day')", [
        kept,
      ]);
      await client.query("select crm.convert_lead($1, occurred_at => now() - interval '9 days')", [
        merged,
      ]);
      await client.query('select crm.merge_leads($1, $2)', [kept, merged]);
      expect(
        await one(
          client,
          `(select jsonb_agg(jsonb_build_array(makes_customer, occurred_at < now() - interval '5 days') order by occurred_at)
              from crm.conversions where lead_id = $1)`,
          [kept],
        ),
      ).toEqual([
        [true, true],
        [false, false],
      ]);
      expect(
        await one(client, "(select converted_at < now() - interval '5 days' from crm.leads where id = $1)", [kept]), // prettier-ignore
      ).toBe(true);
    });
  });

  test('are two that are there, and not the same', async () => {
    await as(database, ours.member, async (client) => {
      const lead = await addLead(client);
      const merge = (kept: string, merged: string) =>
        refusalOf(client, () => client.query('select crm.merge_leads($1, $2)', [kept, merged]));
      expect(await merge(lead, lead)).toMatchObject({ code: 'CB002', field: 'merged_id' });
      expect(await merge(lead, NOWHERE)).toMatchObject({ code: 'CB004', field: 'merged_id' });
      expect(await merge(NOWHERE, lead)).toMatchObject({ code: 'CB004', field: 'kept_id' });
    });
  });

  test('of another organization are not found, though they are there', async () => {
    const client = await database.pool().connect();
    let their = '';
    try {
      their = await add(client, 'crm.leads', {
        organization_id: theirs.organizationId,
        email: 'their@clients.test',
      });
    } finally {
      client.release();
    }
    await as(database, ours.owner, async (member) => {
      const lead = await addLead(member);
      expect(
        await refusalOf(member, () =>
          member.query('select crm.merge_leads($1, $2)', [lead, their]),
        ),
      ).toMatchObject({ code: 'CB004', field: 'merged_id' });
      expect(
        await refusalOf(member, () =>
          member.query("select crm.record_touchpoint($1, 'page_view')", [their]),
        ),
      ).toMatchObject({ code: 'CB004', field: 'lead_id' });
      expect(
        await refusalOf(member, () => member.query('select crm.convert_lead($1)', [their])),
      ).toMatchObject({ code: 'CB004' });
      expect(
        await refusalOf(member, () => member.query('select crm.calculate_lead_score($1)', [their])),
      ).toMatchObject({ code: 'CB004' });
    });
  });
});

describe('touchpoints', () => {
  test('of one visitor within half an hour are one visit', async () => {
    await as(database, ours.member, async (client) => {
      const lead = await addLead(client);
      const minutes = (count: number) => count / 1440;
      for (const ago of [100, 80, 60, 20, 10]) {
        await addTouchpoint(client, lead, minutes(ago), { visitor_id: 'v1' });
      }
      await addTouchpoint(client, lead, minutes(15), { visitor_id: 'v2' });
      expect(
        await one(client, '(select jsonb_agg(jsonb_build_array(visitor_id, touchpoints) order by occurred_at) from crm.lead_sessions where lead_id = $1)', [lead]), // prettier-ignore
      ).toEqual([
        ['v1', 3],
        ['v1', 2],
        ['v2', 1],
      ]);
    });
  });

  test('with a key that is there already are there once', async () => {
    await as(database, ours.member, async (client) => {
      const lead = await addLead(client);
      const first = await addTouchpoint(client, lead, 1, { client_key: 'k1' });
      expect(await addTouchpoint(client, lead, 1, { client_key: 'k1' })).toBe(first);
      const other = await addLead(client);
      expect(
        await refusalOf(client, () => addTouchpoint(client, other, 1, { client_key: 'k1' })),
      ).toMatchObject({ code: 'CB005', field: 'client_key' });
    });
  });

  test('have the channel of their source, and do not lie in the future', async () => {
    await as(database, ours.member, async (client) => {
      const lead = await addLead(client);
      const source = await add(client, 'crm.lead_sources', { name: 'Stand', channel: 'event' });
      const id = await addTouchpoint(client, lead, 0, {
        lead_source_id: source,
        campaign: ' Spring ',
      });
      expect(await rowOf(client, 'crm.lead_touchpoints', id)).toMatchObject({
        channel: 'event',
        campaign: 'spring',
      });
      expect(await refusalOf(client, () => addTouchpoint(client, lead, -1))).toMatchObject({
        code: 'CB002',
        field: 'occurred_at',
      });
    });
  });

  test('are as private as their lead, and follow it', async () => {
    await as(database, ours.owner, async (client) => {
      const lead = await addLead(client, { workspace_id: ours.privateWorkspaceId });
      await addTouchpoint(client, lead, 1, { visitor_id: 'v9' });
      const count = async (cast: typeof ours.member) => {
        await client.query('reset role');
        await client.query('select authz.enter($1)', [
          JSON.stringify({ user_id: cast.userId, organization_id: cast.organizationId }),
        ]);
        await client.query('set role callboard_member');
        return one(
          client,
          '(select (select count(*) from crm.lead_touchpoints where lead_id = $1) + (select count(*) from crm.lead_sessions where lead_id = $1))',
          [lead],
        );
      };
      expect(await count(ours.member)).toBe(0);
      expect(await count(ours.owner)).toBe(2);
      await client.query('update crm.leads set workspace_id = null where id = $1', [lead]);
      expect(await count(ours.member)).toBe(2);
    });
  });
});

describe('a lead becomes a client', () => {
  test('by a conversion that counts, and not by saying so', async () => {
    await as(database, ours.member, async (client) => {
      const lead = await addLead(client);
      expect(
        await refusalOf(client, () =>
          client.query("update crm.leads set status = 'converted' where id = $1", [lead]),
        ),
      ).toMatchObject({ code: 'CB006', field: 'status' });
      await client.query("select crm.record_conversion($1, 'sign_up')", [lead]);
      expect((await rowOf(client, 'crm.leads', lead))['status']).toBe('new');
      await client.query('select crm.convert_lead($1, 99.5)', [lead]);
      expect(await rowOf(client, 'crm.leads', lead)).toMatchObject({
        status: 'converted', converted_at: expect.any(String) as unknown,
      }); // prettier-ignore
      expect(
        await refusalOf(client, () =>
          client.query("update crm.leads set status = 'qualified' where id = $1", [lead]),
        ),
      ).toMatchObject({ code: 'CB006' });
      expect(
        await refusalOf(client, () => client.query('select crm.convert_lead($1)', [lead])),
      ).toMatchObject({ code: 'CB006', field: 'lead_id' });
      expect(
        await one(client, '(select jsonb_agg(jsonb_build_array(r.kind, r.amount, r.currency)) from crm.revenue_events r join crm.conversions c on c.id = r.conversion_id where c.lead_id = $1)', [lead]), // prettier-ignore
      ).toEqual([['new', 99.5, 'USD']]);
    });
  });

  test('once, however often the same is reported', async () => {
    await as(database, ours.member, async (client) => {
      const lead = await addLead(client);
      const record = () =>
        one<{ id: string }>(
          client,
          "crm.record_conversion($1, 'purchase', 10, client_key => 'order-1')",
          [lead],
        );
      const first = await record();
      expect((await record()).id).toBe(first.id);
      expect(
        await one(client, '(select count(*) from crm.revenue_events where conversion_id = $1)', [
          first.id,
        ]),
      ).toBe(1);
    });
  });

  test.each([
    ['a negative amount', 'amount => -1', 'amount'],
    ['what has not happened yet', "occurred_at => now() + interval '1 day'", 'occurred_at'],
  ])('not with %s', async (_name, argument, field) => {
    await as(database, ours.member, async (client) => {
      const lead = await addLead(client);
      expect(
        await refusalOf(client, () =>
          client.query(`select crm.record_conversion($1, ${argument})`, [lead]),
        ),
      ).toMatchObject({ code: 'CB002', field });
    });
  });
});
