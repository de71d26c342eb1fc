import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { acting, within } from '../billing/plans.ts';
import { as, enter, makeCast, type Cast } from '../helpers/callers.ts';
import { onServer, testDatabase } from '../helpers/database.ts';
import { NOWHERE, refusalOf, type Values } from '../projects/fixtures.ts';
import { addTest, type Variants } from './ab_tests.ts';
import {
  addLead,
  addSequence,
  advance,
  after,
  ask,
  committed,
  enroll,
  interact,
  look,
  mails,
  START,
  untilOneWaits,
  type House,
} from './nurturing.ts';

const database = testDatabase();
let ours: Cast;
let theirs: Cast;
beforeAll(async () => {
  ours = await makeCast(database, 'ours');
  theirs = await makeCast(database, 'theirs');
});

const inHouse = (work: (house: House) => Promise<void>) =>
  within(database, (client) => work({ client, cast: ours }));

const assign = async (house: House, test: string, unit: string): Promise<string | undefined> => {
  const [row] = await ask<{ key: string }>(
    house,
    'select v.key from marketing.assign_ab_variant($1, $2) v',
    [test, unit],
  );
  return row?.key;
};

const counts = (house: House, test: string) =>
  look<{ key: string; n: number }>(
    house,
    `select v.key, count(a.id) as n
       from marketing.ab_test_variants v
       left join marketing.ab_test_assignments a on a.organization_id = v.organization_id and a.variant_id = v.id
      where v.ab_test_id = $1 group by v.key order by v.key`,
    [test],
  );

describe('assignment', () => {
  test('is sticky, and written down once', async () => {
    await inHouse(async (house) => {
      const id = await addTest(house);
      const first = await assign(house, id, 'ada');
      for (let again = 0; again < 3; again += 1) expect(await assign(house, id, 'ada')).toBe(first);
      const [{ n } = { n: 0 }] = await look<{ n: number }>(
        house,
        'select count(*) as n from marketing.ab_test_assignments where ab_test_id = $1',
        [id],
      );
      expect(n).toBe(1);
    });
  });

  test('follows the weights, also uneven ones, and never a weight of 0', async () => {
    await inHouse(async (house) => {
      const id = await addTest(house, { control: 70, small: 5, none: 0, rest: 25 });
      await look(
        house,
        `select count(*) from marketing.assign_ab_variants($1, array_fill($2::uuid, array[20000]),
           (select array_agg('unit ' || n) from generate_series(1, 20000) n))`,
        [ours.organizationId, id],
      );
      const found = Object.fromEntries((await counts(house, id)).map(({ key, n }) => [key, n]));
      expect(found['none']).toBe(0);
      // four standard deviations
      expect(Math.abs((found['control'] ?? 0) - 14_000)).toBeLessThan(4 * 65);
      expect(Math.abs((found['small'] ?? 0) - 1000)).toBeLessThan(4 * 31);
      expect(Math.abs((found['rest'] ?? 0) - 5000)).toBeLessThan(4 * 61);
      const result = await ask<{ r: { sample_ratio_p_value: number; verdict: string } }>(
        house,
        'select marketing.get_ab_test_results($1) as r',
        [id],
      );
      expect(result[0]?.r.sample_ratio_p_value).toBeGreaterThan(0.001);
      expect(result[0]?.r.verdict).toBe('no_data');
    });
  });

  test('tests are independent of each other', async () => {
    await inHouse(async (house) => {
      const [one, two] = [await addTest(house), await addTest(house)];
      const [row] = await look<{ both: number }>(
        house,
        `select count(*) filter (where marketing.ab_bucket($1, n::text, 2) = marketing.ab_bucket($2, n::text, 2)) as both
           from generate_series(1, 4000) n`,
        [one, two],
      );
      expect(Math.abs((row?.both ?? 0) - 2000)).toBeLessThan(4 * 32);
    });
  });

  test('before the test it is the control, afterwards the winner or the control, and nothing is written', async () => {
    await inHouse(async (house) => {
      const draft = await addTest(house, { control: 1, other: 1 }, { status: 'draft' });
      expect(await assign(house, draft, 'ada')).toBe('control');
      const won = await addTest(house);
      const [other] = await look<{ id: string }>(
        house,
        "select id from marketing.ab_test_variants where ab_test_id = $1 and key = 'other'",
        [won],
      );
      await ask(house, 'select s.id from marketing.stop_ab_test($1, $2) s', [won, other?.id]);
      expect(await assign(house, won, 'ada')).toBe('other');
      expect(await assign(house, won, 'bob')).toBe('other');
      const open = await addTest(house);
      await ask(house, 'select s.id from marketing.stop_ab_test($1) s', [open]);
      expect(await assign(house, open, 'ada')).toBe('control');
      expect(
        await look(
          house,
          'select id from marketing.ab_test_assignments where ab_test_id = any ($1)',
          [[draft, won, open]],
        ),
      ).toEqual([]);
    });
  });

  test('the units of a test of leads are leads of the organization', async () => {
    await inHouse(async (house) => {
      const id = await addTest(house, undefined, { unit_kind: 'lead' });
      const lead = await addLead(house);
      expect(await assign(house, id, lead)).toMatch(/control|other/);
      const stranger = await addLead({ ...house, cast: theirs });
      for (const unit of [stranger, 'ada', NOWHERE, `${lead} `]) {
        expect(await refusalOf(house.client, () => assign(house, id, unit))).toMatchObject({
          code: 'CB004',
          field: 'unit',
        });
      }
    });
  });

  test.each([null, '', '  ', 'x'.repeat(201)])('%j is no unit', async (unit) => {
    await inHouse(async (house) => {
      const id = await addTest(house);
      expect(
        await refusalOf(house.client, () =>
          ask(house, 'select v.id from marketing.assign_ab_variant($1, $2) v', [id, unit]),
        ),
      ).toMatchObject({ code: 'CB002', field: 'unit' });
    });
  });
});

describe('who may', () => {
  test('others do not get at a test, and guests at none', async () => {
    await inHouse(async (house) => {
      const id = await addTest(house);
      expect(
        await look(house, 'select id from marketing.ab_tests where id = $1', [id]),
      ).toHaveLength(1);
      for (const [caller, code] of [
        [theirs.owner, 'CB004'],
        [ours.guest, 'CB003'],
      ] as const) {
        for (const call of [
          'marketing.assign_ab_variant($1, $$ada$$)',
          'marketing.record_ab_exposure($1, $$ada$$)',
          'marketing.record_ab_conversion($1, $$ada$$)',
          'marketing.start_ab_test($1)',
          'marketing.stop_ab_test($1)',
          'marketing.get_ab_test_results($1)',
        ]) {
          expect([
            call,
            (await refusalOf(house.client, () => ask(house, `select ${call} as it`, [id], caller)))
              ?.code,
          ]).toEqual([call, code]);
        }
      }
    });
  });

  test('a test, or a lead, in a workspace that the caller does not see is none', async () => {
    await inHouse(async (house) => {
      const workspace_id = ours.privateWorkspaceId;
      const closed = await addTest(house, undefined, { workspace_id });
      const open = await addTest(house, undefined, { unit_kind: 'lead' });
      const lead = await addLead(house, { workspace_id });
      for (const [id, unit, field] of [
        [closed, 'ada', 'ab_test_id'],
        [open, lead, 'unit'],
      ]) {
        for (const call of ['assign_ab_variant', 'record_ab_exposure', 'record_ab_conversion']) {
          const refused = () =>
            ask(house, `select (marketing.${call}($1, $2)).id`, [id, unit], ours.member);
          expect(await refusalOf(house.client, refused)).toMatchObject({ code: 'CB004', field });
        }
        expect(
          await ask(house, 'select (marketing.record_ab_exposure($1, $2)).id', [id, unit]),
        ).toHaveLength(1);
      }
      const assigned = 'select id from marketing.ab_test_assignments where lead_id = $1';
      expect(await ask(house, assigned, [lead])).toHaveLength(1);
      expect(await ask(house, assigned, [lead], ours.member)).toEqual([]);
    });
  });

  test('nobody writes assignments or conversions past the functions', async () => {
    await as(database, ours.owner, async (client) => {
      for (const table of ['ab_test_assignments', 'ab_test_conversions']) {
        expect(
          (await refusalOf(client, () => client.query(`delete from marketing.${table}`)))?.code,
        ).toBe('42501');
      }
    });
  });
});

describe('when two leads become one', () => {
  const VARIANTS = { control: 1, other: 1 };
  /** A test of leads that convert, and two leads of which each would get another variant. */
  async function atOdds(house: House, goal = 'converted') {
    const test = await addTest(house, VARIANTS, { unit_kind: 'lead', goal });
    const drawn = async (lead: string) => {
      const [row] = await look<{ variant_id: string }>(
        house,
        'select d.variant_id from marketing.draw_ab_variants($1, array[$2::uuid], array[$3]) d',
        [ours.organizationId, test, lead],
      );
      return row?.variant_id;
    };
    const kept = await addLead(house);
    let merged = await addLead(house);
    while ((await drawn(merged)) === (await drawn(kept))) merged = await addLead(house);
    return { test, kept, merged };
  }
  const expose = (house: House, test: string, lead: string) =>
    ask(house, 'select (marketing.record_ab_exposure($1, $2)).id', [test, lead]);
  const merge = (house: House, kept: string, merged: string) =>
    ask(house, 'select l.id from crm.merge_leads($1, $2) l', [kept, merged]);
  const convert = (house: House, lead: string) =>
    ask(house, 'select c.id from crm.convert_lead($1) c', [lead]);
  const results = async (house: House, test: string) => {
    const [row] = await ask<{ r: Values }>(house, 'select marketing.get_ab_test_results($1) as r', [
      test,
    ]);
    const { assigned, exposed, conversions } = row?.r ?? {};
    return { assigned, exposed, conversions };
  };
  const exposedTo = async (house: House, test: string, lead: string) => {
    const [row] = await look<{ key: string }>(
      house,
      `select v.key
         from marketing.ab_test_assignments a
         join marketing.ab_test_variants v on v.organization_id = a.organization_id and v.id = a.variant_id
        where a.ab_test_id = $1 and a.lead_id = $2 and a.exposed_at is not null`,
      [test, lead],
    );
    return row?.key;
  };

  test.each([false, true])(
    'the one that is kept has what the other has met, and counts as it (itself drawn, and shown nothing: %s)',
    async (isDrawn) => {
      await inHouse(async (house) => {
        const { test, kept, merged } = await atOdds(house);
        if (isDrawn) await assign(house, test, kept);
        await expose(house, test, merged);
        const variant = await exposedTo(house, test, merged);
        await merge(house, kept, merged);
        expect(await exposedTo(house, test, kept)).toBe(variant);
        expect(await assign(house, test, kept)).toBe(variant);
        expect(await results(house, test)).toEqual({ assigned: 1, exposed: 1, conversions: 0 });
        await convert(house, kept);
        expect(await results(house, test)).toEqual({ assigned: 1, exposed: 1, conversions: 1 });
      });
    },
  );

  test('and both have met theirs, each keeps its own, and what follows counts once', async () => {
    await inHouse(async (house) => {
      const { test, kept, merged } = await atOdds(house);
      for (const lead of [kept, merged]) await expose(house, test, lead);
      const variants = [await exposedTo(house, test, kept), await exposedTo(house, test, merged)];
      await merge(house, kept, merged);
      expect([await exposedTo(house, test, kept), await exposedTo(house, test, merged)]).toEqual(
        variants,
      );
      await convert(house, kept);
      expect(await results(house, test)).toEqual({ assigned: 2, exposed: 2, conversions: 1 });
    });
  });

  test('and only the one that is kept has met its variant, that stays', async () => {
    await inHouse(async (house) => {
      const { test, kept, merged } = await atOdds(house);
      await assign(house, test, merged);
      await expose(house, test, kept);
      const variant = await exposedTo(house, test, kept);
      await merge(house, kept, merged);
      expect(await assign(house, test, kept)).toBe(variant);
      await convert(house, kept);
      expect(await results(house, test)).toMatchObject({ exposed: 1, conversions: 1 });
    });
  });

  test('what was reached as the other is reached, and not once more', async () => {
    await inHouse(async (house) => {
      const { test, kept, merged } = await atOdds(house);
      await expose(house, test, merged);
      await convert(house, merged);
      await merge(house, kept, merged);
      expect(await results(house, test)).toEqual({ assigned: 1, exposed: 1, conversions: 1 });
      await house.client.query('update crm.leads set score = 7 where id = $1', [kept]);
      expect(await results(house, test)).toEqual({ assigned: 1, exposed: 1, conversions: 1 });
    });
  });

  test('the figures of a test that is over stay', async () => {
    await inHouse(async (house) => {
      const { test, kept, merged } = await atOdds(house);
      await assign(house, test, kept);
      await expose(house, test, merged);
      await ask(house, 'select s.id from marketing.stop_ab_test($1) s', [test]);
      const before = await results(house, test);
      await merge(house, kept, merged);
      expect(await results(house, test)).toEqual(before);
    });
  });

  test('what is done with mails of either counts for whoever met that variant', async () => {
    await inHouse(async (house) => {
      for (const bothMet of [false, true]) {
        const { test: ab_test_id, kept, merged } = await atOdds(house, 'clicked');
        const sequence = await addSequence(house, [{ key: 'only', ab_test_id }]);
        await enroll(house, sequence, bothMet ? [kept, merged] : [merged], START);
        await advance(house, sequence, START);
        await house.client.query(
          `update marketing.email_queue
              set status = 'sent', sent_at = now(), email = 'was@leads.test'
            where lead_id in ($1, $2)`,
          [kept, merged],
        );
        const mail = (await mails(house, sequence)).find((each) => each.lead_id === merged);
        await merge(house, kept, merged);
        await interact(house, mail?.id ?? '', 'clicked', { occurred_at: after(1) });
        expect(
          await look(
            house,
            `select c.goal, a.lead_id
               from marketing.ab_test_conversions c
               join marketing.ab_test_assignments a on a.organization_id = c.organization_id and a.id = c.assignment_id
              where c.ab_test_id = $1`,
            [ab_test_id],
          ),
        ).toEqual([{ goal: 'clicked', lead_id: bothMet ? merged : kept }]);
      }
    });
  });

  onServer('while the one that is kept is drawn', () => {
    test.each(['stays', 'is undone'])('it keeps that, unless it %s', async (what) => {
      const made = await committed(database, ours, async (house) => {
        const { test, kept, merged } = await atOdds(house);
        await expose(house, test, merged);
        return { test, kept, merged, variant: await exposedTo(house, test, merged) };
      });
      let merging: Promise<unknown> = Promise.resolve();
      const drawing = committed(database, ours, async (house) => {
        await expose(house, made.test, made.kept);
        merging = committed(database, ours, (other) => merge(other, made.kept, made.merged));
        await untilOneWaits(database);
        if (what === 'is undone') throw new Error('undone');
      });
      const drawn = await drawing.then(
        () => 'stays',
        (error: Error) => `is ${error.message}`,
      );
      expect(drawn).toBe(what);
      await merging;
      await committed(database, ours, async (house) => {
        const variant = await exposedTo(house, made.test, made.kept);
        expect(variant === made.variant).toBe(what === 'is undone');
        expect(await results(house, made.test)).toMatchObject({
          exposed: what === 'is undone' ? 1 : 2,
        });
      });
    });
  });
});

describe('a test', () => {
  test.each<[string, Variants]>([
    ['without variants', {}],
    ['with one', { control: 1 }],
    ['with one that anybody gets', { control: 1, other: 0 }],
    ['whose control nobody gets', { control: 0, other: 1, third: 1 }],
  ])('%s does not start', async (_what, variants) => {
    await inHouse(async (house) => {
      expect(await refusalOf(house.client, () => addTest(house, variants))).toMatchObject({
        code: 'CB002',
        field: 'variants',
      });
    });
  });

  test('without a control does not start, and with two cannot be', async () => {
    await inHouse(async (house) => {
      const id = await addTest(house, { control: 1, other: 1 }, { status: 'draft' });
      expect(
        (
          await refusalOf(house.client, () =>
            house.client.query(
              'update marketing.ab_test_variants set is_control = true where ab_test_id = $1',
              [id],
            ),
          )
        )?.code,
      ).toBe('23505');
      await house.client.query(
        'update marketing.ab_test_variants set is_control = false where ab_test_id = $1',
        [id],
      );
      expect(
        await refusalOf(house.client, () =>
          ask(house, 'select s.id from marketing.start_ab_test($1) s', [id]),
        ),
      ).toMatchObject({ code: 'CB002', field: 'variants' });
    });
  });

  test('that has begun keeps weights, variants and what it measures; names may change', async () => {
    await inHouse(async (house) => {
      const id = await addTest(house);
      const attempts: [string, string][] = [
        ['update marketing.ab_test_variants set weight = 9 where ab_test_id = $1', 'CB005'],
        [
          'update marketing.ab_test_variants set payload = \'{"a": 1}\' where ab_test_id = $1',
          'CB005',
        ],
        ['update marketing.ab_test_variants set deleted_at = now() where ab_test_id = $1', 'CB005'],
        [
          "insert into marketing.ab_test_variants (ab_test_id, key, name) values ($1, 'new', 'New')",
          'CB005',
        ],
        ["update marketing.ab_tests set goal = 'other' where id = $1", 'CB005'],
        ["update marketing.ab_tests set status = 'draft' where id = $1", 'CB006'],
      ];
      for (const [sql, code] of attempts) {
        const refusal = await refusalOf(house.client, () =>
          acting(house.client, ours.owner, () => house.client.query(sql, [id])),
        );
        expect([sql, refusal?.code]).toEqual([sql, code]);
      }
      await acting(house.client, ours.owner, async () => {
        await house.client.query(
          "update marketing.ab_test_variants set name = 'Shorter' where ab_test_id = $1",
          [id],
        );
        await house.client.query('select marketing.delete_ab_test($1)', [id]);
        await house.client.query('select marketing.restore_ab_test($1)', [id]);
      });
      expect(
        await look(
          house,
          'select deleted_at from marketing.ab_test_variants where ab_test_id = $1',
          [id],
        ),
      ).toEqual([{ deleted_at: null }, { deleted_at: null }]);
    });
  });

  test('starts once and stops once; a winner is one of its own variants', async () => {
    await inHouse(async (house) => {
      const id = await addTest(house);
      const other = await addTest(house);
      const [began] = await look<{ started_at: string }>(
        house,
        'select started_at from marketing.ab_tests where id = $1',
        [id],
      );
      const [again] = await ask<{ started_at: string; status: string }>(
        house,
        'select s.* from marketing.start_ab_test($1) s',
        [id],
      );
      expect(again).toMatchObject({ ...began, status: 'running' });
      const [foreign] = await look<{ id: string }>(
        house,
        'select id from marketing.ab_test_variants where ab_test_id = $1 limit 1',
        [other],
      );
      expect(
        await refusalOf(house.client, () =>
          ask(house, 'select s.id from marketing.stop_ab_test($1, $2) s', [id, foreign?.id]),
        ),
      ).toMatchObject({ code: 'CB004', field: 'winner_variant_id' });
      await ask(house, 'select s.id from marketing.stop_ab_test($1) s', [id]);
      expect(
        await refusalOf(house.client, () =>
          ask(house, 'select s.id from marketing.start_ab_test($1) s', [id]),
        ),
      ).toMatchObject({ code: 'CB006' });
      const draft = await addTest(house, undefined, { status: 'draft' });
      expect(
        await refusalOf(house.client, () =>
          ask(house, 'select s.id from marketing.stop_ab_test($1) s', [draft]),
        ),
      ).toMatchObject({ code: 'CB006' });
    });
  });
});

const convert = (house: House, test: string, unit: string, values: Values = {}) =>
  ask<{ id: string; value: number | null; goal: string }>(
    house,
    'select c.* from marketing.record_ab_conversion($1, $2, $3, $4, $5) c',
    [test, unit, values['goal'], values['value'], values['occurred_at']],
  );

describe('exposures and conversions', () => {
  test('count once each, the first time', async () => {
    await inHouse(async (house) => {
      const id = await addTest(house);
      const [shown] = await ask<{ exposed_at: string }>(
        house,
        "select a.* from marketing.record_ab_exposure($1, 'ada') a",
        [id],
      );
      expect(shown?.exposed_at).not.toBeNull();
      const [first] = await convert(house, id, 'ada', { value: 12.5 });
      const [second] = await convert(house, id, 'ada', { value: 99 });
      expect(second).toEqual(first);
      expect(first).toMatchObject({ goal: 'signed_up', value: 12.5 });
      // another goal is another conversion, and does not count for this test
      await convert(house, id, 'ada', { goal: 'paid' });
      const [{ r } = { r: {} }] = await ask<{ r: Values }>(
        house,
        'select marketing.get_ab_test_results($1) as r',
        [id],
      );
      expect(r).toMatchObject({ assigned: 1, exposed: 1, conversions: 1 });
    });
  });

  test('a unit converts after its exposure, within the window, before the end of the test', async () => {
    await inHouse(async (house) => {
      const id = await addTest(house, undefined, { conversion_window: '7 days' });
      await assign(house, id, 'ada');
      expect(await refusalOf(house.client, () => convert(house, id, 'ada'))).toMatchObject({
        code: 'CB005',
        field: 'unit',
      });
      await ask(house, "select a.id from marketing.record_ab_exposure($1, 'ada') a", [id]);
      await house.client.query(
        "update marketing.ab_test_assignments set exposed_at = now() - interval '8 days' where ab_test_id = $1",
        [id],
      );
      for (const [days, code] of [
        [9, 'CB005'],
        [0, 'CB005'],
        [-1, 'CB002'],
      ] as const) {
        const moment = new Date(Date.now() - days * 86_400_000).toISOString();
        expect(
          (await refusalOf(house.client, () => convert(house, id, 'ada', { occurred_at: moment })))
            ?.code,
        ).toBe(code);
      }
      await convert(house, id, 'ada', {
        occurred_at: new Date(Date.now() - 2 * 86_400_000).toISOString(),
      });
      expect(await refusalOf(house.client, () => convert(house, id, 'nobody'))).toMatchObject({
        code: 'CB005',
      });
      expect(
        await refusalOf(house.client, () => convert(house, id, 'ada', { goal: 'No Goal' })),
      ).toMatchObject({ code: 'CB002', field: 'goal' });
    });
  });
});

onServer('two callers at the same time', () => {
  const connect = async (cast: Cast): Promise<PoolClient> => {
    const client = await database.pool('callboard_authenticator').connect();
    await client.query('begin');
    await enter(client, cast.owner);
    return client;
  };

  test('assign one unit once', async () => {
    const id = await committed(database, ours, (house) => addTest(house));
    const [first, second] = await Promise.all([connect(ours), connect(ours)]);
    try {
      const sql = "select (marketing.assign_ab_variant($1, 'ada')).id";
      const one = await first.query<{ id: string }>(sql, [id]);
      const other = second.query<{ id: string }>(sql, [id]);
      await first.query('commit');
      expect((await other).rows).toEqual(one.rows);
      await second.query('commit');
    } finally {
      first.release();
      second.release();
    }
    await committed(database, ours, async (house) => {
      expect(
        await look(house, 'select unit from marketing.ab_test_assignments where ab_test_id = $1', [
          id,
        ]),
      ).toEqual([{ unit: 'ada' }]);
    });
  });

  test('a weight does not change while the test is being started', async () => {
    const id = await committed(database, ours, (house) =>
      addTest(house, undefined, { status: 'draft' }),
    );
    const [starting, changing] = await Promise.all([connect(ours), connect(ours)]);
    try {
      await starting.query('select marketing.start_ab_test($1)', [id]);
      const change = changing
        .query('update marketing.ab_test_variants set weight = 5 where ab_test_id = $1', [id])
        .then(
          () => 'changed',
          (error: { code?: string }) => error.code,
        );
      await starting.query('commit');
      expect(await change).toBe('CB005');
    } finally {
      await changing.query('rollback');
      starting.release();
      changing.release();
    }
  });
});
